"""`kubenines validate`."""

import json

import click

from experiments.commands.console import BAD_INPUT, PATH, say


@click.command()
@click.argument("paths", nargs=-1, required=True, type=PATH)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def validate(paths: tuple[str, ...], output: str) -> int:
    """Check experiment files and manifests (files or directories), and report everything that is wrong."""
    from experiments.preflight import validation

    report = validation.validate(paths)
    if output == "json":
        click.echo(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
        return BAD_INPUT if report.problems else 0
    for line in validation.text(report):
        click.echo(line)
    for line in report.warnings:
        say(f"warning: {line}")
    if report.problems:
        from models.input.problems import InputError

        raise InputError(report.problems)
    return 0

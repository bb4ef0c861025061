"""`kubenines validate`."""

import json

import click

from experiments.commands.console import BAD_INPUT, FORMAT, PATH, STRICT, say


@click.command()
@click.argument("paths", nargs=-1, required=True, type=PATH)
@FORMAT
@click.option("--fields", is_flag=True, help="What becomes of every field, as Markdown; each PATH is a set of its own.")
@STRICT
def validate(paths: tuple[str, ...], form: str, fields: bool, strict: bool) -> int:
    """Check experiment files and manifests (files or directories), and report everything that is wrong.

    Pods that would not start are warnings, and wrong with --strict.
    """
    from experiments.preflight import validation
    from experiments.report.terminal import Terminal

    if fields:
        if form != "text":
            raise click.UsageError("--fields prints Markdown: give it without --format")
        return _fields(paths)
    report = validation.validate(paths)
    if strict:
        report.problems += [*(one.problem for one in report.named), *report.not_started]
    if form == "json":
        click.echo(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
        return BAD_INPUT if report.problems else 0
    terminal = Terminal()
    for line in validation.text(report):
        terminal.say(line, indent="")
    for line in [*report.warnings, *map(str, () if strict else report.not_started)]:
        say(f"warning: {line}")
    if report.problems:
        from models.input.problems import InputError

        raise InputError(report.problems)
    return 0


def _fields(paths: tuple[str, ...]) -> int:
    from experiments.preflight import validation
    from experiments.preflight.fields import page
    from models.input.problems import InputError
    from models.manifests.counterparts import NO_COUNTERPART

    reports = {path: validation.validate([path]) for path in paths}
    if problems := [problem for report in reports.values() for problem in report.problems]:
        raise InputError(problems)
    named = [one for report in reports.values() for one in report.named if one.why.startswith(NO_COUNTERPART)]
    click.echo(page({path: report.accounts for path, report in reports.items()}, named))
    return 0

"""`kubenines show`."""

import os

import click

from experiments.commands.console import PATH, SETTINGS, chosen


@click.command()
@click.argument("path", type=PATH)
@SETTINGS
@click.option("--service", metavar="NAME", help="Of a result folder: only this Service.")
@click.option("--policy", metavar="NAME", help="Of a result folder: only this policy.")
def show(path: str, settings: tuple[str, ...], service: str | None, policy: str | None) -> None:
    """Show an experiment as resolved (extends, settings and defaults filled in), or the table of a result folder."""
    if os.path.isdir(path):
        from experiments.report import text
        from experiments.results import Results

        results = Results.open(path)
        service = chosen("--service", service, results.services)
        policy = chosen("--policy", policy, results.policies)
        text.show(results.only(service, policy))
        return
    from experiments.experiment import Experiment
    from experiments.file.written import yaml_text

    click.echo(yaml_text(Experiment.from_yaml(path, settings).resolved), nl=False)

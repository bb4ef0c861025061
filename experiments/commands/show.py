"""`kubenines show`."""

import os

import click

from experiments.commands.console import PATH, SETTINGS


@click.command()
@click.argument("path", type=PATH)
@SETTINGS
def show(path: str, settings: tuple[str, ...]) -> None:
    """Show an experiment as resolved (extends, settings and defaults filled in), or the table of a result folder."""
    if os.path.isdir(path):
        from experiments.report import text
        from experiments.results import Results

        text.show(Results.open(path))
        return
    from experiments.experiment import Experiment
    from experiments.file.written import yaml_text

    click.echo(yaml_text(Experiment.from_yaml(path, settings).resolved), nl=False)

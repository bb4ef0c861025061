"""`kubenines show`."""

import json
import os

import click

from experiments.commands.completing import names_in
from experiments.commands.console import FORMAT, PATH, SETTINGS, chosen


@click.command()
@click.argument("path", type=PATH)
@SETTINGS
@click.option(
    "--service",
    metavar="NAME",
    shell_complete=names_in("services"),
    help="Of a result folder: only this Service.",
)
@click.option(
    "--policy", metavar="NAME", shell_complete=names_in("policies"), help="Of a result folder: only this policy."
)
@click.option("--disruptions", is_flag=True, help="Of a result folder: how long until what struck was made good.")
@FORMAT
def show(
    path: str, settings: tuple[str, ...], service: str | None, policy: str | None, disruptions: bool, form: str
) -> None:
    """Show an experiment as resolved (extends, settings and defaults filled in), or the table of a result folder."""
    if os.path.isdir(path):
        if settings:
            raise click.UsageError("--set is for experiment files: a result folder stays as it ran")
        from experiments.report import plain, text
        from experiments.results import Results

        results = Results.open(path)
        service = chosen("--service", service, results.services)
        policy = chosen("--policy", policy, results.policies)
        shown = results.only(service, policy)
        if form == "json":
            click.echo(plain.text(plain.disruptions(shown) if disruptions else plain.summary(shown)))
        elif disruptions:
            text.show_disruptions(shown)
        else:
            text.show(shown)
        return
    if service or policy or disruptions:
        asked = "--service, --policy and --disruptions"
        raise click.UsageError(f"{asked} are for result folders: an experiment file is shown as a whole")
    from experiments.file.written import yaml_text
    from experiments.preflight.inputs import experiment_at

    resolved = experiment_at(path, settings).resolved
    click.echo(json.dumps(resolved, indent=2, ensure_ascii=False) if form == "json" else yaml_text(resolved).rstrip())

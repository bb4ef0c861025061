"""`kubenines why`."""

import click

from experiments.commands.completing import names_in
from experiments.commands.console import FORMAT, PATH, chosen


@click.command()
@click.argument("results", type=PATH)
@click.option("--service", metavar="NAME", shell_complete=names_in("services"), help="Only this Service.")
@click.option("--policy", metavar="NAME", shell_complete=names_in("policies"), help="Only this policy.")
@FORMAT
def why(results: str, service: str | None, policy: str | None, form: str) -> None:
    """Say where the downtime of a result folder comes from: by cause and stage, and what would save most of it."""
    from experiments.report import downtime, plain
    from experiments.results import Results

    opened = Results.open(results)
    service = chosen("--service", service, opened.services)
    policy = chosen("--policy", policy, opened.policies)
    told = opened.only(service, policy)
    if form == "json":
        click.echo(plain.text(plain.attribution(told)))
    else:
        downtime.show(told)

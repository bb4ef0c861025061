"""`kubenines why`."""

import click

from experiments.commands.completing import names_in
from experiments.commands.console import FORMAT, PATH, chosen
from experiments.commands.opening import POINT, opened


@click.command()
@click.argument("results", type=PATH)
@click.option("--service", metavar="NAME", shell_complete=names_in("services"), help="Only this Service.")
@click.option("--policy", metavar="NAME", shell_complete=names_in("policies"), help="Only this policy.")
@POINT
@FORMAT
def why(results: str, service: str | None, policy: str | None, point: str | None, form: str) -> None:
    """Say where the downtime of a result folder comes from: by cause and stage, and what would save most of it."""
    from experiments.report import downtime, plain

    found = opened(results, point)
    service = chosen("--service", service, found.services)
    policy = chosen("--policy", policy, found.policies)
    told = found.only(service, policy)
    if form == "json":
        click.echo(plain.text(plain.attribution(told)))
    else:
        downtime.show(told)

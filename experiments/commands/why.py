"""`kubenines why`."""

import click

from experiments.commands.console import PATH, chosen


@click.command()
@click.argument("results", type=PATH)
@click.option("--service", metavar="NAME", help="Only this Service.")
@click.option("--policy", metavar="NAME", help="Only this policy.")
def why(results: str, service: str | None, policy: str | None) -> None:
    """Say where the downtime of a result folder comes from: by cause and stage, and what would save most of it."""
    from experiments.report import downtime
    from experiments.results import Results

    opened = Results.open(results)
    service = chosen("--service", service, opened.services)
    policy = chosen("--policy", policy, opened.policies)
    downtime.show(opened.only(service, policy))

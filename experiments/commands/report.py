"""`kubenines report`."""

import click

from experiments.commands.console import PATH


@click.command()
@click.argument("results", type=PATH)
@click.option("-o", "--output", type=PATH, metavar="FILE", help="Where to.  [default: RESULTS/report.html]")
def report(results: str, output: str | None) -> None:
    """Write the report of a result folder anew: one HTML page that needs no other file and no network."""
    from pathlib import Path

    from experiments.results import Results
    from experiments.runner.timelines import of_report

    opened = Results.open(results)
    click.echo(opened.to_html(output or Path(results) / "report.html", of_report(opened)))

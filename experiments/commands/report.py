"""`kubenines report`."""

import click

from experiments.commands.console import PATH
from experiments.commands.opening import POINT, opened, swept


@click.command()
@click.argument("results", type=PATH)
@POINT
@click.option("-o", "--output", type=PATH, metavar="FILE", help="Where to.  [default: RESULTS/report.html]")
def report(results: str, point: str | None, output: str | None) -> None:
    """Write the report of a result folder anew: one HTML page that needs no other file and no network.

    Of a sweep: its curves, heat maps and table, or with --point the report of one point (report-POINT.html).
    """
    from pathlib import Path

    from experiments.runner.timelines import of_report

    if point is None and (sweep := swept(results)) is not None:
        click.echo(sweep.to_html(output or Path(results) / "report.html"))
        return
    found = opened(results, point)
    name = "report" if found.manifest.point is None else f"report-{found.manifest.point.replace(' ', '-')}"
    click.echo(found.to_html(output or Path(results) / f"{name}.html", of_report(found)))

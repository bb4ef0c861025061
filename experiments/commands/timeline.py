"""`kubenines timeline`."""

from typing import TYPE_CHECKING

import click

from experiments.commands.completing import names_in
from experiments.commands.console import FORMAT, PATH, chosen
from experiments.commands.opening import POINT, opened

if TYPE_CHECKING:
    from experiments.findings.outages import Outage


@click.command()
@click.argument("results", type=PATH)
@click.option("--service", metavar="NAME", shell_complete=names_in("services"), help="Only outages of this Service.")
@click.option("--policy", metavar="NAME", shell_complete=names_in("policies"), help="Only outages under this policy.")
@click.option(
    "--outage",
    "which",
    default="worst",
    show_default=True,
    metavar="worst|typical|N",
    help="The longest, one of median length, or one by its number.",
)
@click.option("--list", "listed", is_flag=True, help="Print the outages and their numbers instead, the longest first.")
@POINT
@FORMAT
@click.option("-o", "--output", type=PATH, metavar="FILE.html", help="A zoomable picture of it in a page instead.")
def timeline(
    results: str,
    service: str | None,
    policy: str | None,
    which: str,
    listed: bool,
    point: str | None,
    form: str,
    output: str | None,
) -> None:
    """Replay an outage of a result folder: what happened, in which order, and how many endpoints answered."""
    from dataclasses import asdict
    from pathlib import Path

    if output is not None and (listed or form == "json"):
        raise click.UsageError("-o is for the picture of an outage: not with --list or --format json")
    if output is not None and Path(output).suffix.lower() not in (".html", ".htm"):
        raise click.BadParameter(f"{Path(output).name!r} does not end in .html", param_hint="-o")

    from experiments.findings.outages import outages
    from experiments.report import plain, timeline_text
    from experiments.runner.timelines import replayed
    from models.input.problems import Refusal

    found = opened(results, point)
    service = chosen("--service", service, found.services)
    policy = chosen("--policy", policy, found.policies)
    among = outages(asked := found.only(service, policy))
    if listed and form == "json":
        click.echo(plain.text({"outages": [asdict(outage) for outage in among]}))
        return
    if listed:
        timeline_text.show_outages(asked, among)
        return
    if not among:
        raise Refusal(timeline_text.none_to_replay(asked))
    (told,) = replayed(found, [_asked(among, which)])
    if output is not None:
        from experiments.report.timeline import page
        from experiments.store.files import write

        write(Path(output), page(told))
        click.echo(output)
    elif form == "json":
        click.echo(plain.text(told.to_json()))
    else:
        timeline_text.show(told)


def _asked(among: "list[Outage]", which: str) -> "Outage":
    """The outage that --outage asks for, or a usage error."""
    from experiments.findings.outages import typical, worst

    if which in ("worst", "typical"):
        return worst(among) if which == "worst" else typical(among)
    for outage in among:
        if which == str(outage.number):
            return outage
    raise click.BadParameter(
        f"{which!r} is neither worst nor typical, nor the number of an outage here; --list has the numbers",
        param_hint="--outage",
    )

"""`kubenines plot`."""

import click

from experiments.commands.console import PATH, chosen

KINDS = (
    *("comparison", "nines", "difference"),
    *("service", "availability", "downtime", "outage_lengths", "windowed"),
    *("attribution", "losses", "loss_shares", "what_if"),
)
"""What `experiments.plots.Plots` draws, named here so that `--help` need not load it."""
FORMATS = (".svg", ".png", ".pdf")


@click.command()
@click.argument("results", type=PATH)
@click.option("--kind", type=click.Choice(KINDS), default="comparison", show_default=True)
@click.option("--service", metavar="NAME", help="Of this Service.  [default: of all, or of the first]")
@click.option(
    "-o", "--out", type=PATH, metavar="FILE", help="SVG, PNG or PDF by its ending.  [default: RESULTS/plots/KIND.svg]"
)
def plot(results: str, kind: str, service: str | None, out: str | None) -> None:
    """Draw one plot of a result folder."""
    import os
    from pathlib import Path

    from experiments.results import Results

    found = Results.open(results)
    service = chosen("--service", service, found.services)
    if service and kind == "comparison":
        raise click.UsageError("--kind comparison is of all Services; use nines, difference or service for one")
    path = Path(out) if out else Path(results) / "plots" / f"{kind}.svg"
    if path.suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{path.name!r} ends in none of {', '.join(FORMATS)}", param_hint="-o")
    os.environ.setdefault("MPLBACKEND", "agg")  # nothing is shown, so no window system is looked for
    click.echo(found.plot.draw(kind, path, service))

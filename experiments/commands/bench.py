"""`kubenines bench`."""

import json
import math
from typing import Any

import click

from experiments.commands.console import FORMAT


@click.group()
def bench() -> None:
    """Measure how fast this machine simulates."""


@bench.command()
@click.option("--nodes", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--pods", type=click.IntRange(min=1), default=2000, show_default=True)
@click.option("--years", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True)
@FORMAT
def cluster(nodes: int, pods: int, years: float, form: str) -> None:
    """Years of failures, restarts and evictions in one cluster: transitions per second, seconds, memory."""
    from experiments.bench import cluster as benching

    if not math.isfinite(years):
        raise click.BadParameter(f"{years} is not a number of years", param_hint="--years")

    _print_bench(benching.cluster(nodes, pods, years), form)


@bench.command()
@click.option("--nodes", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option("--pods", type=click.IntRange(min=1), default=10_000, show_default=True)
@FORMAT
def placement(nodes: int, pods: int, form: str) -> None:
    """Pods of 20 templates onto unlike nodes by the default scheduler profile: pods per second, seconds, memory."""
    from experiments.bench import placement as benching

    _print_bench(benching.placement(nodes, pods), form)


@bench.command()
@click.argument("nodes", type=click.Path(exists=True, dir_okay=False))
@click.argument("pods", type=click.Path(exists=True, dir_okay=False))
@FORMAT
def trace(nodes: str, pods: str, form: str) -> None:
    """The pods of an openb trace (NODES and PODS are its CSV files) over their recorded times."""
    from experiments.bench import placement as benching

    _print_bench(benching.trace(nodes, pods), form)


@bench.command()
@click.argument("nodes", type=click.Path(exists=True, dir_okay=False))
@click.argument("pods", type=click.Path(exists=True, dir_okay=False))
@FORMAT
def peers(nodes: str, pods: str, form: str) -> None:
    """CPU time a placed pod of an openb trace (NODES and PODS are its CSV files), beside what others published."""
    from experiments.bench import peers as benching
    from experiments.report.terminal import Terminal

    found = benching.peers(nodes, pods)
    if form == "json":
        click.echo(json.dumps([vars(row) | {"milliseconds": row.milliseconds} for row in found], indent=2))
    else:
        Terminal().table(benching.table(found))


@bench.command()
@click.option("--requests", type=click.IntRange(min=1), default=10_000_000, show_default=True)
@click.option("--policy", default="random", show_default=True, help="How requests find a pod: random, roundRobin, ...")
@click.option("--pods", type=click.IntRange(min=1), default=10, show_default=True)
@FORMAT
def traffic(requests: int, policy: str, pods: int, form: str) -> None:
    """Every single request to one Service: requests per second, memory."""
    from experiments.bench import traffic as benching
    from simulator.registry import UnknownName

    try:
        found = benching.traffic(requests, policy, pods)
    except UnknownName as error:
        raise click.BadParameter(str(error), param_hint="--policy") from None
    _print_bench(found, form)


@bench.command()
@click.option(
    "--at",
    type=click.Choice(["1e-5", "1e-7", "1e-9"]),
    multiple=True,
    help="Only the system of about this unavailability; may be given several times.",
)
@click.option("--relative", default="10%", show_default=True, help="Half of the 95 % interval over the value.")
@click.option(
    "--plain-seconds",
    type=click.FloatRange(min=0),
    default=120.0,
    show_default=True,
    help="Run plain replications too where they take at most so many CPU seconds.",
)
@FORMAT
def nines(at: tuple[str, ...], relative: str, plain_seconds: float, form: str) -> None:
    """CPU seconds to know unavailabilities of about 1e-5, 1e-7 and 1e-9: by rare outages, and by plain replications."""
    from experiments.bench import nines as benching
    from experiments.report.terminal import Terminal
    from models.units import parse_percent

    try:
        width = parse_percent(relative)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--relative") from None
    if width <= 0:
        raise click.BadParameter(f"{relative} is not above 0", param_hint="--relative")
    about = [float(one) for one in at] or [system.about for system in benching.SYSTEMS]
    found = benching.nines(about, width, plain_seconds)
    if form == "json":
        click.echo(json.dumps([vars(row) for row in found], indent=2))
    else:
        Terminal().table(benching.table(found))


@bench.command()
@click.option("--cells", type=click.IntRange(min=1), default=100, show_default=True, help="Replications to run.")
@click.option("--nodes", type=click.IntRange(min=1), default=30, show_default=True)
@click.option("--pods", type=click.IntRange(min=1), default=600, show_default=True)
@click.option("--years", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True)
@click.option(
    "--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Each engine in turn, so often."
)
@FORMAT
def engines(cells: int, nodes: int, pods: int, years: float, rounds: int, form: str) -> None:
    """One run by one process and by two, by a Dask cluster of one local worker and of two: cells per second."""
    from experiments.bench import engines as benching
    from experiments.report.terminal import Terminal

    if not math.isfinite(years):
        raise click.BadParameter(f"{years} is not a number of years", param_hint="--years")
    found = benching.engines(benching.load(nodes, pods, years, cells), rounds)
    if form == "json":
        click.echo(json.dumps([vars(row) for row in found], indent=2))
    else:
        Terminal().table(benching.table(found))


def _print_bench(found: dict[str, Any], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        click.echo(f"{name.replace('_', ' ')}: {f'{value:,.6g}' if isinstance(value, float) else value}")

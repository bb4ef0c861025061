"""`kubenines compare`."""

from typing import TYPE_CHECKING

import click

from experiments.commands.completing import axes_in, names_in
from experiments.commands.console import FORMAT, PATH, chosen
from experiments.commands.opening import POINT, opened, swept

if TYPE_CHECKING:
    from experiments.findings.findings import Findings


@click.command()
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="RESULTS...")
@click.option(
    "--baseline",
    metavar="POLICY",
    shell_complete=names_in("policies"),
    help="What the others are compared with.  [default: the first policy]",
)
@click.option("--service", metavar="NAME", shell_complete=names_in("services"), help="Only this Service.")
@POINT
@click.option(
    "--along",
    metavar="AXIS",
    shell_complete=axes_in(),
    help="Of a sweep: compare its values on this axis, the other axes as --point says, under one policy.",
)
@click.option(
    "--policy", metavar="NAME", shell_complete=names_in("policies"), help="With --along.  [default: the first]"
)
@FORMAT
def compare(
    paths: tuple[str, ...],
    baseline: str | None,
    service: str | None,
    point: str | None,
    along: str | None,
    policy: str | None,
    form: str,
) -> None:
    """Rank the policies of a result folder, or of several, and say which differences are noise.

    Policies that share a letter cannot be told apart. With several folders the policies are named FOLDER/POLICY. Points
    of a sweep are paired by replication as policies are: the same number has the same luck at all of them.
    """
    from pathlib import Path

    from experiments.findings.merging import merged
    from experiments.report import comparison, plain

    if len(set(paths)) < len(paths):
        raise click.UsageError("the same folder twice: there is nothing to compare")
    if policy is not None and along is None:
        raise click.UsageError("--policy is for --along: else all policies are compared")
    names = [Path(path).resolve().name for path in paths]
    names = names if len(set(names)) == len(names) else list(paths)
    results: Findings
    if along is not None:
        results = _along(paths, along, point, policy)
    else:
        instead = ", or compare its points --along an axis"
        found = {name: opened(path, point, instead) for name, path in zip(names, paths, strict=True)}
        results = merged(found) if len(found) > 1 else found[names[0]]
    baseline = chosen("--baseline", baseline, results.policies)
    service = chosen("--service", service, results.services)
    if form == "json":
        click.echo(plain.text(plain.comparison(results.only(service), baseline)))
    else:
        comparison.show(results.only(service), baseline)


def _along(paths: tuple[str, ...], axis: str, point: str | None, policy: str | None) -> "Findings":
    """The points of a sweep on a line along an axis, under one policy, named by what differs."""
    sweep = swept(paths[0]) if len(paths) == 1 else None
    if sweep is None:
        raise click.UsageError("--along is of the result folder of one sweep")
    chosen("--along", axis, sweep.axes)
    return sweep.along(axis, point, chosen("--policy", policy, sweep.policies))

"""`kubenines plot`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.commands.completing import axes_in, names_in
from experiments.commands.console import PATH, chosen
from experiments.commands.opening import POINT, opened, studied, swept

if TYPE_CHECKING:
    from experiments.results import Results
    from experiments.sensitivity_results import SensitivityResults
    from experiments.sweep_results import SweepResults


FORMATS = (".svg", ".png", ".pdf")


class Kind(click.ParamType):  # type: ignore[type-arg]  # generic only in newer versions of click
    """One of the kinds of pictures, asked for only when they are needed: not every command line loads the plots."""

    name = "kind"

    def _choice(self) -> "click.Choice[str]":
        from experiments.plots import KINDS
        from experiments.plots.sensitivity import KINDS as OF_STUDIES
        from experiments.plots.sweep import KINDS as OF_SWEEPS

        return click.Choice([*KINDS, *OF_SWEEPS, *OF_STUDIES])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The kind, or a usage error that names all."""
        return self._choice().convert(value, param, ctx)

    def get_metavar(self, *of: Any, **named: Any) -> str | None:
        """All kinds, as `--help` shows them; what it is asked with depends on the version of click."""
        return self._choice().get_metavar(*of, **named)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """The kinds that begin like this."""
        return self._choice().shell_complete(ctx, param, incomplete)


class Duration(click.ParamType):  # type: ignore[type-arg]
    """A duration as experiment files have them, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds, or a usage error."""
        from models.units import parse_duration

        try:
            return value if isinstance(value, float) else parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("results", type=PATH)
@click.option("--kind", type=Kind(), help="[default: comparison; of a sweep curves; of a study tornado]")
@click.option("--x", metavar="AXIS", shell_complete=axes_in(), help="Of a sweep, across (curves, heatmap).")
@click.option("--y", metavar="AXIS", shell_complete=axes_in(), help="Of a sweep, upwards (heatmap).")
@POINT
@click.option(
    "--service",
    metavar="NAME",
    shell_complete=names_in("services"),
    help="Of this Service.  [default: of all (comparison, nines, difference), or of the first]",
)
@click.option(
    "--policy",
    metavar="NAME",
    shell_complete=names_in("policies"),
    help="Of this policy, for kinds that show one.  [default: the first that fits]",
)
@click.option(
    "--replication",
    type=click.IntRange(min=0),
    metavar="N",
    help="Of this run (gantt, rollout, utilisation).  [default: that with the worst outage, or the first rollout]",
)
@click.option(
    "--from",
    "start",
    type=Duration(),
    metavar="DURATION",
    help="From then on, since failures began (gantt, rollout, utilisation).  [default: around it]",
)
@click.option("--to", "end", type=Duration(), metavar="DURATION", help="Until then.")
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="FILE",
    help="SVG, PNG or PDF by its ending.  [default: RESULTS/plots/KIND.svg]",
)
def plot(results: str, kind: str | None, output: str | None, point: str | None, **of: Any) -> None:
    """Draw one plot of a result folder.

    Of a sweep: curves along the axis --x, or a heat map of --x and --y, where --point may say what other axes are. All
    other kinds are of a single experiment, or of the point of a sweep that --point tells. Of a study of uncertain
    inputs (`kubenines sensitivity`): tornado, sobol or uncertainty.

    gantt, rollout and utilisation are of a single run, which is simulated again, unless its transitions were kept (`run
    --events sample:N`). pareto is of the last search in the folder, or else of the policies that ran.
    """
    import os
    from functools import partial

    from experiments.plots import Plots
    from experiments.plots.sensitivity import KINDS as OF_STUDIES
    from experiments.plots.sweep import KINDS as OF_SWEEPS
    from experiments.runner.again import rerun
    from experiments.store.folder import ResultFolder

    given = {name: value for name, value in of.items() if value is not None}
    os.environ.setdefault("MPLBACKEND", "agg")  # nothing is shown, so no window system is looked for
    if kind == "pareto" and (search := ResultFolder(Path(results)).search()) is not None:
        click.echo(_of_search(search, _path(results, kind, output), given))
        return
    if (study := studied(results)) is not None:
        click.echo(_of_study(study, kind or "tornado", results, output, given | ({"point": point} if point else {})))
        return
    if kind in OF_STUDIES:
        raise click.UsageError(f"--kind {kind} is of a study of uncertain inputs (kubenines sensitivity)")
    sweep = swept(results) if kind is None or kind in OF_SWEEPS else None
    kind = kind or _default_kind(sweep is not None, given, point)
    path = _path(results, kind, output)
    if kind in OF_SWEEPS:
        if sweep is None:
            raise click.UsageError(f"--kind {kind} is of a sweep; {results} is of a single experiment")
        click.echo(sweep.plot.draw(kind, path, **_of_sweep(kind, given, sweep, point)))
        return
    found = opened(results, point)
    chosen("--service", of["service"], found.services)
    chosen("--policy", of["policy"], found.policies)
    _check(kind, given, found)
    click.echo(Plots(found, partial(rerun, found)).draw(kind, path, **given))


def _default_kind(of_sweep: bool, given: dict[str, Any], point: str | None) -> str:
    """What is drawn where nothing is asked for: of a point the comparison, as of a single experiment."""
    if of_sweep and "y" in given:
        return "heatmap"
    return "curves" if of_sweep and ("x" in given or point is None) else "comparison"


def _path(results: str, kind: str, output: str | None) -> Path:
    """Where the picture is written; a usage error if its format is not known."""
    path = Path(output) if output else Path(results) / "plots" / f"{kind}.svg"
    if path.suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{path.name!r} ends in none of {', '.join(FORMATS)}", param_hint="-o")
    return path


def _of_search(search: dict[str, Any], path: Path, given: dict[str, Any]) -> Path:
    """Draw the candidates of a search."""
    from experiments.findings.pareto import services_of
    from experiments.plots import drawing
    from experiments.plots.pareto import of_search

    services = services_of(search)
    service = chosen("--service", given.get("service"), services) or next(iter(services), "")
    if others := [name for name in given if name != "service"]:
        raise click.UsageError(f"--kind pareto takes no {_OPTIONS.get(others[0], f'--{others[0]}')}")
    drawn: Any = of_search(search, service).figure
    return drawing.save(drawn, path)


def _of_study(study: "SensitivityResults", kind: str, results: str, output: str | None, given: dict[str, Any]) -> Path:
    """Draw a picture of a study of uncertain inputs."""
    from experiments.plots.sensitivity import KINDS

    if kind not in KINDS:
        raise click.UsageError(f"{results} is a study of uncertain inputs, which has {', '.join(KINDS)} (got {kind})")
    if others := [name for name in given if name not in ("service", "policy")]:
        raise click.UsageError(f"--kind {kind} takes no {_OPTIONS.get(others[0], f'--{others[0]}')}")
    chosen("--service", given.get("service"), study.services)
    chosen("--policy", given.get("policy"), study.policies)
    return study.plot.draw(kind, _path(results, kind, output), **given)


def _of_sweep(kind: str, given: dict[str, Any], sweep: "SweepResults", point: str | None) -> dict[str, Any]:
    """What a picture of a sweep is of, or usage errors."""
    takes = ("service", "x", "y") if kind == "heatmap" else ("service", "x")
    for name in given:
        if name not in takes:
            raise click.UsageError(f"--kind {kind} takes no {_OPTIONS.get(name, f'--{name}')}")
    chosen("--service", given.get("service"), sweep.services)
    for name in ("x", "y"):
        chosen(f"--{name}", given.get(name), sweep.axes)
    fixed = {} if point is None else sweep.fixed(point)
    return given | {"fixed": {axis: value for axis, value in fixed.items() if axis not in given.values()}}


_OPTIONS = {"start": "--from", "end": "--to"}


def _check(kind: str, given: dict[str, Any], opened: "Results") -> None:
    """Usage errors: options that say nothing about this kind, and replications that there are not."""
    from experiments.plots import KINDS

    for name in given:
        if name not in KINDS[kind]:
            takers = ", ".join(other for other, takes in KINDS.items() if name in takes) or "curves and heatmap"
            raise click.UsageError(f"--kind {kind} takes no {_OPTIONS.get(name, f'--{name}')}; these do: {takers}")
    most = opened.manifest.replications
    if given.get("replication", 0) >= most:
        raise click.BadParameter(f"expected 0 to {most - 1} (got {given['replication']})", param_hint="--replication")

"""`kubenines plot`."""

from typing import TYPE_CHECKING, Any

import click

from experiments.commands.completing import names_in
from experiments.commands.console import PATH, chosen

if TYPE_CHECKING:
    from experiments.results import Results


FORMATS = (".svg", ".png", ".pdf")


class Kind(click.ParamType):  # type: ignore[type-arg]  # generic only in newer versions of click
    """One of the kinds of pictures, asked for only when they are needed: not every command line loads the plots."""

    name = "kind"

    def _choice(self) -> "click.Choice[str]":
        from experiments.plots import KINDS

        return click.Choice(list(KINDS))

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
@click.option("--kind", type=Kind(), default="comparison", show_default=True)
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
def plot(results: str, kind: str, output: str | None, **of: Any) -> None:
    """Draw one plot of a result folder.

    gantt, rollout and utilisation are of a single run, which is simulated again, unless its transitions were kept (`run
    --events sample:N`). pareto is of the last search in the folder, or else of the policies that ran.
    """
    import os
    from functools import partial
    from pathlib import Path

    from experiments.findings import pareto
    from experiments.plots import Plots, drawing
    from experiments.plots.pareto import of_search
    from experiments.results import Results
    from experiments.runner.again import rerun
    from experiments.store.folder import ResultFolder

    path = Path(output) if output else Path(results) / "plots" / f"{kind}.svg"
    if path.suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{path.name!r} ends in none of {', '.join(FORMATS)}", param_hint="-o")
    given = {name: value for name, value in of.items() if value is not None}
    _check_options(kind, given)
    os.environ.setdefault("MPLBACKEND", "agg")  # nothing is shown, so no window system is looked for
    if kind == "pareto" and (search := ResultFolder(Path(results)).search()) is not None:
        services = pareto.services_of(search)
        service = chosen("--service", of["service"], services) or next(iter(services), "")
        drawn: Any = of_search(search, service).figure
        click.echo(drawing.save(drawn, path))
        return
    opened = Results.open(results)
    chosen("--service", of["service"], opened.services)
    chosen("--policy", of["policy"], opened.policies)
    _check_replication(given, opened)
    click.echo(Plots(opened, partial(rerun, opened)).draw(kind, path, **given))


_OPTIONS = {"start": "--from", "end": "--to"}


def _check_options(kind: str, given: dict[str, Any]) -> None:
    """A usage error if an option says nothing about this kind."""
    from experiments.plots import KINDS

    for name in given:
        if name not in KINDS[kind]:
            takers = ", ".join(other for other, takes in KINDS.items() if name in takes)
            raise click.UsageError(f"--kind {kind} takes no {_OPTIONS.get(name, f'--{name}')}; these do: {takers}")


def _check_replication(given: dict[str, Any], opened: "Results") -> None:
    """A usage error if there is no such replication."""
    most = opened.manifest.replications
    if given.get("replication", 0) >= most:
        raise click.BadParameter(f"expected 0 to {most - 1} (got {given['replication']})", param_hint="--replication")

"""`kubenines plot`."""

from pathlib import Path
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
        from experiments.plots import KINDS, sensitivity

        return click.Choice([*KINDS, *sensitivity.KINDS])

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
@click.option(
    "--kind", type=Kind(), help="[default: comparison; of a study of uncertain inputs (kubenines sensitivity): tornado]"
)
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
def plot(results: str, kind: str | None, output: str | None, **of: Any) -> None:
    """Draw one plot of a result folder.

    gantt, rollout and utilisation are of a single run, which is simulated again, unless its transitions were kept (`run
    --events sample:N`).
    """
    import os
    from functools import partial

    from experiments.findings.sensitivity import is_study
    from experiments.plots import KINDS, Plots
    from experiments.results import Results
    from experiments.runner.again import rerun

    given = {name: value for name, value in of.items() if value is not None}
    os.environ.setdefault("MPLBACKEND", "agg")  # nothing is shown, so no window system is looked for
    if is_study(results):
        click.echo(_of_study(results, kind or "tornado", output, given))
        return
    kind = kind or "comparison"
    if kind not in KINDS:
        raise click.UsageError(f"--kind {kind} is of a study of uncertain inputs: see kubenines sensitivity")
    opened = Results.open(results)
    chosen("--service", of["service"], opened.services)
    chosen("--policy", of["policy"], opened.policies)
    _check(kind, given, opened)
    path = _path(results, kind, output)
    click.echo(Plots(opened, partial(rerun, opened)).draw(kind, path, **given))


def _path(results: str, kind: str, output: str | None) -> Path:
    """Where the picture is written; a usage error if its format is not known."""
    path = Path(output) if output else Path(results) / "plots" / f"{kind}.svg"
    if path.suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{path.name!r} ends in none of {', '.join(FORMATS)}", param_hint="-o")
    return path


def _of_study(results: str, kind: str, output: str | None, given: dict[str, Any]) -> Path:
    """Draw a picture of a study of uncertain inputs."""
    from experiments.findings.sensitivity import Sensitivity
    from experiments.plots.sensitivity import KINDS, SensitivityPlots

    if kind not in KINDS:
        raise click.UsageError(f"{results} is a study of uncertain inputs, which has {', '.join(KINDS)} (got {kind})")
    if others := [name for name in given if name not in ("service", "policy")]:
        raise click.UsageError(f"--kind {kind} takes no {_OPTIONS.get(others[0], f'--{others[0]}')}")
    found = Sensitivity.open(results)
    chosen("--service", given.get("service"), found.services)
    chosen("--policy", given.get("policy"), found.policies)
    return SensitivityPlots(found).draw(kind, _path(results, kind, output), **given)


_OPTIONS = {"start": "--from", "end": "--to"}


def _check(kind: str, given: dict[str, Any], opened: "Results") -> None:
    """Usage errors: options that say nothing about this kind, and replications that there are not."""
    from experiments.plots import KINDS

    for name in given:
        if name not in KINDS[kind]:
            takers = ", ".join(other for other, takes in KINDS.items() if name in takes)
            raise click.UsageError(f"--kind {kind} takes no {_OPTIONS.get(name, f'--{name}')}; these do: {takers}")
    most = opened.manifest.replications
    if given.get("replication", 0) >= most:
        raise click.BadParameter(f"expected 0 to {most - 1} (got {given['replication']})", param_hint="--replication")

"""`kubenines plot`."""

from typing import Any

import click

from experiments.commands.completing import names_in
from experiments.commands.console import PATH, chosen

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
    "-o",
    "--output",
    type=PATH,
    metavar="FILE",
    help="SVG, PNG or PDF by its ending.  [default: RESULTS/plots/KIND.svg]",
)
def plot(results: str, kind: str, service: str | None, output: str | None) -> None:
    """Draw one plot of a result folder."""
    import os
    from pathlib import Path

    from experiments.results import Results

    opened = Results.open(results)
    service = chosen("--service", service, opened.services)
    path = Path(output) if output else Path(results) / "plots" / f"{kind}.svg"
    if path.suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{path.name!r} ends in none of {', '.join(FORMATS)}", param_hint="-o")
    os.environ.setdefault("MPLBACKEND", "agg")  # nothing is shown, so no window system is looked for
    click.echo(opened.plot.draw(kind, path, service=service))

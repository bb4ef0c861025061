"""`kubenines search`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from experiments.commands.console import FORMAT, PATH, SETTINGS, say, warn
from experiments.commands.engine import EngineChoice, engine_options
from experiments.commands.running import FRESH, PROGRESS, QUIET, ended, folder_of, without_stdin

if TYPE_CHECKING:
    from experiments.experiment import Experiment


@click.command()
@click.pass_obj
@click.argument("experiment", type=PATH)
@click.option(
    "--cost",
    type=click.Choice(["nodeHours", "podHours", "nodeCost"]),
    help="What is paid for, instead of what the file says.  [default: nodeHours]",
)
@click.option(
    "--at-most",
    type=click.IntRange(2),
    metavar="N",
    help="Replications of all candidates together.  [default: as many as a run makes]",
)
@click.option("-o", "--output", type=PATH, metavar="FOLDER", help="Result folder.  [default: results/NAME]")
@engine_options
@SETTINGS
@FRESH
@PROGRESS
@QUIET
@FORMAT
def search(
    arguments: Sequence[str],
    experiment: str,
    cost: Any,
    at_most: int | None,
    output: str | None,
    engine: EngineChoice,
    settings: tuple[str, ...],
    fresh: bool,
    progress: Any,
    quiet: bool,
    form: str,
) -> int:
    """Find the cheapest policy, at the cheapest point of the sweep, that meets all objectives.

    The candidates race: replications are given to those of which more must be known, so it takes a small part of what a
    run of all of them would. Finished replications are kept in the result folder, and shared with runs of it.

    \b
    Exit codes: 0 found; 1 none meets all objectives; 4 it cannot be told within
    --at-most replications; 2 bad input, or nothing asked for; 3 failed runs.
    """  # noqa: D301 (the layout mark is the character, not a backslash and a letter)
    from dataclasses import replace

    from experiments.design.search import COSTS
    from experiments.preflight.inputs import experiment_at
    from experiments.report.plain import text as json_text
    from experiments.search import search as searching
    from experiments.search import text
    from experiments.search.plain import plain

    read = experiment_at(experiment, settings)
    if not quiet:
        warn(read)
        _warn_of_rest(read)
    folder = folder_of(read, output)
    words = without_stdin([word for word in arguments if word != "--fresh"], experiment, folder, read)
    asked = read.design.search
    asked = asked if cost is None else replace(asked, cost=COSTS[cost])
    asked = asked if at_most is None else replace(asked, at_most=at_most)
    outcome = ended(
        lambda replications, **how: searching.search(read, asked, out=folder, **how),
        {"again": ["kubenines", *words], "engine": engine, "progress": progress, "quiet": quiet, "fresh": fresh},
    )
    if form == "json":
        click.echo(json_text(plain(outcome)))
    else:
        text.show(outcome)
    return outcome.exit_code


def _warn_of_rest(read: "Experiment") -> None:
    """What the experiment says that is not done here."""
    asked = {objective.policy for objective in read.objectives}
    if asked and None not in asked and (others := [name for name in read.policies if name not in asked]):
        say(f"warning: no objective is about {', '.join(others)}, so none of these is a candidate")
    if read.precision is not None:
        say("warning: spec.precision is not used here, but for its atMost: outages are counted as they come")

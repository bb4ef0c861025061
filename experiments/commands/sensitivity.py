"""`kubenines sensitivity`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.commands.completing import names_in
from experiments.commands.console import FAILED, FORMAT, PATH, SETTINGS, say, warn
from experiments.commands.engine import EngineChoice, engine_options
from experiments.commands.running import FRESH, PROGRESS, QUIET, run_sensitivity_into, without_stdin

if TYPE_CHECKING:
    from experiments.experiment import Experiment


@click.command()
@click.pass_obj
@click.argument("experiment", type=PATH)
@click.option("-o", "--output", type=PATH, metavar="FOLDER", help="Result folder.  [default: results/NAME-sensitivity]")
@click.option(
    "-n",
    "--replications",
    type=click.IntRange(2, 1_000_000),
    help="Runs per policy with each input low and high, instead of the file's; also those of the run that is judged.",
)
@click.option(
    "--runs",
    type=click.IntRange(1, 100_000_000),
    metavar="N",
    help="At most so many runs per policy at points drawn from the inputs' laws.  [default: 512 x (inputs + 2)]",
)
@engine_options
@SETTINGS
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="NAME",
    shell_complete=names_in("policies"),
    help="Only this policy (repeatable).",
)
@FRESH
@PROGRESS
@QUIET
@FORMAT
def sensitivity(
    arguments: Sequence[str],
    experiment: str,
    output: str | None,
    replications: int | None,
    runs: int | None,
    engine: EngineChoice,
    settings: tuple[str, ...],
    policies: tuple[str, ...],
    fresh: bool,
    progress: Any,
    quiet: bool,
    form: str,
) -> int:
    """Tell which uncertain inputs of an experiment matter, and how unsure they leave its answer.

    Each input by itself low and high (tornado); then points drawn from the laws of all: shares of the variance (Sobol'
    indices), and the uncertainty split into inputs and luck. What is finished is kept: the same line again goes on.
    """
    from experiments.preflight.inputs import experiment_at
    from experiments.report import plain, sensitivity_plain
    from experiments.report import sensitivity as text

    read = experiment_at(experiment, settings)
    if policies:
        read = read.only(*policies)
    if not quiet:
        warn(read)
        _warn_of_rest(read)
    folder = Path(output) if output else Path("results") / f"{read.name}-sensitivity"
    words = [word for word in arguments if word != "--fresh"]
    again = ["kubenines", *without_stdin(words, experiment, folder, read)]
    found = run_sensitivity_into(
        folder,
        read,
        runs,
        again=again,
        engine=engine,
        progress=progress,
        quiet=quiet,
        replications=replications,
        fresh=fresh,
    )
    code = FAILED if found.failed else 0
    if form == "json":
        click.echo(plain.text(sensitivity_plain.study(found, code)))
    else:
        text.show(found)
    return code


def _warn_of_rest(read: "Experiment") -> None:
    """What the experiment says that is not done here."""
    if read.sweep is not None:
        say("warning: spec.sweep is not run here: the inputs vary about what stands in the file")
    if read.precision is not None:
        say(
            "warning: spec.precision is not used here: every point has equally many replications, and outages are "
            "counted as they come"
        )

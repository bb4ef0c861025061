"""How `run` and `check` run an experiment into its result folder: progress, interrupts, what is said on the way."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Required, TypedDict, TypeVar, Unpack

import click

from experiments.commands.console import FAILED, INTERRUPTED, say
from models.input.stdin import is_stdin

if TYPE_CHECKING:
    from experiments.commands.engine import EngineChoice
    from experiments.experiment import Experiment
    from experiments.results import Results
    from experiments.sensitivity_results import SensitivityResults
    from experiments.sweep_results import SweepResults

R = TypeVar("R")


FRESH = click.option("--fresh", is_flag=True, help="Start anew, whatever results are there.")
QUIET = click.option("-q", "--quiet", is_flag=True, help="Neither progress nor warnings on stderr.")
PROGRESS = click.option(
    "--progress", type=click.Choice(["auto", "rich", "plain", "none"]), default="auto", show_default=True
)


class Asked(TypedDict, total=False):
    """What a command line says of how to run, beside what and where."""

    again: Required[Sequence[str]]
    """The command line that goes on after an interrupt."""
    engine: Required["EngineChoice"]
    progress: Any
    quiet: bool
    replications: int | None
    fresh: bool


def run_into(folder: Path, experiment: "Experiment", *, events: int = 0, **asked: Unpack[Asked]) -> "Results":
    """All results of the experiment, what is missing of them run now.

    Ends the command, with its exit code, if it is interrupted, its engine is lost or every replication fails.
    """
    from experiments.runner.run import run

    return ended(lambda **how: run(experiment.plan, out=folder, events=events, **how), asked)


def run_sweep_into(folder: Path, experiment: "Experiment", **asked: Unpack[Asked]) -> "SweepResults":
    """All results of an experiment with a sweep, what is missing of them run now; ends as `run_into`."""
    from experiments.runner.sweep import run_sweep

    return ended(lambda **how: run_sweep(experiment, out=folder, **how), asked)


def run_sensitivity_into(
    folder: Path, experiment: "Experiment", runs: int | None, **asked: Unpack[Asked]
) -> "SensitivityResults":
    """What a study of uncertain inputs finds, what is missing of it run now; ends as `run_into`."""
    from experiments.runner.sensitivity import run_sensitivity

    return ended(lambda **how: run_sensitivity(experiment, out=folder, runs=runs, **how), asked)


def ended(run: Callable[..., R], asked: Asked) -> R:
    """What comes of `run`; ends the command, with its exit code, if it is interrupted or all of it fails."""
    from experiments.runner import progress as progressing
    from experiments.runner.endings import BrokenOff, Interrupted, NothingRan
    from experiments.runner.engines import EngineLost

    again, quiet = asked["again"], asked.get("quiet", False)
    listening = progressing.reporter("none" if quiet else asked.get("progress", "auto"))
    try:
        with asked["engine"].opened() as engine, listening as listener:
            return run(
                replications=asked.get("replications"),
                engine=engine,
                progress=listener,
                fresh=asked.get("fresh", False),
                warn=lambda line: None if quiet else say(f"warning: {line}"),
            )
    except Interrupted as interrupted:
        code = FAILED if isinstance(interrupted, BrokenOff) else INTERRUPTED
        _go_on(f"{interrupted.why} after {interrupted.done} of {interrupted.total} replications", again, code)
    except EngineLost as lost:
        _go_on(str(lost), again, FAILED)
    except KeyboardInterrupt:  # Ctrl-C once more, which waits for nothing
        _go_on("interrupted", again, INTERRUPTED)
    except NothingRan as nothing:
        say(f"kubenines: {nothing}")
        raise click.exceptions.Exit(FAILED) from None


def folder_of(experiment: "Experiment", output: str | None) -> Path:
    """The result folder: what the option says, or results/NAME."""
    return Path(output) if output else Path("results") / experiment.name


def without_stdin(words: Sequence[str], path: str, folder: Path, experiment: "Experiment") -> list[str]:
    """The words of a command line, with the experiment as its result folder has it if any of it came by stdin.

    What came by stdin does not come again; the result folder keeps it, and is named by what it keeps.
    """
    if not is_stdin(path) and not any(map(is_stdin, experiment.inputs)):
        return list(words)
    return [str(folder / "resolved.yaml") if word == path else word for word in words]


def _go_on(why: str, again: Sequence[str], code: int) -> NoReturn:
    """Say so, and what to type to go on."""
    say(why)
    click.echo(f"resume: {shlex.join(again)}", err=True)  # to be pasted: not broken
    raise click.exceptions.Exit(code)

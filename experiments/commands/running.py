"""How `run` and `check` run an experiment into its result folder: progress, interrupts, what is said on the way."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from experiments.commands.console import FAILED, INTERRUPTED, say
from models.input.stdin import is_stdin

if TYPE_CHECKING:
    from experiments.commands.engine import EngineChoice
    from experiments.experiment import Experiment
    from experiments.results import Results


def run_into(
    folder: Path,
    experiment: "Experiment",
    *,
    again: Sequence[str],
    engine: "EngineChoice",
    progress: Any = "auto",
    quiet: bool = False,
    replications: int | None = None,
    fresh: bool = False,
    events: int = 0,
) -> "Results":
    """All results of the experiment, what is missing of them run now.

    `again`: the command line that goes on after an interrupt. Ends the command, with its exit code, if it is
    interrupted, its engine is lost or every replication fails.
    """
    from experiments.runner import progress as progressing
    from experiments.runner.engines import EngineLost
    from experiments.runner.job import BrokenOff, Interrupted, NothingRan
    from experiments.runner.run import run

    try:
        with engine.opened() as opened, progressing.reporter("none" if quiet else progress) as listener:
            return run(
                experiment.plan,
                out=folder,
                replications=replications,
                engine=opened,
                progress=listener,
                fresh=fresh,
                events=events,
                warn=lambda line: None if quiet else say(f"warning: {line}"),
            )
    except Interrupted as interrupted:
        code = FAILED if isinstance(interrupted, BrokenOff) else INTERRUPTED
        _ended(f"{interrupted.why} after {interrupted.done} of {interrupted.total} replications", again, code)
    except EngineLost as lost:
        _ended(str(lost), again, FAILED)
    except KeyboardInterrupt:  # Ctrl-C once more, which waits for nothing
        _ended("interrupted", again, INTERRUPTED)
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


def _ended(why: str, again: Sequence[str], code: int) -> NoReturn:
    """Say so, and what to type to go on."""
    say(why)
    click.echo(f"resume: {shlex.join(again)}", err=True)  # to be pasted: not broken
    raise click.exceptions.Exit(code)

"""How `run` and `check` run an experiment into its result folder: progress, interrupts, what is said on the way."""

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.commands.console import FAILED, INTERRUPTED, say
from models.input.stdin import is_stdin

if TYPE_CHECKING:
    from experiments.experiment import Experiment
    from experiments.results import Results


def _processes(context: click.Context, option: click.Parameter, number: str) -> int:
    if number == "auto":
        return os.cpu_count() or 1
    if not number.isdecimal() or int(number) < 1:
        raise click.BadParameter(f"{number!r} is neither a number of processes nor 'auto'", param_hint="-j")
    return int(number)


WORKERS = click.option(
    "-j",
    "--workers",
    default="auto",
    show_default=True,
    metavar="N|auto",
    callback=_processes,
    help="Processes; auto: all cores.",
)

PROGRESS = click.option(
    "--progress", type=click.Choice(["auto", "rich", "plain", "none"]), default="auto", show_default=True
)


def run_into(
    folder: Path,
    experiment: "Experiment",
    *,
    again: Sequence[str],
    workers: int,
    progress: Any = "auto",
    quiet: bool = False,
    replications: int | None = None,
    fresh: bool = False,
    events: int = 0,
) -> "Results":
    """All results of the experiment, what is missing of them run now.

    `again`: the command line that goes on after an interrupt.
    """
    from experiments.runner import progress as progressing
    from experiments.runner.run import run

    with resumable(again), progressing.reporter("none" if quiet else progress) as listener:
        found = run(
            experiment.plan,
            out=folder,
            replications=replications,
            workers=workers,
            progress=listener,
            fresh=fresh,
            events=events,
            warn=lambda line: None if quiet else say(f"warning: {line}"),
        )
    return found  # noqa: RET504 (to mypy a context may swallow an exception)


@contextmanager
def resumable(again: Sequence[str]) -> Iterator[None]:
    """Ends the command, with its exit code, if what is done meanwhile is interrupted, or every replication fails."""
    from experiments.runner.job import Interrupted, NothingRan

    try:
        yield
        return
    except Interrupted as interrupted:
        _interrupted(again, f" after {interrupted.done} of {interrupted.total} replications")
    except KeyboardInterrupt:  # Ctrl-C once more, which waits for nothing
        _interrupted(again)
    except NothingRan as nothing:
        say(f"kubenines: {nothing}")
        raise click.exceptions.Exit(FAILED) from None
    raise click.exceptions.Exit(INTERRUPTED)


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


def _interrupted(again: Sequence[str], when: str = "") -> None:
    """Say so, and what to type to go on."""
    say(f"interrupted{when}")
    click.echo(f"resume: {shlex.join(again)}", err=True)  # to be pasted: not broken

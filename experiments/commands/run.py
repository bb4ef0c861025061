"""`kubenines run`."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from experiments.commands.console import FAILED, FORMAT, INTERRUPTED, PATH, SETTINGS, STRICT, refuse_unread, say, warn


@click.command()
@click.pass_obj
@click.argument("experiment", type=PATH)
@click.option("-o", "--output", type=PATH, metavar="FOLDER", help="Result folder.  [default: results/NAME]")
@click.option("-n", "--replications", type=click.IntRange(1, 1_000_000), help="Runs per policy, instead of the file's.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed, instead of the file's.")
@click.option(
    "-j", "--workers", default="auto", show_default=True, metavar="N|auto", help="Processes; auto: all cores."
)
@SETTINGS
@click.option("--policy", "policies", multiple=True, metavar="NAME", help="Only this policy (repeatable).")
@click.option("--resume", is_flag=True, help="Add to the results that are there, as without it.")
@click.option("--fresh", is_flag=True, help="Start anew, whatever results are there.")
@click.option(
    "--events",
    default="none",
    show_default=True,
    metavar="none|sample:N|all",
    help="Keep every transition of the first N runs per policy, or of all.",
)
@click.option("--progress", type=click.Choice(["auto", "rich", "plain", "none"]), default="auto", show_default=True)
@click.option("-q", "--quiet", is_flag=True, help="Neither progress nor warnings on stderr.")
@STRICT
@FORMAT
@click.option("--no-fail", is_flag=True, help="Exit with 0 whatever the objectives say.")
def run(
    arguments: Sequence[str],
    experiment: str,
    output: str | None,
    replications: int | None,
    seed: int | None,
    workers: str,
    settings: tuple[str, ...],
    policies: tuple[str, ...],
    resume: bool,
    fresh: bool,
    events: str,
    progress: Any,
    quiet: bool,
    strict: bool,
    form: str,
    no_fail: bool,
) -> int:
    """Simulate every policy of an experiment and compare their availability."""
    from experiments.experiment import Experiment
    from experiments.runner import progress as progressing

    if resume and fresh:
        raise click.UsageError("--resume adds to the results that are there, --fresh starts anew: give one of them")
    processes, kept = _workers(workers), _replications_kept(events)
    if seed is not None:
        settings = (*settings, f"spec.seed={seed}")
    read = Experiment.from_yaml(experiment, settings)
    if policies:
        read = read.only(*policies)
    if not quiet:
        warn(read)
    if strict:
        refuse_unread(read.named)
    from experiments.report import plain, text
    from experiments.runner.job import Interrupted, NothingRan
    from experiments.runner.run import run as run_all

    folder = Path(output) if output else Path("results") / read.name
    try:
        with progressing.reporter("none" if quiet else progress) as listener:
            results = run_all(
                read.plan,
                out=folder,
                replications=replications,
                workers=processes,
                progress=listener,
                fresh=fresh,
                events=kept,
                warn=lambda line: None if quiet else say(f"warning: {line}"),
            )
    except Interrupted as interrupted:
        return _interrupted(arguments, f" after {interrupted.done} of {interrupted.total} replications")
    except KeyboardInterrupt:  # Ctrl-C once more, which waits for nothing
        return _interrupted(arguments)
    except NothingRan as nothing:
        say(f"kubenines: {nothing}")
        return FAILED
    if form == "json":
        click.echo(plain.text(plain.summary(results)))
    else:
        text.show(results)
    verdict = results.verdict()
    return 0 if no_fail and verdict in (1, 4) else verdict


def _interrupted(arguments: Sequence[str], when: str = "") -> int:
    """Say so, and what to type to go on."""
    again = [word for word in arguments if word not in ("--fresh", "--resume")]
    say(f"interrupted{when}")
    click.echo(f"resume: {shlex.join(['kubenines', *again, '--resume'])}", err=True)  # to be pasted: not broken
    return INTERRUPTED


def _replications_kept(events: str) -> int:
    """How many replications per policy keep their transitions, from "none", "sample:N" or "all"; else a usage error."""
    match events.split(":"):
        case ["none"]:
            return 0
        case ["all"]:
            return sys.maxsize
        case ["sample", number] if number.isdecimal():
            return int(number)
    raise click.BadParameter(f"expected none, sample:N or all (got {events!r})", param_hint="--events")


def _workers(number: str) -> int:
    if number == "auto":
        return os.cpu_count() or 1
    if not number.isdecimal() or int(number) < 1:
        raise click.BadParameter(f"{number!r} is neither a number of processes nor 'auto'", param_hint="-j")
    return int(number)

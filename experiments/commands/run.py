"""`kubenines run`."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from experiments.commands.completing import names_in
from experiments.commands.console import FORMAT, PATH, SETTINGS, STRICT, refuse_unread, warn
from experiments.commands.engine import EngineChoice, engine_options
from experiments.commands.running import (
    FRESH,
    PROGRESS,
    QUIET,
    Asked,
    folder_of,
    run_into,
    run_sweep_into,
    without_stdin,
)


@click.command()
@click.pass_obj
@click.argument("experiment", type=PATH)
@click.option("-o", "--output", type=PATH, metavar="FOLDER", help="Result folder.  [default: results/NAME]")
@click.option("-n", "--replications", type=click.IntRange(1, 1_000_000), help="Runs per policy, instead of the file's.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed, instead of the file's.")
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
@click.option("--resume", is_flag=True, help="Add to the results that are there, as without it.")
@FRESH
@click.option(
    "--events",
    default="none",
    show_default=True,
    metavar="none|sample:N|all",
    help="Keep every transition of the first N runs per policy, or of all.",
)
@PROGRESS
@QUIET
@STRICT
@FORMAT
@click.option("--no-fail", is_flag=True, help="Exit with 0 whatever the objectives say.")
def run(
    arguments: Sequence[str],
    experiment: str,
    output: str | None,
    replications: int | None,
    seed: int | None,
    engine: EngineChoice,
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
    """Simulate every policy of an experiment and compare their availability; with a sweep, at every point of it."""
    from experiments.preflight.inputs import experiment_at

    if resume and fresh:
        raise click.UsageError("--resume adds to the results that are there, --fresh starts anew: give one of them")
    kept = _replications_kept(events)
    if seed is not None:
        settings = (*settings, f"spec.seed={seed}")
    read = experiment_at(experiment, settings)
    if policies:
        read = read.only(*policies)
    if not quiet:
        warn(read)
    if strict:
        refuse_unread(read.named)
    from experiments.report import plain, sweep, sweep_plain, text

    folder = folder_of(read, output)
    words = [word for word in arguments if word not in ("--fresh", "--resume")]
    asked: Asked = {
        "again": ["kubenines", *without_stdin(words, experiment, folder, read), "--resume"],
        "engine": engine,
        "progress": progress,
        "quiet": quiet,
        "replications": replications,
        "fresh": fresh,
    }
    if read.sweep is not None:
        if kept:
            raise click.UsageError(
                "--events is of a single experiment: run one point of the sweep without it, by --set and --set sweep="
            )
        found = run_sweep_into(folder, read, **asked)
        if form == "json":
            click.echo(plain.text(sweep_plain.sweep(found)))
        else:
            sweep.show(found)
        return _code(found.verdict(), no_fail)
    results = run_into(folder, read, **asked, events=kept)
    if form == "json":
        click.echo(plain.text(plain.summary(results)))
    else:
        text.show(results)
    return _code(results.verdict(), no_fail)


def _code(verdict: int, no_fail: bool) -> int:
    """The exit code of a verdict."""
    return 0 if no_fail and verdict in (1, 4) else verdict


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

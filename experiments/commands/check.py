"""`kubenines check`."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.commands.console import PATH, SETTINGS, exit_code, inconclusive_option, say, warn
from experiments.commands.engine import EngineChoice, engine_options
from experiments.commands.opening import swept
from experiments.commands.running import FRESH, QUIET, Asked, folder_of, run_into, run_sweep_into, without_stdin

if TYPE_CHECKING:
    from experiments.check.checking import Checked

_FILE = click.Path(dir_okay=False, path_type=str)
"""To be written: a directory in its place is said before anything runs."""


@click.command()
@click.pass_obj
@click.argument("paths", nargs=-1, required=True, type=PATH, metavar="PATH...")
@click.option(
    "--threshold",
    "thresholds",
    multiple=True,
    metavar="'SERVICE METRIC >= LIMIT'",
    help="A further objective: 'web availability >= 99.95%', 'web outages <= 4 a year under two-replicas'; repeatable.",
)
@inconclusive_option("What an interval that straddles its threshold does: exit code 4, or 0.")
@click.option("--junit", type=_FILE, metavar="FILE", help="Write JUnit XML there, too.")
@click.option("--sarif", type=_FILE, metavar="FILE", help="Write SARIF there, too.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How to print it; github: annotations of a workflow.",
)
@click.option("-o", "--output", type=PATH, metavar="FOLDER", help="Result folder.  [default: results/NAME]")
@click.option("-n", "--replications", type=click.IntRange(1, 1_000_000), help="Runs per policy, instead of the file's.")
@engine_options
@SETTINGS
@FRESH
@QUIET
def check(
    arguments: Sequence[str],
    paths: tuple[str, ...],
    thresholds: tuple[str, ...],
    inconclusive: str,
    junit: str | None,
    sarif: str | None,
    form: str,
    output: str | None,
    replications: int | None,
    engine: EngineChoice,
    settings: tuple[str, ...],
    fresh: bool,
    quiet: bool,
) -> int:
    """Check what was asked for, in continuous integration: of experiment files, which are run, or of result folders.

    What is asked for are the experiment's objectives and the thresholds given here, each under every policy unless it
    names one, and at every point of a sweep. A result folder that is there already is resumed, so only what is missing
    is run.

    \b
    Exit codes: 0 all met; 1 one missed; 4 none missed, one inconclusive (0 with
    --inconclusive pass); 2 bad input, or nothing asked for; 3 failed runs.
    """  # noqa: D301 (the layout mark is the character, not a backslash and a letter)
    from experiments.check import checking, threshold
    from experiments.preflight.inputs import experiment_at
    from experiments.results import Results
    from experiments.runner.interrupts import interrupts_set
    from experiments.sweep_results import SweepResults

    files = [path for path in paths if not os.path.isdir(path)]
    if output is not None and len(files) != 1:
        raise click.UsageError("--output is the result folder of one experiment file")
    if not files and (settings or fresh or replications is not None):
        raise click.UsageError("--set, --replications and --fresh are for experiment files: a folder stays as it ran")
    read = {path: experiment_at(path, settings) for path in files}
    opened: dict[str, Results | SweepResults] = {
        path: swept(path) or Results.open(path) for path in paths if path not in files
    }
    further = {}  # what is wrong with what is asked for is said before anything runs
    for path in paths:
        if not thresholds and not (read[path].objectives if path in read else opened[path].manifest.objectives):
            raise click.UsageError(
                f"{path} asks for nothing: it has no objectives; give --threshold '{threshold.FORM}'"
            )
        further[path] = threshold.objectives(read[path] if path in read else opened[path], thresholds)
    words = [word for word in arguments if word != "--fresh"]
    with interrupts_set():
        for path, experiment in read.items():
            if not quiet:
                warn(experiment)
            folder = folder_of(experiment, output)
            words = without_stdin(words, path, folder, experiment)
            asked: Asked = {
                "again": ["kubenines", *words],
                "engine": engine,
                "quiet": quiet,
                "replications": replications,
                "fresh": fresh,
            }
            run: Any = run_into if experiment.sweep is None else run_sweep_into
            opened[path] = run(folder, experiment, **asked)
    found = [one for path in dict.fromkeys(paths) for one in checking.checks(opened[path], further[path])]
    failed = sum(of.failed_outright(say) for of in opened.values() if isinstance(of, SweepResults))
    code = _exit_code(found, failed, inconclusive)
    _write(found, junit, sarif, inconclusive)
    _print(found, form, code)
    return code


def _exit_code(found: "Sequence[Checked]", failed: int, inconclusive: str) -> int:
    """Of all together, and of so many replications that failed where nothing was found."""
    from experiments.findings.judgement import verdict

    judgements = (threshold.judgement for one in found for threshold in one.thresholds)
    code = verdict(judgements, failed + sum(len(one.findings.failed) for one in found))
    return exit_code(code, inconclusive)


def _write(found: "Sequence[Checked]", junit: str | None, sarif: str | None, inconclusive: str) -> None:
    from experiments.check.formats.junit import junit as junit_xml
    from experiments.check.formats.sarif import sarif as sarif_log
    from experiments.store.files import write

    if junit is not None:
        write(Path(junit), junit_xml(found, open_fails=inconclusive == "fail"))
    if sarif is not None:
        write(Path(sarif), json.dumps(sarif_log(found), indent=2, ensure_ascii=False) + "\n")


def _print(found: "Sequence[Checked]", form: str, code: int) -> None:
    from experiments.check.formats import github, plain, text
    from experiments.report.plain import text as json_text
    from experiments.report.terminal import Terminal

    if form == "json":
        click.echo(json_text(plain.checks(found, code)))
        return
    if form == "github":
        for line in github.annotations(found):
            click.echo(line)
        return
    terminal = Terminal()
    for checked in found:
        terminal.title(text.title(checked))
        for indent, line in text.lines(checked):
            terminal.say(line, indent=indent)

"""`kubenines backtest`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.commands.console import FORMAT, PATH, SETTINGS
from experiments.commands.engine import EngineChoice, engine_options
from experiments.commands.outage_logs import instant, log_options

if TYPE_CHECKING:
    from experiments.backtest.backtest import Backtest
    from experiments.backtest.halves import Halves
    from experiments.experiment import Experiment
    from experiments.file.outages import Format, OutageLog

_LOGS = (".csv", ".csv.xz", ".csv.gz")
_EXPERIMENTS = (".yaml", ".yml")


@click.command()
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="LOG... [EXPERIMENT]")
@click.option(
    "--split",
    metavar="SHARE|TIME",
    default="50%",
    show_default=True,
    help="Where the first half ends, and the second begins.",
)
@click.option("--by", metavar="COLUMN", help="Each value of this column is a system of its own.")
@click.option("--nodes", type=click.IntRange(min=1), help="How many there are.  [default: those that the log names]")
@log_options("the node; repeat it if it takes several")
@click.option("--observed-from", metavar="TIME", help="When the log began.  [default: with its first outage]")
@click.option("--observed-until", metavar="TIME", help="When it ended.  [default: with the last instant in it]")
@click.option("--confidence", metavar="SHARE", default="95%", show_default=True, help="Of the predictive intervals.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the forecast.")
@click.option(
    "-n",
    "--replications",
    type=click.IntRange(10, 1200),
    default=100,
    show_default=True,
    help="Of an experiment: runs per policy and forecast.",
)
@SETTINGS
@engine_options
@FORMAT
def backtest(
    paths: tuple[str, ...],
    split: str,
    by: str | None,
    nodes: int | None,
    written: "Format",
    observed_from: str | None,
    observed_until: str | None,
    confidence: str,
    seed: int,
    replications: int,
    settings: tuple[str, ...],
    engine: EngineChoice,
    form: str,
) -> int:
    """Fit laws to half of a LOG of outages, foretell the other half, and say how good that was.

    The interval of the nodes' availability and of the number of outages, against what happened; with an EXPERIMENT
    (.yaml) also of its Services and of reschedules, with the outages in the place of its failure modes of nodes.
    Several logs, a directory of them or --by are several systems: a table, and how many intervals held.

    \b
    The systems of Los Alamos (LA-UR-05-7318):
      kubenines backtest LA-UR-05-7318-failure-data-1996-2005.csv.xz --by System \\
        --start "Prob Started" --end "Prob Fixed" --entity nodenum --time-format "%m/%d/%Y %H:%M"
    """  # noqa: D301 (the layout mark is the character, not a backslash and a letter)
    from experiments.backtest import page
    from experiments.report import plain
    from experiments.report.terminal import Terminal

    logs, experiment = _told_apart(paths, settings)
    sure = _share(confidence, "--confidence")
    limits = {"--split": split, "--observed-from": observed_from, "--observed-until": observed_until}
    fleet = nodes if experiment is None else _fleet(experiment, nodes)
    tried = list(systems(logs, by, written))
    if experiment is not None and len(tried) > 1:
        raise click.UsageError("an experiment is of one system: give one log, without --by")
    found = []
    for name, log in tried:
        halves = _halves(log, written, limits, fleet)
        found.append(_backtest(name, halves, seed, sure, experiment, replications, engine))
    if form == "json":
        click.echo(plain.text(page.as_json(found)))
        return 0
    terminal = Terminal()
    for line in page.lines(found):
        terminal.say(line, indent="")
    return 0


def _told_apart(paths: Sequence[str], settings: Sequence[str]) -> "tuple[list[str], Experiment | None]":
    """The logs, those of directories by name, and the experiment, if there is one."""
    from experiments.preflight.inputs import experiment_at

    experiments = [path for path in paths if path.endswith(_EXPERIMENTS)]
    if len(experiments) > 1 or len(experiments) == len(paths):
        raise click.UsageError("expected one or more logs (.csv) and at most one experiment (.yaml)")
    if settings and not experiments:
        raise click.UsageError("--set is of an experiment, and none is given")
    logs = []
    for path in paths:
        if Path(path).is_dir():
            inside = sorted(str(file) for file in Path(path).iterdir() if file.name.endswith(_LOGS))
            if not inside:
                raise click.UsageError(f"there is no log ({', '.join(_LOGS)}) in {path}")
            logs += inside
        elif path not in experiments:
            logs.append(path)
    return logs, experiment_at(experiments[0], settings) if experiments else None


def systems(logs: Sequence[str], by: str | None, written: "Format") -> "Iterator[tuple[str, OutageLog]]":
    """Name and log of each system, in the order of the logs; those of one log by their names."""
    from dataclasses import replace

    from experiments.file.outages import read_outages

    if by is not None and written.entity:  # an empty name is that of a node of its own in each system
        written = replace(written, entity=(by, *(each for each in written.entity if each != by)))
    for path in logs:
        log = read_outages(path, written)
        name = Path(path).name
        if by is None:
            yield name, log
            continue
        of_line = {each.line: each.entity for each in read_outages(path, replace(written, entity=(by,))).outages}
        names = set(of_line.values())
        numbers = all(each.isdecimal() for each in names)
        for system in sorted(names, key=lambda each: (int(each) if numbers else 0, each)):
            outages = tuple(each for each in log.outages if of_line[each.line] == system)
            yield system if len(logs) == 1 else f"{name} {system}", replace(log, outages=outages)


def _halves(log: "OutageLog", written: "Format", limits: dict[str, str | None], nodes: int | None) -> "Halves":
    """The log cut in two, as the command line says."""
    from experiments.backtest.halves import halves

    def at_option(option: str) -> float | None:
        text = limits[option]
        return None if text is None else instant(written, log, text, option)

    text = limits["--split"] or ""
    share = _share(text, "--split") if text.endswith("%") else None
    at = None if share is not None else at_option("--split")
    return halves(log, share, at, at_option("--observed-from"), at_option("--observed-until"), nodes)


def _share(text: str, option: str) -> float:
    from models.units import parse_percent

    try:
        share = parse_percent(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None
    if not 0 < share < 1:
        raise click.BadParameter(f"expected a share between 0% and 100% (got {text})", param_hint=option)
    return share


def _fleet(experiment: "Experiment", nodes: int | None) -> int:
    """The nodes of the experiment, which are those of the log."""
    from experiments.backtest.services import fleet

    if experiment.sweep is not None:
        raise click.UsageError("an experiment with a sweep is many: leave it out by --set sweep=")
    if nodes is not None:
        raise click.UsageError("--nodes is said by the experiment: leave it out")
    return fleet(experiment.plan.scenarios)


def _backtest(
    name: str,
    halves: "Halves",
    seed: int,
    confidence: float,
    experiment: "Experiment | None",
    replications: int,
    engine: EngineChoice,
) -> "Backtest":
    from dataclasses import replace

    from experiments.backtest.backtest import backtest as scored
    from experiments.backtest.backtest import foretold

    of = foretold(halves, seed)
    found = scored(name, halves, of, confidence)
    if experiment is None:
        return found
    from experiments.backtest import services

    scenarios: Any = experiment.plan.scenarios
    with engine.opened() as opened:
        more = services.predictions(scenarios, halves, of, replications, confidence, opened)
    return replace(found, predictions=(*found.predictions, *more), notes=(*found.notes, services.remark(scenarios)))

"""A study of uncertain inputs as text: what each does, where the variance comes from, what more runs would bring."""

from collections.abc import Iterator
from typing import IO

from experiments.design.sensitivity import QUANTILES
from experiments.findings.sensitivity import Influence, Sensitivity
from experiments.inference.comparison import Comparison
from experiments.inference.estimate import show_seconds
from experiments.inference.input_uncertainty import Split
from experiments.inference.intervals import Interval
from experiments.report.table import Column, Row, Table
from experiments.report.terminal import Terminal
from models.units import counted, format_percent

COLUMNS = (
    Column("INPUT", "name of the uncertain input", "name"),
    Column("LOW", "its 10 % quantile", gives_way=5),
    Column("DOWNTIME/Y", "downtime in a year with it low, all others at their medians"),
    Column("HIGH", "its 90 % quantile", gives_way=5),
    Column("DOWNTIME/Y", "downtime in a year with it high"),
    Column("HIGH - LOW", "the difference, paired by replication", "name", 2, retold=True),
    Column("ALONE", "first-order index: share of the variance that would be gone if it were known"),
    Column("CI", "its interval", "share", gives_way=4),
    Column("TOTAL", "total index: share of the variance that has to do with it"),
    Column("ITS CI", "interval of the total index", "share", gives_way=4),
)


def heading(found: Sensitivity) -> str:
    """One line: what was studied, and what it took."""
    inputs, m = len(found.inputs), found.manifest
    ends, drawn = 1 + 2 * inputs, found.rows * (inputs + 2)
    return (
        f"{m.name}   {counted(inputs, 'uncertain input')}   {ends} points x {counted(m.replications, 'replication')}, "
        f"{drawn} points x {found.per_point}, of {show_seconds(m.duration)}   {m.confidence:.0%} intervals"
    )


def table(of: Influence) -> Table:
    """The inputs of one Service under one policy, the largest effect first."""
    return Table(COLUMNS, tuple(_rows(of)), of.confidence)


def _rows(of: Influence) -> Iterator[Row]:
    for bar in of.tornado.bars:
        number = of.inputs.index(bar.name)
        first, total = of.indices.first[number], of.indices.total[number]
        yield (
            bar.name,
            bar.low.value,
            bar.low.downtime.show_value(),
            bar.high.value,
            bar.high.downtime.show_value(),
            _difference(bar.swing),
            *_index(first, of),
            *_index(total, of),
        )


def _difference(of: Comparison | None) -> str:
    return "too few replications" if of is None else str(of)


def _index(index: Interval, of: Influence) -> tuple[str, str]:
    if not of.indices.known:
        return "?", ""
    return _percent(index.value), f"[{_percent(index.low)}, {_percent(index.high)}]"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def sentences(of: Influence, found: Sensitivity) -> Iterator[str]:
    """What is to be said of one Service under one policy, beside the table."""
    split, share = of.split, f"{of.confidence:.0%}"
    runs = counted(of.replications, "replication")
    yield f"downtime a year with every input at its median: {of.tornado.middle}"
    if not of.answers.size:
        yield "a run failed in every row of the points that were drawn: nothing is known of the inputs together"
        return
    if split.nothing_seen:
        yield "no outage at any of the points that were drawn: more runs (--runs) or longer ones may see some"
        return
    yield f"in the mean over the inputs: {_seconds(split.answer)}"
    ranges = {name: " to ".join(map(show_seconds, ends)) for name, ends in split.ranges(of.confidence).items()}
    yield (
        f"{share} of what a run of {runs} may say: {ranges['both']}; for want of knowing the inputs {ranges['input']}, "
        f"by luck alone {ranges['sampling']}"
    )
    if split.input.low > 0:
        yield (
            f"the inputs make {_percent(split.share.value)} [{_percent(split.share.low)}, {_percent(split.share.high)}]"
            f" of that variance, which no further replication takes away; from {_enough(split)} on they make most of it"
        )
    elif split.negative:
        yield "the variance over the inputs is estimated to be below 0, so it is shown as 0: luck hides what they do"
    else:
        yield "what the inputs do cannot be told from luck: more runs (--runs) may tell"
    for most, chance in found.chances(of).items():
        yield (
            f"at most {show_seconds(most)} a year, as the objective asks, holds for {_percent(chance.value)} "
            f"[{_percent(chance.low)}, {_percent(chance.high)}] of the inputs"
        )


def _enough(split: Split) -> str:
    """The replications from which on luck brings less than the inputs, which are known to matter."""
    return counted(max(split.enough or 0, 1), "replication")


def _seconds(of: Interval) -> str:
    return f"{show_seconds(of.value)} [{show_seconds(of.low)}, {show_seconds(of.high)}]"


def notes(found: Sensitivity) -> Iterator[str]:
    """What holds for all of it."""
    low, high = map(format_percent, QUANTILES)
    yield (
        f"low and high are the {low} and {high} quantiles of an input, the others at their medians; alone and total "
        "are shares of the variance of the downtime, luck aside"
    )
    if any(not of.indices.known for of in found.influences()):
        yield "?: the downtimes differ by no more than luck would make them; more runs (--runs) may tell"
    if found.failed:
        yield (
            f"{counted(found.failed, 'run')} failed; a row of points with one of them is left out, and with it one of "
            "every other block"
        )


def show(found: Sensitivity, file: IO[str] | None = None, width: int | None = None) -> None:
    """Print it to `file` (stdout)."""
    terminal = Terminal(file, width)
    terminal.title(heading(found))
    for of in found.influences():
        terminal.say("")
        terminal.title(f"{of.service} under {of.policy}")
        terminal.table(table(of))
        for sentence in sentences(of, found):
            terminal.say(sentence)
    terminal.say("")
    for line in notes(found):
        terminal.say(f"note: {line}")
    if found.path is not None:
        terminal.say(f"results: {found.path}")

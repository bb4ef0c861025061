"""The comparison of the policies at one Service as text: in their order, with letters, and in words."""

import math
from collections.abc import Iterator
from typing import IO

from experiments.findings.findings import Findings
from experiments.inference.comparison import Comparison
from experiments.report import difference
from experiments.report.table import POLICY, Column, Row, Table, heading, legend
from experiments.report.terminal import Terminal

LETTERS = "policies that share a letter cannot be told apart; all pairs compared, adjusted for their number"
COLUMNS = (
    POLICY,
    Column("GROUP", "letters; policies that share one cannot be told apart", "words"),
    Column("DOWNTIME/Y", "downtime in a year"),
    Column("CI", "its interval", "share", gives_way=2),
    Column("OUTAGES", "outages seen in all runs; rare ones are begun on purpose", gives_way=3),
    Column(
        "vs baseline",
        "difference of the yearly downtime, paired by replication where none is rare",
        "name",
        1,
        retold=True,
    ),
    Column("P", "p-value of the difference, adjusted for all comparisons with the baseline", gives_way=4),
    Column("CORRELATION", "of the paired downtimes", gives_way=5),
)


def table(findings: Findings, service: str, baseline: str | None = None) -> Table:
    """The policies at a Service, least downtime first, against the baseline (the first policy)."""
    return Table(COLUMNS, tuple(_rows(findings, service, baseline)), findings.manifest.confidence)


def _rows(findings: Findings, service: str, baseline: str | None) -> Iterator[Row]:
    ranked = findings.ranked(service)
    letters = ranked.letters
    for policy, downtime in ranked.downtimes.items():
        against = findings.comparison(service, policy, baseline)
        yield (
            policy,
            letters[policy],
            downtime.show_value(),
            downtime.show_interval(),
            str(ranked.outages[policy]) if findings.rare.of(service, policy) is None else "rare",
            difference.shown(findings, service, policy, baseline),
            "" if against is None else _p(against),
            "" if against is None or math.isnan(against.correlation) else f"{against.correlation:.2f}",
        )


def _p(of: Comparison) -> str:
    return "<0.001" if of.adjusted < 0.001 else f"{of.adjusted:.3f}" if of.adjusted < 0.995 else "1"


def show(
    findings: Findings, baseline: str | None = None, file: IO[str] | None = None, width: int | None = None
) -> None:
    """Print the comparison at each Service to `file` (stdout), and what it says in words."""
    terminal = Terminal(file, width)
    terminal.title(heading(findings))
    for service in findings.services:
        terminal.say("")
        terminal.title(service)
        terminal.table(table(findings, service, baseline))
        for sentence in findings.ranked(service).sentences():
            terminal.say(sentence)
    terminal.say("")
    terminal.say(f"note: {LETTERS}")
    if stars := legend(findings, baseline):
        terminal.say(f"note: {stars}")
    for line in difference.remarks(findings, baseline):
        terminal.say(f"note: {line}")

"""Where the downtime comes from, to be read: a table of causes and stages, and what would save most."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.findings.breakdown import Part, by_stage
from experiments.findings.levers import savings
from experiments.inference.estimate import show_seconds
from experiments.report.table import POLICY, Column, Row, Table
from experiments.report.terminal import Terminal

if TYPE_CHECKING:
    from experiments.findings.findings import Findings

MOST = 6
"""Levers that are named."""


def show(findings: "Findings") -> None:
    """Print the downtime of every Service under every policy, by cause and stage."""
    terminal = Terminal()
    for service in findings.services:
        for policy in findings.policies:
            parts = findings.parts(service, policy)
            terminal.title(f"{service} under {policy}: {_downtime(findings, service, policy)}")
            if parts:
                terminal.table(table(parts))
                if levers := saved(parts):
                    terminal.say(f"to first order: {levers}")


def _downtime(findings: "Findings", service: str, policy: str) -> str:
    parts = findings.parts(service, policy)
    if not parts and findings.sample(service, policy).downtimes.sum() > 0:
        return "its downtime was not taken apart"
    return f"{show_seconds(_sum(parts))} of downtime a year" if parts else "no downtime was seen"


def saved(parts: Sequence[Part]) -> str:
    """In a line, what each of the best levers would save: "toleration of 30 s would save 71%"; 1 % at least."""
    worth_it = [saving for saving in savings(parts)[:MOST] if saving.share >= 0.01]
    return ", ".join(
        f"{saving.lever.name} {'' if number else 'would save '}{saving.share:.0%}"
        for number, saving in enumerate(worth_it)
    )


def table(parts: Sequence[Part]) -> Table:
    """Time a year: a row for each cause, a column for each stage that occurs, sums and shares at the ends.

    Where there is too little room the stages that lost least give way first.
    """
    lost = by_stage(parts)
    rank = {stage: place for place, stage in enumerate(sorted(lost, key=lost.__getitem__, reverse=True), start=1)}
    stages = [
        Column(str(stage), f"time in a year that was lost while {stage}", gives_way=rank[stage]) for stage in lost
    ]
    cause = Column("CAUSE", "failure mode or operation that took the replicas away", "name")
    total = Column("TOTAL", "time in a year that was lost to the cause")
    share = Column("SHARE", "share of the downtime")
    return Table((cause, *stages, total, share), tuple(_rows(parts)))


def _rows(parts: Sequence[Part]) -> Iterator[Row]:
    stages, total = by_stage(parts), _sum(parts)
    for reason in dict.fromkeys(part.reason for part in parts):
        mine = [part for part in parts if part.reason == reason]
        cells = {stage: show_seconds(seconds) for stage, seconds in by_stage(mine).items()}
        yield reason, *(cells.get(stage, "") for stage in stages), show_seconds(_sum(mine)), f"{_sum(mine) / total:.1%}"
    yield "total", *map(show_seconds, stages.values()), show_seconds(total), ""
    yield "share", *(f"{seconds / total:.1%}" for seconds in stages.values()), "", "100%"


def _sum(parts: Sequence[Part]) -> float:
    return math.fsum(part.per_year for part in parts)


@dataclass(frozen=True)
class Heat:
    """The losses of a Service under all policies as a table whose cells are coloured by their shares."""

    table: Table
    """A row for each policy and cause, a column for each stage."""
    shares: list[list[float]]
    """Of each cell of it, the share of the policy's downtime in percent; 0 of what is no stage."""
    saved: list[tuple[str, str]]
    """Policy, what would save most."""


def heat(findings: "Findings", service: str) -> Heat | None:
    """The table of a Service; None if nothing was lost."""
    lost_under = {policy: parts for policy in findings.policies if (parts := findings.parts(service, policy))}
    if not lost_under:
        return None
    stages = list(by_stage([part for parts in lost_under.values() for part in parts]))
    rows, shares = [], []
    for policy, parts in lost_under.items():
        for reason in dict.fromkeys(part.reason for part in parts):
            mine = [part for part in parts if part.reason == reason]
            lost, total = by_stage(mine), _sum(parts)
            cells = (show_seconds(lost[stage]) if stage in lost else "" for stage in stages)
            rows.append((policy, reason, *cells, show_seconds(_sum(mine))))
            shares.append([0.0, 0.0, *(100 * lost.get(stage, 0.0) / total for stage in stages), 0.0])
    columns = (
        POLICY,
        Column("CAUSE", "failure mode or operation that took the replicas away", "name"),
        *(Column(str(stage).capitalize(), f"time in a year that was lost while {stage}") for stage in stages),
        Column("TOTAL", "time in a year that was lost to the cause"),
    )
    levers = [(policy, text) for policy, parts in lost_under.items() if (text := saved(parts))]
    return Heat(Table(columns, tuple(rows), grouped=True), shares, levers)

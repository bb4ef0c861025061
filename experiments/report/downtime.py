"""Where the downtime comes from, to be read: a table of causes and stages, and what would save most."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.findings.breakdown import Part, by_stage
from experiments.findings.levers import savings
from experiments.inference.estimate import show_seconds

if TYPE_CHECKING:
    from rich.table import Table

    from experiments.findings.findings import Findings

MOST = 6
"""Levers that are named."""


def show(findings: "Findings", services: Sequence[str], policies: Sequence[str]) -> None:
    """Print the downtime of these Services under these policies, by cause and stage."""
    from rich.text import Text

    from experiments.report.text import console_for

    console = console_for()
    for service in services:
        for policy in policies:
            parts = findings.parts(service, policy)
            console.print(
                Text(f"{service} under {policy}: {_downtime(findings, service, policy)}", style="bold"), soft_wrap=True
            )
            if parts:
                console.print(table(parts))
                if found := saved(parts):
                    console.print(Text(f"  to first order: {found}"), soft_wrap=True)


def _downtime(findings: "Findings", service: str, policy: str) -> str:
    parts = findings.parts(service, policy)
    if not parts and findings.sample(service, policy).downtimes.sum() > 0:
        return "its downtime was not taken apart"
    return f"{show_seconds(_sum(parts))} of downtime a year" if parts else "no downtime was seen"


def saved(parts: Sequence[Part]) -> str:
    """In a line, what each of the best levers would save: "toleration of 30 s would save 71%"; 1 % at least."""
    worth_it = [found for found in savings(parts)[:MOST] if found.share >= 0.01]
    return ", ".join(
        f"{found.lever.name} {'' if number else 'would save '}{found.share:.0%}"
        for number, found in enumerate(worth_it)
    )


def table(parts: Sequence[Part]) -> "Table":
    """Time a year: a row for each cause, a column for each stage that occurs, sums and shares at the ends."""
    from rich.table import Table

    built = Table(box=None, pad_edge=False, header_style="bold")
    for number, heading in enumerate(("CAUSE", *by_stage(parts), "TOTAL", "SHARE")):
        built.add_column(str(heading), justify="right" if number else "left", overflow="fold")
    for row in rows(parts):
        built.add_row(*row)
    return built


def rows(parts: Sequence[Part]) -> Iterator[tuple[str, ...]]:
    """The rows of the table: cause, a cell for each stage, total, share."""
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

    stages: list[str]
    rows: list[tuple[str, str, list[tuple[str, float]], str]]
    """Policy, cause, for each stage a text and the share of the policy's downtime in percent, total."""
    saved: list[tuple[str, str]]
    """Policy, what would save most."""


def heat(findings: "Findings", service: str) -> Heat | None:
    """The table of a Service; None if nothing was lost."""
    found = {policy: parts for policy in findings.policies if (parts := findings.parts(service, policy))}
    stages = list(by_stage([part for parts in found.values() for part in parts]))
    rows_ = []
    for policy, parts in found.items():
        for reason in dict.fromkeys(part.reason for part in parts):
            mine = [part for part in parts if part.reason == reason]
            lost, total = by_stage(mine), _sum(parts)
            cells = [(show_seconds(lost[s]), 100 * lost[s] / total) if s in lost else ("", 0.0) for s in stages]
            rows_.append((policy, reason, cells, show_seconds(_sum(mine))))
    saved_ = [(policy, text) for policy, parts in found.items() if (text := saved(parts))]
    return Heat([str(stage) for stage in stages], rows_, saved_) if found else None

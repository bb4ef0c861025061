"""The comparison of the policies at one Service as text: in their order, with letters, and in words."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from experiments.findings.findings import Findings
from experiments.inference.comparison import Comparison
from experiments.report.text import console_for, heading, legend

LETTERS = "policies that share a letter cannot be told apart; all pairs compared, adjusted for their number"
HEADINGS = ("POLICY", "GROUP", "DOWNTIME/Y", "CI", "OUTAGES", "vs baseline", "P", "CORRELATION")


@dataclass(frozen=True)
class Row:
    """One policy, as text in the order of `HEADINGS`; p is adjusted, the correlation is that with the baseline."""

    policy: str
    group: str
    downtime: str
    interval: str
    outages: str
    difference: str
    p: str
    correlation: str

    def cells(self) -> tuple[str, ...]:
        """The texts in the order of `HEADINGS`."""
        return tuple(vars(self).values())


def rows(findings: Findings, service: str, baseline: str | None = None) -> Iterator[Row]:
    """The policies of a Service, least downtime first."""
    ranked = findings.ranked(service)
    letters = ranked.letters
    for policy, found in ranked.downtimes.items():
        against = findings.comparison(service, policy, baseline)
        yield Row(
            policy,
            letters[policy],
            found.show_value(),
            found.show_interval(),
            str(ranked.outages[policy]),
            "-" if against is None else str(against),
            "" if against is None else _p(against),
            "" if against is None or math.isnan(against.correlation) else f"{against.correlation:.2f}",
        )


def _p(of: Comparison) -> str:
    return "<0.001" if of.adjusted < 0.001 else f"{of.adjusted:.3f}" if of.adjusted < 0.995 else "1"


def show(
    findings: Findings,
    baseline: str | None,
    services: Sequence[str],
    file: IO[str] | None = None,
    width: int | None = None,
) -> None:
    """Print the comparison at each of the Services to `file` (stdout), and what it says in words."""
    from rich.table import Table
    from rich.text import Text

    console = console_for(file, width)
    console.print(Text(heading(findings), style="bold"), soft_wrap=True)
    for service in services:
        table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left", title_style="bold")
        for name in HEADINGS:
            shown = f"{findings.manifest.confidence:.0%} CI" if name == "CI" else name
            numeric = name in ("DOWNTIME/Y", "OUTAGES", "P", "CORRELATION")
            table.add_column(shown, justify="right" if numeric else "left", overflow="fold")
        for row in rows(findings, service, baseline):
            table.add_row(*row.cells())
        console.print(Text(f"\n{service}", style="bold"))
        console.print(table)
        for sentence in findings.ranked(service).sentences():
            console.print(Text(f"  {sentence}"), soft_wrap=True)
    console.print(Text(f"\n  note: {LETTERS}"), soft_wrap=True)
    if said := legend(findings, baseline):
        console.print(Text(f"  note: {said}"), soft_wrap=True)

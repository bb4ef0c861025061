"""One layout for every table that people read: as lines of text, in a notebook, on the page.

What stands in a table is worked out in the file of that table; only how it looks is decided here. Beside it is what all
printed tables share: the line above them and the legend below.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from experiments.inference.estimate import show_seconds
from experiments.inference.intervals import FEW_OUTAGES
from models.units import counted

if TYPE_CHECKING:
    from experiments.findings.findings import Findings

Style = Literal["name", "number", "share", "words", "method"]
"""How the texts of a column stand.

A name stands left, in one line; a number right. A share or an interval is read from its first digits, so it stands left
on a terminal; on a page, where there is room, right. Words and methods stand left, on a page broken into lines.
"""
Row = tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table: what stands above it, what its texts mean, and how they stand."""

    heading: str
    """In capitals, but for what is no heading of its own ("vs baseline"). "CI" is followed by its confidence."""
    meaning: str
    style: Style = "number"
    gives_way: int = 0
    """Where a terminal is too narrow the columns with the highest number go first; 0: never."""
    retold: bool = False
    """Whether its texts are told row by row where it gives way: it is what the table is read for."""

    def on_terminal(self, confidence: float) -> str:
        """The heading on a terminal, with the confidence of intervals: "95% CI"."""
        return f"{confidence:.0%} CI" if self.heading == "CI" else self.heading

    def on_page(self, confidence: float) -> str:
        """The heading on a page, in words and with one capital: "95% interval", "Downtime/y", "Its interval"."""
        if self.heading == "CI":
            return f"{confidence:.0%} interval"
        return self.heading.capitalize().replace(" ci", " interval") if self.heading.isupper() else self.heading

    @property
    def css(self) -> str:
        """The class of its cells in `report.css`."""
        return "number" if self.style == "share" else self.style


POLICY = Column("POLICY", "name of the policy", "name")


@dataclass(frozen=True)
class Table:
    """Texts in rows and columns; false if there is no row."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    confidence: float = 0.95
    """Confidence of the intervals in the column headed "CI", a share between 0 and 1."""
    grouped: bool = False
    """Rows one after the other with the same first text are a group: only the first of them shows it."""

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def groups(self) -> list[list[Row]]:
        """The rows as they are shown: by group, all but the first of each without their first text."""
        if not self.grouped:
            return [list(self.rows)] if self.rows else []
        groups = [list(rows) for _, rows in groupby(self.rows, key=lambda row: row[0])]
        return [[rows[0], *(("", *row[1:]) for row in rows[1:])] for rows in groups]

    def narrowed(self, width: int) -> "Table":
        """The table without as many columns as it takes to fit into `width` characters, the first to give way first.

        Columns that never give way stay, if need be beyond the width; one that is too wide makes room for lesser ones.
        """
        places = range(len(self.columns))
        kept = [i for i in places if not self.columns[i].gives_way]
        for i in sorted(set(places) - set(kept), key=lambda i: (self.columns[i].gives_way, i)):
            if self._only(wider := sorted([*kept, i]))._width <= width:
                kept = wider
        return self._only(kept)

    def told(self, column: Column) -> list[str]:
        """A sentence for each row that has anything but "-" in a column: "cart two-replicas vs baseline: 12s"."""
        at = self.columns.index(column)
        named = [i for i, each in enumerate(self.columns) if each.style == "name" and not each.gives_way]
        heading = column.on_terminal(self.confidence)
        return [f"{' '.join(row[i] for i in named)} {heading}: {row[at]}" for row in self.rows if row[at] != "-"]

    def _only(self, columns: list[int]) -> "Table":
        rows = tuple(tuple(row[i] for i in columns) for row in self.rows)
        return replace(self, columns=tuple(self.columns[i] for i in columns), rows=rows)

    @property
    def _width(self) -> int:
        return max(map(len, self.lines()))

    def lines(self) -> list[str]:
        """The headings and every row as lines of text, as wide as it takes."""
        headings = tuple(column.on_terminal(self.confidence) for column in self.columns)
        rows = [headings, *(row for group in self.groups for row in group)]
        widths = [max(map(len, texts)) for texts in zip(*rows, strict=True)]
        return ["  ".join(self._padded(row, widths)).rstrip() for row in rows]

    def _padded(self, row: Row, widths: list[int]) -> Iterable[str]:
        for column, text, width in zip(self.columns, row, widths, strict=True):
            yield text.rjust(width) if column.style == "number" else text.ljust(width)

    def html(self) -> str:
        """The table as an HTML fragment for notebooks: every cell with its text, no styles."""
        from html import escape

        heads = "".join(f"<th>{escape(column.heading)}</th>" for column in self.columns)
        body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in self.rows)
        return f"<table><tr>{heads}</tr>{body}</table>"


# --- around a printed table ------------------------------------------------------------------------------------------


def heading(findings: "Findings") -> str:
    """One line: what ran, how much of it."""
    m = findings.manifest
    done = int((findings.cells["status"] == "done").sum())
    policies, times = counted(len(m.policies), "policy", "policies"), counted(m.replications, "replication")
    return (
        f"{m.name}{f' at {m.point}' if m.point else ''}   {policies} x {times} of {show_seconds(m.duration)}   "
        f"{done}/{len(m.policies) * m.replications} runs   {m.confidence:.0%} intervals"
    )


def legend(findings: "Findings", baseline: str | None = None) -> str:
    """What stars and p-values mean; empty when nothing is compared. Without a baseline it is the first policy."""
    m = findings.manifest
    count = (len(m.policies) - 1) * len(m.services)
    if count < 1:
        return ""
    adjusted = f"adjusted for the {count} comparisons of the table" if count > 1 else "of the only comparison"
    apart = (
        "; where only one of the two is of rare outages, as two independent estimates"
        if any(findings.rare.of(service, policy) for service in findings.services for policy in findings.policies)
        else ""
    )
    return (
        f"vs {baseline or findings.baseline}, paired by replication{apart}: * p < 0.05, ** p < 0.01, *** p < 0.001, "
        f"{adjusted}; no star unless the interval excludes 0 and {FEW_OUTAGES} outages were seen"
    )

"""Upstream's own test tables, where they are at hand: what goes in, and what Kubernetes makes of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parents[3] / "shared" / "data" / "upstream" / "tables.json"


class NotExpressibleError(Exception):
    """A case says something that the model has no words for; the message is the reason."""


@dataclass(frozen=True)
class Case:
    """One row of a table, at `line` of an upstream `file`; `step` counts the rows that come from the same line."""

    plugin: str
    file: str
    test: str
    line: int
    step: int
    input: Any
    expected: Any

    def __str__(self) -> str:
        return f"{self.plugin}, {self.file}:{self.line}.{self.step}"


Run = Callable[[Case], Any]
"""Acts a case out; returns what Kubernetes' answer is compared with. Raises NotExpressibleError."""

RUNS: dict[str, Run] = {}
"""By the name of the table."""


def runs(table: str) -> Callable[[Run], Run]:
    """Decorator of what acts out the cases of a table."""

    def add(run: Run) -> Run:
        RUNS[table] = run
        return run

    return add


def cases() -> list[Case]:
    """All rows, in the order of the file; none where the file is not at hand."""
    if not TABLES.is_file():
        return []
    rows: list[Mapping[str, Any]] = json.loads(TABLES.read_text("utf-8"))
    seen: dict[tuple[str, int], int] = {}
    found = []
    for row in rows:
        place = row["file"], row["line"]
        seen[place] = seen.get(place, 0) + 1
        found.append(Case(row["plugin"], *place[:1], row["test"], row["line"], seen[place], *_given(row)))
    return found


_NOTHING = object()
NOT_EXPRESSIBLE = "not expressible: "
NO_INPUT = "the table says where the case stands upstream, but not what goes in"


def _given(row: Mapping[str, Any]) -> tuple[Any, Any]:
    return row.get("input", _NOTHING), row.get("expected")


def judge(case: Case) -> str:
    """Empty if the case agrees; "not expressible: why" or "disagrees: ..." otherwise."""
    if case.input is _NOTHING:
        return NOT_EXPRESSIBLE + NO_INPUT
    run = RUNS.get(case.plugin)
    if run is None:
        return f"{NOT_EXPRESSIBLE}nothing acts out {case.plugin}"
    try:
        answer = run(case)
    except NotExpressibleError as error:
        return f"{NOT_EXPRESSIBLE}{error}"
    return "" if answer == case.expected else f"disagrees: expected {case.expected!r}, got {answer!r}"

"""Reads a log of outages: a CSV file with a start, an end and an entity in every row."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from models.input.csv_files import CsvFile, number
from models.input.problems import InputError, Location, Problem, shown

STARTS = ("start", "started", "start_time", "start time", "starttime", "begin", "failed", "down", "from")
ENDS = ("end", "ended", "end_time", "end time", "endtime", "fixed", "repaired", "stop", "up", "until", "to")
ENTITIES = ("entity", "node", "host", "hostname", "machine", "server", "name", "id")
"""Names of columns that are recognised when none are given; case does not matter."""


class Clock(StrEnum):
    """How a log tells time: all its times are of one kind, as those of two cannot be compared."""

    SECONDS = "seconds as a number"
    LOCAL = "a time without a zone"
    ZONED = "a time with a zone"


@dataclass(frozen=True, slots=True)
class Outage:
    """An entity was down from `start` to `end`, in seconds of the log's clock; None: still down when the log ends."""

    entity: str
    start: float
    end: float | None
    line: int


@dataclass(frozen=True, slots=True)
class Format:
    """How a log is written."""

    start: str | None = None
    """The column of the start; None: one of `STARTS`."""
    end: str | None = None
    """The column of the end; None: one of `ENDS`. An empty field means that the outage was not over."""
    entity: tuple[str, ...] = ()
    """The columns that together name what failed; (): one of `ENTITIES`."""
    time: str | None = None
    """A format of `strptime` such as "%m/%d/%Y %H:%M"; None: ISO 8601, or seconds as a number."""
    delimiter: str = ","

    def instant(self, text: str) -> tuple[float, Clock]:
        """The instant in seconds, and by which clock. Times without a zone stand as they are, without summer time."""
        text = text.strip()
        if self.time is not None:
            try:
                instant = datetime.strptime(text, self.time)
            except ValueError:
                raise ValueError(f"expected a time like {self.time} (got {shown(text)})") from None
        else:
            try:
                return number(text), Clock.SECONDS
            except ValueError:
                pass
            try:
                instant = datetime.fromisoformat(text)
            except ValueError:
                raise ValueError(
                    f"expected a time like 2005-06-21T10:54 or seconds as a number (got {shown(text)}); "
                    "for another format give --time-format"
                ) from None
        if instant.tzinfo:
            return instant.timestamp(), Clock.ZONED
        return instant.replace(tzinfo=UTC).timestamp(), Clock.LOCAL


@dataclass(frozen=True)
class OutageLog:
    """What a log says."""

    file: str
    outages: tuple[Outage, ...]
    remarks: tuple[str, ...] = ()
    """What is odd in it, and how it was taken."""
    clock: Clock = Clock.SECONDS

    def problem(self, outage: Outage, message: str) -> Problem:
        """A problem with the row of an outage."""
        return Problem(Location(self.file, outage.line, 1), "", message)


def read_outages(path: str | os.PathLike[str], written: Format = Format()) -> OutageLog:
    """The outages of a file (.csv, .csv.xz, .csv.gz), in its order; raises InputError with all problems."""
    table = CsvFile(path, written.delimiter)
    start, end, entity = _columns(table, written)
    outages: list[Outage] = []
    blank: Counter[str] = Counter()
    clock: Clock | None = None
    for line, row in table.rows():
        found: dict[int, float | None] = {start: None, end: None}
        for column in (start, end):
            if column == end and not row[column].strip():
                continue
            try:
                instant, kept = written.instant(row[column])
                clock = clock or kept
                if kept is not clock:
                    raise ValueError(f"expected {clock}, as before it (got {shown(row[column].strip())})")
                found[column] = instant
            except ValueError as error:
                table.problem(line, str(error), row, column)
        parts = [row[column].strip() for column in entity]
        if not any(parts):
            table.problem(line, "expected what failed", row, entity[0])
        blank.update(table.columns[column] for column, part in zip(entity, parts, strict=True) if not part)
        began, ended = found[start], found[end]
        if began is not None and ended is not None and ended < began:
            table.problem(line, f"the outage ends before it starts ({row[start].strip()})", row, end)
        if began is not None:
            outages.append(Outage("/".join(parts), began, ended, line))
    if clock is None:
        raise InputError([Problem(Location(table.file), "", "there are no outages in it, only the columns' names")])
    remarks = [
        f"{count:,} rows have an empty {column!r}: what the other columns name is taken as an entity of its own"
        for column, count in blank.items()
    ]
    return OutageLog(table.file, tuple(outages), tuple(remarks), clock)


def _columns(table: CsvFile, written: Format) -> tuple[int, int, list[int]]:
    """Where the start, the end and the parts of the entity's name stand."""
    problems: list[Problem] = []

    def find(given: Iterable[str], known: Iterable[str], option: str, meaning: str) -> list[int]:
        lower = [name.lower() for name in table.columns]
        names = list(given) or [table.columns[lower.index(name)] for name in known if name in lower][:1]
        columns = []
        for name in names:
            try:
                columns.append(table.column(name))
            except ValueError as error:
                problems.append(Problem(Location(table.file, 1, 1), "", str(error)))
        if not names:
            message = f"no column looks like {meaning}: say with {option} which is; there is {table.listed()}"
            problems.append(Problem(Location(table.file, 1, 1), "", message))
        return columns

    starts = find((written.start,) if written.start else (), STARTS, "--start", "the start of an outage")
    ends = find((written.end,) if written.end else (), ENDS, "--end", "the end of an outage")
    entities = find(written.entity, ENTITIES, "--entity", "the entity that failed")
    if problems:
        raise InputError(problems)
    return starts[0], ends[0], entities

"""Reads a log of outages: a CSV file with a start, an end and an entity in every row."""

import csv
import gzip
import io
import lzma
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from models.input.problems import InputError, Location, Problem, did_you_mean, shown

STARTS = ("start", "started", "start_time", "start time", "starttime", "begin", "failed", "down", "from")
ENDS = ("end", "ended", "end_time", "end time", "endtime", "fixed", "repaired", "stop", "up", "until", "to")
ENTITIES = ("entity", "node", "host", "hostname", "machine", "server", "name", "id")
"""Names of columns that are recognised when none are given; case does not matter."""
SHOWN = 20
"""Problems of rows that are listed; the rest are counted."""


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

    def seconds(self, text: str) -> float:
        """The instant in seconds. Times without a zone are taken as they stand, without daylight saving."""
        text = text.strip()
        if self.time is not None:
            try:
                instant = datetime.strptime(text, self.time)
            except ValueError:
                raise ValueError(f"expected a time like {self.time} (got {shown(text)})") from None
        else:
            try:
                return float(text)
            except ValueError:
                pass
            try:
                instant = datetime.fromisoformat(text)
            except ValueError:
                raise ValueError(
                    f"expected a time like 2005-06-21T10:54 or seconds as a number (got {shown(text)}); "
                    "for another format give --time-format"
                ) from None
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()


@dataclass(frozen=True)
class OutageLog:
    """What a log says."""

    file: str
    outages: tuple[Outage, ...]
    remarks: tuple[str, ...] = ()
    """What is odd in it, and how it was taken."""

    def problem(self, outage: Outage, message: str) -> Problem:
        """A problem with the row of an outage."""
        return Problem(Location(self.file, outage.line, 1), "", message)


def read_outages(path: str | os.PathLike[str], written: Format = Format()) -> OutageLog:
    """The outages of a file (.csv, .csv.xz, .csv.gz), in its order; raises InputError with all problems."""
    file = os.fspath(path)
    rows = csv.reader(io.StringIO(_text(file), newline=""), delimiter=written.delimiter)
    header = [name.strip() for name in next(rows, [])]
    if not header:
        raise InputError([Problem(Location(file), "", "the file is empty: expected a line with the columns' names")])
    start, end, entity = _columns(header, written, file)
    outages: list[Outage] = []
    problems: list[Problem] = []
    blank: Counter[str] = Counter()
    for row in rows:
        line = rows.line_num
        if not any(field.strip() for field in row):
            continue
        if len(row) != len(header):
            message = f"expected {len(header)} fields, as in the first line (got {len(row)})"
            problems.append(Problem(Location(file, line, 1), "", message))
            continue
        found: dict[int, float | None] = {end: None}
        for column in (start, end):
            if column == end and not row[column].strip():
                continue
            try:
                found[column] = written.seconds(row[column])
            except ValueError as error:
                problems.append(Problem(_place(file, line, row, column), header[column], str(error)))
        parts = [row[column].strip() for column in entity]
        if not any(parts):
            problems.append(Problem(_place(file, line, row, entity[0]), header[entity[0]], "expected what failed"))
        blank.update(header[column] for column, part in zip(entity, parts, strict=True) if not part)
        began, ended = found.get(start), found[end]
        if began is not None and ended is not None and ended < began:
            message = f"the outage ends before it starts ({row[start].strip()})"
            problems.append(Problem(_place(file, line, row, end), header[end], message))
        if began is not None:
            outages.append(Outage("/".join(parts), began, ended, line))
    if problems:
        raise InputError(_not_too_many(problems, file))
    if not outages:
        raise InputError([Problem(Location(file), "", "there are no outages in it, only the columns' names")])
    remarks = [
        f"{count:,} rows have an empty {column!r}: what the other columns name is taken as an entity of its own"
        for column, count in blank.items()
    ]
    return OutageLog(file, tuple(outages), tuple(remarks))


def _text(file: str) -> str:
    unpack = {".xz": lzma.decompress, ".gz": gzip.decompress}.get(os.path.splitext(file)[1], bytes)
    try:
        return unpack(Path(file).read_bytes()).decode("utf-8-sig")
    except FileNotFoundError:
        message = "no such file or directory"
    except UnicodeDecodeError:
        message = "not UTF-8 text; expected CSV"
    except (OSError, lzma.LZMAError, EOFError) as error:
        message = getattr(error, "strerror", None) or str(error) or "cannot be read"
    raise InputError([Problem(Location(file), "", message[0].lower() + message[1:])])


def _columns(header: Sequence[str], written: Format, file: str) -> tuple[int, int, list[int]]:
    """Where the start, the end and the parts of the entity's name stand."""
    problems: list[Problem] = []

    def find(given: Iterable[str], known: Iterable[str], option: str, meaning: str) -> list[int]:
        columns = []
        for name in given:
            if name in header:
                columns.append(header.index(name))
            else:
                message = f"there is no column {name!r}{did_you_mean(name, header)}; there is {', '.join(header)}"
                problems.append(Problem(Location(file, 1, 1), "", message))
        if not given:
            lower = [name.lower() for name in header]
            columns = [lower.index(name) for name in known if name in lower][:1]
            if not columns:
                message = f"no column looks like {meaning}: say with {option} which is; there is {', '.join(header)}"
                problems.append(Problem(Location(file, 1, 1), "", message))
        return columns

    starts = find((written.start,) if written.start else (), STARTS, "--start", "the start of an outage")
    ends = find((written.end,) if written.end else (), ENDS, "--end", "the end of an outage")
    entities = find(written.entity, ENTITIES, "--entity", "the entity that failed")
    if problems:
        raise InputError(problems)
    return starts[0], ends[0], entities


def _place(file: str, line: int, row: Sequence[str], column: int) -> Location:
    """Where a field stands, if none before it is in quotes."""
    return Location(file, line, 1 + sum(len(field) + 1 for field in row[:column]))


def _not_too_many(problems: list[Problem], file: str) -> list[Problem]:
    listed = sorted(problems)[:SHOWN]
    if len(problems) > SHOWN:
        listed.append(Problem(Location(file, listed[-1].location.line + 1), "", f"and {len(problems) - SHOWN:,} more"))
    return listed

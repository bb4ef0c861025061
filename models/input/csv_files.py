"""CSV files as rows that remember where they were written."""

import csv
import gzip
import io
import lzma
import math
import os
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from models.input.documents import decoded
from models.input.problems import InputError, Location, Problem, did_you_mean, shown
from models.size import MAX_BYTES

_UNPACKED: dict[str, Callable[..., Any]] = {".xz": lzma.open, ".gz": gzip.open}
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII)
LARGEST = 1e15
"""As long as a duration may be, in seconds (`models.units`)."""
LISTED = 20
"""Columns that a message lists, and problems of rows; the others are counted."""


class CsvFile:
    """A CSV file (also .xz, .gz): the names of its columns in the first line, then rows.

    Raises InputError for a file that cannot be read or is no text; what is larger than `MAX_BYTES` is not read.
    """

    def __init__(self, path: str | os.PathLike[str], delimiter: str = ",") -> None:
        self.file = os.fspath(path)
        self._reader = csv.reader(io.StringIO(_text(self.file), newline=""), delimiter=delimiter)
        self._problems: list[Problem] = []
        first = next(self._records(), (1, []))[1]
        self.columns = [name.strip() for name in first]
        if self._problems:
            raise InputError(self._problems)
        if not any(self.columns):
            message = "the file is empty: expected a line with the columns' names"
            raise InputError([Problem(Location(self.file), "", message)])

    def column(self, name: str) -> int:
        """The number of the column of this name; raises ValueError if there is none, or more than one."""
        match self.columns.count(name):
            case 0:
                hint = did_you_mean(name, self.columns)
                raise ValueError(f"there is no column {shown(name)}; there is {self.listed()}{hint}")
            case 1:
                return self.columns.index(name)
            case number:
                raise ValueError(f"{number} columns have the name {shown(name)}")

    def listed(self) -> str:
        """The names of the columns, as a message lists them."""
        more = f" and {len(self.columns) - LISTED:,} more" if len(self.columns) > LISTED else ""
        return ", ".join(name if len(name) < 60 else shown(name) for name in self.columns[:LISTED]) + more

    def rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        """(line, fields) of each row that is not blank, and has as many fields as the first; the others are problems.

        After the last row, raises InputError if there were problems, those of `problem` too.
        """
        for line, row in self._records():
            if not any(field.strip() for field in row):
                continue
            if len(row) == len(self.columns):
                yield line, row
            else:
                self.problem(line, f"expected {len(self.columns)} fields, as in the first line (got {len(row)})")
        if self._problems:
            listed = sorted(self._problems)[:LISTED]
            if len(self._problems) > LISTED:
                after = Location(self.file, listed[-1].location.line + 1)
                listed.append(Problem(after, "", f"and {len(self._problems) - LISTED:,} more"))
            raise InputError(listed)

    def problem(self, line: int, message: str, row: Sequence[str] = (), column: int | None = None) -> None:
        """Note that something is wrong with a row, or with one of its fields."""
        if column is None:
            self._problems.append(Problem(Location(self.file, line, 1), "", message))
            return
        place = Location(self.file, line, 1 + sum(len(field) + 1 for field in row[:column]))  # without quotes before
        self._problems.append(Problem(place, self.columns[column], message))

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """(the line where it begins, its fields) of each record, up to the first that is not CSV."""
        while True:
            line = self._reader.line_num + 1
            try:
                record = next(self._reader, None)
            except csv.Error as error:
                self.problem(line, f"not CSV: {error}")
                return
            if record is None:
                return
            yield line, record


def number(text: str) -> float:
    """The number that is written, in seconds or any other unit; raises ValueError for what is none, or is too large."""
    text = text.strip()
    value = float(text) if len(text) < 400 and _NUMBER.fullmatch(text) else math.nan
    if not abs(value) <= LARGEST:
        raise ValueError(f"expected a number (got {shown(text)})")
    return value


def _text(file: str) -> str:
    unpacked: Callable[[str, str], Any] = _UNPACKED.get(os.path.splitext(file)[1], open)
    try:
        with unpacked(file, "rb") as stream:
            data: bytes = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        message = "no such file or directory"
    except (OSError, lzma.LZMAError, zlib.error, EOFError) as error:
        message = getattr(error, "strerror", None) or str(error) or "cannot be read"
    else:
        return decoded(data, file, "CSV")
    raise InputError([Problem(Location(file), "", message[0].lower() + message[1:])])

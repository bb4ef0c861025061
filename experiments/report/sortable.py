"""A table as the page shows it: groups of rows of cells, each with its place among those of its column.

The page sorts by these places, so no program has to read "20m02s" or "1 - 6.1e-11", and nothing is lost in doing so.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from experiments.report.table import Column, Table
from models.units import parse_duration

NOTHING = ("", "-")
"""Texts that say that there is nothing to say: wherever a column is sorted they come last."""
UNITS = {"k": 10**3, "M": 10**6, "G": 10**9}
"""After a number that was cut to three digits."""
_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?"
"""As estimates are shown; what has a larger exponent is somebody's name."""


@dataclass(frozen=True)
class Cell:
    """A text, its column, and where it stands when the column is sorted upwards; None: last, whichever way."""

    text: str
    column: Column
    place: int | None
    again: bool = False
    """Whether the row before says the same, in a column that says it once a group."""
    names: bool = False
    """Whether it names its row."""


def groups(table: Table) -> list[list[list[Cell]]]:
    """The cells of a table, by group and row; one group if the table has none."""
    columns = list(zip(*table.rows, strict=True))
    places = list(zip(*map(_places, columns, table.columns), strict=True))
    named = _naming(table)
    rows = [
        [
            Cell(text, column, place, table.grouped and at == 0, at == named)
            for at, (text, column, place) in enumerate(zip(texts, table.columns, row_places, strict=True))
        ]
        for texts, row_places in zip(table.rows, places, strict=True)
    ]
    if not table.grouped:
        return [rows] if rows else []
    return [
        [[Cell(first.text, first.column, first.place, number > 0), *rest] for number, (first, *rest) in enumerate(of)]
        for of in (list(group) for _, group in groupby(rows, key=lambda row: row[0].text))
    ]


def _naming(table: Table) -> int:
    """The column that names the rows: the first of names, or the last of those with which a grouped table begins."""
    names = [at for at, column in enumerate(table.columns) if column.style == "name"]
    leading = [at for number, at in enumerate(names) if number == at]
    return (leading if table.grouped and leading else names or [0])[-1 if table.grouped else 0]


def _places(texts: Sequence[str], column: Column) -> list[int | None]:
    """By number if the column is of numbers, or all that it says begins with one; else by word."""
    numbers = [number(text) for text in texts]
    worded = any(text not in NOTHING and value is None for text, value in zip(texts, numbers, strict=True))
    if worded and column.style not in ("number", "share"):
        return _ranks([None if text in NOTHING else _natural(text) for text in texts])
    return _ranks(numbers)


def _ranks(values: Sequence[Any]) -> list[int | None]:
    ranks = {value: place for place, value in enumerate(sorted({value for value in values if value is not None}))}
    return [None if value is None else ranks[value] for value in values]


def _natural(text: str) -> tuple[tuple[str, int], ...]:
    """So that "node-10" comes after "node-9"."""
    return tuple((words, int(digits or -1)) for words, digits in re.findall(r"(\D*)(\d*)", text.casefold()))


def number(text: str) -> Decimal | None:
    """What the first value of a text is: of "20m02s [19m, 21m]" 1202, of a bound the bound.

    Times are in seconds, shares in percent, as intervals of shares have no sign. None if it begins with no value.
    """
    text = re.sub(r"^[\[<>=≥≤\s]+", "", text)
    if left := re.match(rf"1 - ({_NUMBER})(?=[,\]\s]|$)", text):
        return 100 * (1 - Decimal(left[1]))
    word, unit = re.findall(r"^((?:,\d|[^\s,\]])*)(?: ([kMG])\b)?", text)[0]
    sign, amount = (-1 if word.startswith("-") else 1), word.removeprefix("-").replace(",", "")
    for read in (_plain, _duration):
        if (value := read(amount)) is not None:
            return sign * value * UNITS.get(unit, 1)
    return None


def _plain(word: str) -> Decimal | None:
    """Of a number or a percentage; also of seconds so few that they have an exponent."""
    digits = re.sub(r"%$|(?<=e[+-]\d\d)s$", "", word)
    return Decimal(digits) if re.fullmatch(rf"inf|{_NUMBER}", digits) else None


def _duration(word: str) -> Decimal | None:
    try:
        return Decimal(repr(parse_duration(word)))
    except ValueError:
        return None

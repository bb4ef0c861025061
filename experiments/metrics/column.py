"""Columns of the tables of results: name, type and meaning, declared in the file that makes the values."""

from dataclasses import dataclass

Type = type[int] | type[float] | type[str]


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    type: Type
    """What every value in it is. A number that can be missing is a float, NaN then: there is no such integer."""
    meaning: str
    """What it says, with its unit, in a sentence."""


def columns(*declared: Column) -> dict[str, Column]:
    """By name, in this order; ValueError for a name that comes twice."""
    found = {column.name: column for column in declared}
    if len(found) < len(declared):
        raise ValueError(f"a column is declared twice: {', '.join(column.name for column in declared)}")
    return found

"""Input with a field of another type than it should be."""

import copy
from collections.abc import Iterator
from typing import Any

OTHERS: list[Any] = [
    None,
    True,
    5,
    -1,
    0.5,
    1e300,
    10**400,
    "",
    "x",
    "5",
    "1e400",
    "NaN",
    [],
    [None],
    [1, 2],
    ["x", {}],
    {},
]
OTHERS += [{"a": None}, {"kind": "List", "items": None}, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z"]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of the value and of everything in it."""
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with another value at the path."""
    if not path:
        return new
    made = copy.deepcopy(value)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = new
    return made

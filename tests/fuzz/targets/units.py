"""Durations, quantities, percentages and the like: what a single value of a file may be."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.input.problems import Location, Problem
from models.labels import parse_selector
from models.units import parse_amount, parse_cpu, parse_duration, parse_int_or_percent, parse_percent
from tests.fuzz.mutations import ODD_TEXTS, odd_value, text_mutant
from tests.fuzz.target import Target, kept, refused

_PARSERS: dict[str, Callable[[Any], Any]] = {
    "duration": parse_duration,
    "cpu": parse_cpu,
    "amount": parse_amount,
    "percent": parse_percent,
    "int-or-percent": parse_int_or_percent,
    "selector": lambda value: parse_selector(value) if isinstance(value, str) else None,
}
_GOOD = [
    *("400ms", "30s", "5m", "12h", "30d", "1y", "1h30m", "0.5s", ".5m", "1y2d3h4m5s6ms"),
    *("250m", "0.5", "4Gi", "500M", "1e3", "1E-3", "5n", "100u", "8Ei", "-4", "+4k", "1.", ".5"),
    *("80%", "99.95%", "100 %", "0%", "25%", "1%"),
    *("app=web", "tier in (a,b)", "!canary", "a.b/c notin (x)", "a==b,c!=d", "app=web,tier in (a,b),!canary", ""),
]
_PIECES = "0123456789.+-eEnumkKMGTPEisyhdm% ,=!()\t\n_xX/"


def seeds(folder: Path) -> list[bytes]:
    return [*kept("units"), *(f"{name}\n{json.dumps(value)}".encode() for name in _PARSERS for value in _GOOD)]


def mutate(generator: random.Random, seeds: list[bytes]) -> bytes:
    name = generator.choice(list(_PARSERS))
    value: Any
    match generator.randrange(5):
        case 0:
            value = odd_value(generator)
        case 1:
            value = "".join(generator.choices(_PIECES, k=generator.randrange(1, 12)))
        case 2:
            value = generator.choice(_GOOD) + generator.choice((*_GOOD, *ODD_TEXTS))
        case 3:
            value = generator.choice("0123456789.") * generator.randrange(1, 500) + generator.choice(_GOOD)
        case _:
            value = text_mutant(generator, generator.choice(_GOOD))
    return f"{name}\n{json.dumps(value)}".encode("utf-8", "surrogatepass")


def attempt(data: bytes, folder: Path) -> bool:
    name, _, text = data.decode("utf-8", "surrogatepass").partition("\n")
    try:
        _PARSERS[name](json.loads(text))
    except ValueError as error:
        return refused([Problem(Location("input"), "value", str(error))])
    return True


TARGET = Target("units", seeds, mutate, attempt)

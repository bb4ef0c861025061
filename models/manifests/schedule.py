"""Schedules as they are written: the five fields of cron as Kubernetes reads them (robfig/cron, ParseStandard)."""

import math
import re
from collections.abc import Mapping, Sequence

from models.schedule import Schedule, zone_of
from models.units import parse_duration

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_BOUNDS: Sequence[tuple[int, int, Mapping[str, int]]] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    (0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
"""Least, most and names of minutes, hours, days of the month, months and days of the week."""


def parse_schedule(written: str, zone: str = "UTC") -> Schedule:
    """The schedule of five fields of cron, or of a descriptor such as @daily or "@every 90m", in a time zone.

    Raises ValueError, in the words of Kubernetes where it has some.
    """
    try:
        zone_of(zone)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"unknown time zone {zone}") from None
    if "TZ=" in written:
        raise ValueError("cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
    text = _DESCRIPTORS.get(written.strip(), written.strip())
    if text.startswith("@every "):
        return Schedule(every=max(1.0, math.floor(parse_duration(text.removeprefix("@every ").strip()))), zone=zone)
    if text.startswith("@"):
        known = ", ".join((*_DESCRIPTORS, "@every DURATION"))
        raise ValueError(f"unrecognized descriptor: {text}; expected one of {known}")
    fields = text.split()
    if len(fields) != 5:
        raise ValueError(f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
    minutes, hours, days, months, weekdays = map(_field, fields, _BOUNDS)
    restricted = all(not _is_star(fields[number]) for number in (2, 4))
    return Schedule(minutes, hours, days, months, weekdays, either_day=restricted, zone=zone)


def _is_star(field: str) -> bool:
    """Whether any day fits: "*/2" restricts, and "*" among others does not."""
    return any(part in ("*", "?", "*/1", "?/1") for part in field.split(","))


def _field(text: str, bounds: tuple[int, int, Mapping[str, int]]) -> frozenset[int]:
    return frozenset(number for part in text.split(",") for number in _range(part, bounds))


def _range(text: str, bounds: tuple[int, int, Mapping[str, int]]) -> range:
    """One of "5", "mon", "1-5", "*", "?", each also with a step: "*/15", "10-40/5", "5/20" (from 5 on)."""
    least, most, names = bounds
    ends, slash, written_step = text.partition("/")
    step = _number(written_step, {}) if slash else 1
    if step == 0:
        raise ValueError(f"step of range should be a positive number: {text}")
    if ends in ("*", "?"):
        return range(least, most + 1, step)
    first, dash, last = ends.partition("-")
    low = _number(first, names)
    high = _number(last, names) if dash else most if slash else low
    if low < least:
        raise ValueError(f"beginning of range ({low}) below minimum ({least}): {text}")
    if high > most:
        raise ValueError(f"end of range ({high}) above maximum ({most}): {text}")
    if low > high:
        raise ValueError(f"beginning of range ({low}) beyond end of range ({high}): {text}")
    return range(low, high + 1, step)


def _number(text: str, names: Mapping[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    if not re.fullmatch(r"[0-9]+", text):
        raise ValueError(f"failed to parse int from {text}")
    return int(text)

"""From when to when an outage is told: from before its first cause until all replicas answer again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from experiments.attribution.stages import Spell, Stage

BEFORE, AFTER = 600.0, 3600.0
"""Seconds before and after an outage, or its own length if that is more, within which its story lies at most."""
MARGIN = 0.03
"""Share of the story that is shown before it begins and after it ends, at least `LEAST` seconds."""
LEAST = 5.0


def story(spells: Sequence[Spell], start: float, end: float) -> tuple[float, float]:
    """The time around an outage over which replicas were missing without a break, within `BEFORE` and `AFTER`."""
    length = end - start
    begin, until = start, end
    for spell in sorted(spells, key=lambda spell: spell.start):
        if spell.start <= until:
            until = max(until, spell.end)
    for spell in sorted(spells, key=lambda spell: spell.end, reverse=True):
        if spell.end >= begin:
            begin = min(begin, spell.start)
    return max(begin, start - max(BEFORE, length)), min(until, end + max(AFTER, length))


def about(spells: Iterable[Spell], start: float) -> list[Spell]:
    """The missing replicas, without those that nobody desires any more; with them if an outage begins by no others."""
    every = list(spells)
    missing = [spell for spell in every if spell.stage is not Stage.SCALED_DOWN]
    return missing if any(spell.start <= start < spell.end for spell in missing) else every


def with_margin(begin: float, end: float) -> tuple[float, float]:
    """Some more on both sides, so that one sees that all was well, and is."""
    margin = max(LEAST, MARGIN * (end - begin))
    return begin - margin, end + margin


def by_cause(spells: Iterable[Spell], begin: float, end: float) -> dict[str, list[tuple[float, float]]]:
    """When replicas were missing for each cause, within [begin, end): intervals that do not overlap, in order."""
    found: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for spell in sorted(spells):
        start, stop = max(spell.start, begin), min(spell.end, end)
        if start < stop:
            _add(found[spell.cause], start, stop)
    return dict(sorted(found.items(), key=lambda item: (item[1][0], item[0])))


def _add(intervals: list[tuple[float, float]], start: float, stop: float) -> None:
    """One more, which begins with or after the last one begins."""
    if intervals and start <= intervals[-1][1]:
        intervals[-1] = (intervals[-1][0], max(intervals[-1][1], stop))
    else:
        intervals.append((start, stop))

"""What made each outage, and what took replicas away without making one: what intervals by cause need to know."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from experiments.attribution.losses import Loss
from experiments.attribution.stages import Spell, Stage
from experiments.metrics.column import Column, columns

COLUMNS = columns(
    Column("cause", str, "Failure mode or operation."),
    Column("times", int, "How often it took replicas of the Service away, whether or not that made an outage."),
    Column(
        "missing_s",
        float,
        "Seconds that these absences lasted in all, from the first replica that went to the last one back.",
    ),
)
"""Columns of `absences`, beside policy, replication and Service: a row for each cause."""


def main_causes(losses: Iterable[Loss], outages: int, strikes: Mapping[str, int]) -> list[str]:
    """The failure mode or operation that most seconds of each outage are due to: a name for each of `outages` outages.

    Empty if nothing broke. Of causes that share alike, the one that struck most often: so rarer causes keep those
    outages that they made on their own.
    """
    seconds: list[defaultdict[str, float]] = [defaultdict(float) for _ in range(outages)]
    for loss in losses:
        seconds[loss.outage][_mode(loss.cause)] += loss.seconds
    return [_most(found, strikes) for found in seconds]


def _most(seconds: Mapping[str, float], strikes: Mapping[str, int]) -> str:
    most = max(seconds.values()) * (1 - 1e-9)
    return min((-strikes.get(cause, 0), cause) for cause, lost in seconds.items() if lost >= most)[1]


def absences(missing: Mapping[str, Sequence[Spell]], start: float, end: float) -> list[dict[str, Any]]:
    """How often and how long each cause took replicas of the Services away in [start, end): rows of a table."""
    rows = []
    for service, spells in missing.items():
        found: defaultdict[str, list[float]] = defaultdict(list)
        for cause, lengths in _absences(spells, start, end).items():
            found[_mode(cause)] += lengths
        for cause in sorted(found):
            lengths = found[cause]
            row = {"service": service, "cause": cause, "times": len(lengths)}
            rows.append(row | {"missing_s": math.fsum(lengths)})
    return rows


def _absences(spells: Iterable[Spell], start: float, end: float) -> dict[str, list[float]]:
    """Lengths of the stretches in which each cause ("mode/subject") had any of the replicas desired missing."""
    by_cause: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for spell in spells:
        if spell.cause and spell.end > start and spell.stage is not Stage.SCALED_DOWN:
            by_cause[spell.cause].append((max(spell.start, start), min(spell.end, end)))
    return {cause: _lengths(sorted(found)) for cause, found in by_cause.items()}


def _lengths(stretches: Sequence[tuple[float, float]]) -> list[float]:
    """Lengths in seconds of the stretches that are left when those that overlap or touch are joined.

    `stretches`: start and end in seconds, at least one, in the order of their starts.
    """
    found, (begin, until) = [], stretches[0]
    for start, end in stretches:
        if start > until:
            found.append(until - begin)
            begin = start
        until = max(until, end)
    return [*found, until - begin]


def _mode(cause: str) -> str:
    return cause.partition("/")[0]

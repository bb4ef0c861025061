"""One input at a time: what the downtime is with it low and high, the others in the middle, by the same luck."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from experiments.inference import estimate
from experiments.inference.comparison import Comparison, Versus, compare
from experiments.inference.estimate import STATED_OUTAGE, Estimate
from experiments.inference.sample import Sample


@dataclass(frozen=True)
class Side:
    """An input at one end of what is taken to be possible."""

    value: Any
    """Of the input, as the file would say it."""
    downtime: Estimate
    """Seconds a year."""
    against: Comparison | None
    """With the middle, paired by replication; None where there are not two pairs."""


@dataclass(frozen=True)
class Bar:
    """What one input does to the downtime while the others stay in the middle."""

    name: str
    low: Side
    high: Side
    swing: Comparison | None
    """High against low, paired by replication."""

    @property
    def effect(self) -> float:
        """Seconds a year between the least and the most of low, middle and high."""
        moves = [_moved(self.low), _moved(self.high), 0.0]
        return max(moves) - min(moves)


@dataclass(frozen=True)
class Tornado:
    """The bars of one Service under one policy, the largest effect first, and the downtime in the middle of all."""

    middle: Estimate
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Ends:
    """What was found with an input at its low and at its high end."""

    values: tuple[Any, Any]
    samples: tuple[Sample, Sample]
    availabilities: tuple[Estimate, Estimate]


def tornado(middle: Sample, availability: Estimate, ends: Mapping[str, Ends], confidence: float) -> Tornado:
    """The tornado of inputs by their names; p-values are adjusted for all that it compares."""
    lengths = [float(of.lengths.mean()) for of in (middle, *_all(ends)) if len(of.lengths)]
    unseen = max([STATED_OUTAGE, *lengths])
    family = {
        (name, moved): Versus(mine, other, unseen)
        for name, of in ends.items()
        for moved, mine, other in (
            ("low", of.samples[0], middle),
            ("high", of.samples[1], middle),
            ("swing", of.samples[1], of.samples[0]),
        )
    }
    found = compare(family, confidence)

    def side(name: str, end: Literal["low", "high"]) -> Side:
        of, number = ends[name], ("low", "high").index(end)
        downtime = estimate.downtime_per_year(of.availabilities[number])
        return Side(of.values[number], downtime, found.get((name, end)))

    bars = [Bar(name, side(name, "low"), side(name, "high"), found.get((name, "swing"))) for name in ends]
    return Tornado(estimate.downtime_per_year(availability), tuple(sorted(bars, key=lambda bar: -bar.effect)))


def _all(ends: Mapping[str, Ends]) -> list[Sample]:
    return [sample for of in ends.values() for sample in of.samples]


def _moved(side: Side) -> float:
    """Seconds a year that the downtime moves from the middle; nothing where that is not known."""
    moved = side.against.difference.value if side.against else 0.0
    return 0.0 if math.isnan(moved) else moved

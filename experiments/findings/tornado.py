"""One input at a time: what the downtime is with it low and high, the others in the middle, by the same luck."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.inference import estimate
from experiments.inference.comparison import Comparison, Versus, compare
from experiments.inference.estimate import STATED_OUTAGE, Estimate
from experiments.inference.sample import Sample

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Side:
    """An input at one end of what is taken to be possible."""

    value: str
    """Of the input, as people are shown it."""
    downtime: Estimate
    """Seconds a year."""
    against: Comparison | None
    """With the middle, paired by replication; None where there are not two pairs."""

    @property
    def moved(self) -> float:
        """Seconds a year by which the downtime is more than in the middle; 0 where nothing differs or none is known."""
        if self.against is None or self.against.sameness or math.isnan(self.against.difference.value):
            return 0.0
        return self.against.difference.value


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
        moves = [self.low.moved, self.high.moved, 0.0]
        return max(moves) - min(moves)


@dataclass(frozen=True)
class Tornado:
    """The bars of one Service under one policy, the largest effect first, and the downtime in the middle of all."""

    middle: Estimate
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class End:
    """What was found at one end of an input, or in the middle."""

    value: str
    sample: Sample
    availability: Estimate


def tornado(middle: End, ends: Mapping[str, tuple[End, End]], confidence: float) -> Tornado:
    """The tornado of inputs, low and high, by their names; p-values are adjusted for all that it compares."""
    known = [middle, *(end for both in ends.values() for end in both)]
    unseen = max([STATED_OUTAGE, *(float(of.sample.lengths.mean()) for of in known if len(of.sample.lengths))])
    family = {
        (name, moved): Versus(mine.sample, other.sample, unseen)
        for name, (low, high) in ends.items()
        for moved, mine, other in (("low", low, middle), ("high", high, middle), ("swing", high, low))
    }
    found = compare(family, confidence)

    def side(name: str, moved: str, end: End) -> Side:
        return Side(end.value, estimate.downtime_per_year(end.availability), found.get((name, moved)))

    bars = [
        Bar(name, side(name, "low", low), side(name, "high", high), found.get((name, "swing")))
        for name, (low, high) in ends.items()
    ]
    downtime = estimate.downtime_per_year(middle.availability)
    return Tornado(downtime, tuple(sorted(bars, key=lambda bar: -bar.effect)))


# --- as a table ------------------------------------------------------------------------------------------------------


def rows(of: Tornado) -> list[dict[str, Any]]:
    """A row for the middle, and for each input those of its low end, its high end and the swing between them.

    They are rows of `store.sensitivity.COLUMNS["tornado"]`, but for Service and policy.
    """
    found = [_row("", "middle", "", of.middle, None)]
    for bar in of.bars:
        found += [_row(bar.name, end, side.value, side.downtime, side.against) for end, side in _sides(bar)]
        found.append(_row(bar.name, "swing", "", None, bar.swing))
    return found


def _sides(bar: Bar) -> list[tuple[str, Side]]:
    return [("low", bar.low), ("high", bar.high)]


def _row(name: str, end: str, value: str, downtime: Estimate | None, against: Comparison | None) -> dict[str, Any]:
    row: dict[str, Any] = {"input": name, "end": end, "value": value}
    if downtime is not None:
        row |= {"downtime_s_per_year": downtime.value, "downtime_low": downtime.low, "downtime_high": downtime.high}
        row |= {"replications": downtime.n, "method": downtime.method}
    if against is not None:
        of = against.difference
        row |= {"difference_s_per_year": of.value, "difference_low": of.low, "difference_high": of.high}
        row |= {"pairs": of.n, "correlation": against.correlation, "outages": against.outages}
        row |= {"differing": against.differing, "p": against.p, "p_adjusted": against.adjusted}
    return row


def tornado_of(frame: "pd.DataFrame", confidence: float) -> Tornado:
    """The tornado of one Service under one policy from its rows: the inverse of `rows`."""
    by_end = {(row["input"], row["end"]): row for row in frame.to_dict("records")}

    def estimated(row: Any) -> Estimate:
        ends = row["downtime_s_per_year"], row["downtime_low"], row["downtime_high"]
        return Estimate(*ends, confidence, row["replications"], row["method"], "downtime")

    def compared(row: Any) -> Comparison | None:
        if not row["pairs"]:
            return None
        ends = row["difference_s_per_year"], row["difference_low"], row["difference_high"]
        of = Estimate(*ends, confidence, row["pairs"], "paired, MOVER", "difference")
        return Comparison(of, row["correlation"], row["outages"], row["differing"], row["p"], row["p_adjusted"])

    def side(name: str, end: str) -> Side:
        row = by_end[name, end]
        return Side(row["value"], estimated(row), compared(row))

    names = [name for name, end in by_end if end == "swing"]
    bars = [Bar(name, side(name, "low"), side(name, "high"), compared(by_end[name, "swing"])) for name in names]
    return Tornado(estimated(by_end["", "middle"]), tuple(bars))

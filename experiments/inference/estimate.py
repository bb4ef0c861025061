"""Estimates, not numbers: a value with its interval, what it rests on, and how it reads."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from experiments.inference import intervals, strata
from experiments.inference.strata import Stratum
from models.arrays import Floats
from models.units import YEAR, format_duration

Quantity = Literal["availability", "unavailability", "nines", "downtime", "rate", "difference", "chance", "time"]
"""What an estimate is of: a share of time; the rest; -log10 of the rest; seconds a year (or in the period that the
method names); events a year; seconds a year; a share of periods; seconds."""

RARE = 1e-9
"""Unavailability below which an availability is shown by what it leaves: no share in percent would tell it from 1."""
STATED_OUTAGE = 3600.0
"""Seconds that an outage is taken to last when none was seen: a statement, not a measurement."""
ROUNDING = 1e-12
"""Share of the time: less is no availability, but an error of sums."""


@dataclass(frozen=True)
class Estimate:
    """A value and a two-sided interval at `confidence`, from `n` replications by `method`.

    When no outage was seen there is no value (NaN), only the side of the interval that the observation bounds.
    """

    value: float
    low: float
    high: float
    confidence: float
    n: int
    method: str
    quantity: Quantity = "availability"
    lost: tuple[float, float, float] | None = None
    """Of an availability, if it is known better than by subtraction from 1: the unavailability, its lower and its
    upper end."""

    @property
    def unavailability(self) -> tuple[float, float, float]:
        """What an availability leaves: value, lower end, upper end."""
        return self.lost or (1 - self.value, 1 - self.high, 1 - self.low)

    @property
    def is_bound(self) -> bool:
        """Whether nothing was seen, so that only a bound is known."""
        return math.isnan(self.value)

    @property
    def bound(self) -> float:
        """The end of the interval that the observation bounds, when `is_bound`."""
        return self.low if self.quantity in ("availability", "nines") else self.high

    def show_value(self) -> str:
        """The value, or the bound with its sign: "99.953%", ">= 4.5", "6h02m"."""
        if self.is_bound:
            sign = ">=" if self.quantity in ("availability", "nines") else "<="
            return f"{sign} {_show(self.bound, self, exact=False)}"
        return _leaving(self.lost[0]) if self.lost and self.lost[0] < RARE else _show(self.value, self)

    def show_interval(self) -> str:
        """The interval without the value: "[99.941, 99.963]"; empty for a bound."""
        if self.is_bound:
            return ""
        if self.lost and self.lost[0] < RARE:
            return f"[{_leaving(self.lost[2])}, {_leaving(self.lost[1])}]"
        low, high = (_show(end, self).removesuffix("%") for end in (self.low, self.high))
        return f"[{low}, {high}]"

    def __str__(self) -> str:
        value = self.show_value().replace("%", " %")
        return f"{value} ({self.method})" if self.is_bound else f"{value} {self.show_interval()}"


def _show(number: float, of: Estimate, exact: bool = True) -> str:
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    if of.quantity == "availability":
        return f"{_percent(number, of)}%"
    if of.quantity == "unavailability":
        return f"{number:.1e}" if number else "0"
    if of.quantity == "chance":
        return _chance(number)
    if of.quantity == "nines":
        return f"{number:.2f}" if exact else f"{math.floor(number * 100) / 100:.2f}"
    if of.quantity == "rate":
        if number >= 1000:
            return f"{number:.0f}"
        return f"{number:#.3g}".removesuffix(".") if exact else f"{number:.3g}"
    return show_seconds(number)


def _chance(share: float) -> str:
    """To three digits, and never rounded up to 100: then the rest has one."""
    text = f"{share * 100:.3g}"
    if share < 1 and float(text) >= 100:
        rest = float(f"{(1 - share) * 100:.0e}")
        text = f"{100 - rest:.{max(-math.floor(math.log10(rest)), 0)}f}" if rest > 1e-12 else text
    return f"{text}%"


def _leaving(lost: float) -> str:
    """An availability by what it leaves: "1 - 5.7e-10"."""
    return f"1 - {lost:.1e}" if lost else "1"


def _percent(share: float, of: Estimate) -> str:
    """A share in percent with as many decimals as its interval deserves; never rounded up to 100.

    What is less than a unit of the last of twelve decimals is an error of rounding: no width, nor less than nothing.
    """
    share = max(share, 0.0)
    narrowest = min((x for x in (of.high - of.low, 1 - of.value, 1 - of.low) if x > 1e-14), default=1.0)
    decimals = min(max(1 - math.floor(math.log10(narrowest * 100)), 0), 12)
    text = f"{share * 100:.{decimals}f}"
    if share < 1 and float(text) >= 100:
        text = f"{math.floor(share * 100 * 10**decimals) / 10**decimals:.{decimals}f}"
    return text


def show_seconds(seconds: float) -> str:
    """Two leading units: "6h02m", "31m05s", "4.2s", "-3d01h"."""
    return format_duration(seconds) if math.isfinite(seconds) else str(seconds)


def availability(
    downtimes: Floats,
    windows: Floats,
    lengths: Floats,
    confidence: float,
    outage_length: float = STATED_OUTAGE,
    pieces: str = "replications",
    by_cause: Sequence[Stratum] = (),
    unseen: Mapping[str, float] | None = None,
) -> Estimate:
    """Long-run share of the time that is not downtime: a ratio of sums over replications, in seconds.

    `downtimes` and `windows` per replication, `lengths` of all outages (cut pieces count as they were seen). Without
    downtime: a bound by the rule of three on the rate of outages, times `outage_length` seconds. `pieces`: what the
    entries are if they are not whole replications. `by_cause` and `unseen`: the same downtime split by the causes of
    the outages, and the causes that were not seen; see `strata.unavailability`.
    """
    n, years = len(downtimes), float(windows.sum()) / YEAR
    if not downtimes.sum() > 0:
        rate = intervals.rate_bound(float(windows.sum()), confidence)
        low = 1 - min(rate * outage_length, 1.0)
        method = f"no outage seen in {years:.3g} years; rule of three, outages of {show_seconds(outage_length)}"
        return Estimate(math.nan, low, 1.0, confidence, n, method)
    total = Stratum(downtimes, lengths)
    lost = strata.unavailability(total, by_cause or [total], windows, unseen or {}, confidence, pieces)
    return Estimate(_left(lost.value), _left(lost.high), _left(lost.low), confidence, n, lost.method)


def _left(lost: float) -> float:
    """The share that is not lost; what the sums of many lengths miss of the whole by rounding is nothing."""
    left = 1 - lost
    return left if left > ROUNDING else 0.0


def unavailability(of: Estimate) -> Estimate:
    """What an availability leaves, as an estimate of its own."""
    value, low, high = of.unavailability
    return replace(of, value=value, low=low, high=high, quantity="unavailability", lost=None)


def nines(of: Estimate) -> Estimate:
    """An availability A as -log10(1 - A): 3 for 99.9 %; infinite for 1.

    The ends of its interval are transformed like its value, never averaged.
    """
    value, low, high = of.unavailability
    return replace(of, value=_nines(value), low=_nines(high), high=_nines(low), quantity="nines", lost=None)


def _nines(lost: float) -> float:
    return math.inf if lost <= 0 else -math.log10(lost) + 0.0


def downtime_per_year(of: Estimate) -> Estimate:
    """The downtime that an availability leaves, in seconds a year of 365 days, with its interval."""
    value, low, high = of.unavailability
    return replace(of, value=value * YEAR, low=low * YEAR, high=high * YEAR, quantity="downtime", lost=None)


def outages_per_year(counts: Floats, windows: Floats, confidence: float) -> Estimate:
    """Outages that begin, a year; `counts` and `windows` (seconds) per replication. None seen: an upper bound."""
    n, years = len(counts), windows / YEAR
    if counts.sum() == 0:
        bound = intervals.rate_bound(float(years.sum()), confidence)
        method = f"no outage seen in {years.sum():.3g} years; rule of three"
        return Estimate(math.nan, 0.0, bound, confidence, n, method, "rate")
    rate = intervals.rate(counts, years, confidence)
    return Estimate(rate.value, rate.low, rate.high, confidence, n, rate.method, "rate")

"""Rare outages: an unavailability from weighted degraded periods, how many of them it takes, and how far to trust it.

Every replication gives one unbiased value of the unavailability, and replications are independent, so the interval is
Student's t over them. Their number is planned from a pilot whose values are not used again: stopping when the interval
looks narrow enough would stop when the value is by chance too low (measured: 1.5 to 6 % low, 75 to 91 % covered).
"""

import math
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats

FEWEST, LEAST_EFFECTIVE = 30, 100.0
"""Replications of an estimate, at least; and effective excursions below which it is not to be trusted."""
LEAST_REPLICATIONS = 15.0
"""Effective replications below which it is not to be trusted."""
LARGEST_SHARE = 0.1
"""Of the unavailability that one excursion may bring before the interval is not to be trusted."""
OUTLASTED = 2.0
"""Time scales of its tilt beyond which a degraded period lasts so long that what strikes late in it is never drawn."""
LARGEST_OUTLASTING = 0.25
"""Of the degraded periods, by the square of their lengths, that may last so long: a quarter of what two failures bring.
Of exponential lengths, whose 95 % quantile is the scale, it is 0.06."""


@dataclass(frozen=True)
class RareEstimate:
    """A share with a two-sided interval, all of them shares of time that may be far below 1e-16."""

    value: float
    low: float
    high: float
    error: float
    """Standard error."""
    replications: int


def estimate(values: Floats, confidence: float) -> RareEstimate:
    """The mean of what the replications (at least 2) gave, with Student's t interval; never below 0."""
    from scipy.special import stdtrit

    value = math.fsum(values) / len(values)
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    half = float(stdtrit(len(values) - 1, (1 + confidence) / 2)) * error
    return RareEstimate(value, max(value - half, 0.0), value + half, error, len(values))


def planned(variation: float, relative: float, confidence: float) -> int:
    """Replications until half the interval is `relative` of the value, `variation` being one's relative variance."""
    from scipy.special import ndtri

    wanted = (float(ndtri((1 + confidence) / 2)) / relative) ** 2
    return max(FEWEST, math.ceil(wanted * variation))


def spread_of_variance(contributions: Floats) -> float:
    """How many times the variance that these show it may well be: by a standard error more.

    Few values of a skewed law mostly show too little.
    """
    squares = np.square(contributions / contributions.max()) if contributions.any() else contributions
    return 1 + math.sqrt(float(np.square(squares).sum())) / float(squares.sum()) if squares.any() else 1.0


@dataclass(frozen=True)
class Periods:
    """The degraded periods of an estimate, an entry each in every array."""

    contributions: Floats
    """Weighted downtimes."""
    weights: Floats
    """Likelihood ratios."""
    multipliers: Floats
    """How often one like it begins, as a part of the time."""
    lasted: Floats
    """Seconds."""
    scales: Floats
    """Seconds that the tilt takes them to last, by what struck in them; 0 where nothing was tilted."""


@dataclass(frozen=True)
class Drift:
    """Replicas that come to lie together and apart again, where never as many did as it takes for an outage."""

    mode: str
    """The failure mode that takes them away at once."""
    together: int
    """The most that it would have taken away at any of the moments looked at."""
    fatal: int
    """As many would be an outage at once."""
    moments: int
    """How many were looked at."""


@dataclass(frozen=True)
class Diagnostics:
    """What tells whether weights can be trusted. None of them suffices alone."""

    mean_weight: float
    """Mean likelihood ratio of the excursions; 1 but for chance, yet large ones are too rare for a test of it.

    Those of short periods, which cause no outage, are missed in good estimates, and those of long ones are made up for
    by others in bad ones: `degraded` tells the two apart.
    """
    mean_weight_error: float
    """Its standard error."""
    degraded: float
    """How long Services are degraded by the weighted periods, over how long that was seen; 1 but for chance."""
    degraded_error: float
    """Its standard error, as seen, but not less than follows from the tilt."""
    effective: float
    """As many excursions of equal contributions would tell as much: (sum x)^2 / sum x^2."""
    largest: float
    """The share that the largest contribution is of all."""
    effective_replications: float
    """As many replications of equal values would tell as much: what lasts long, as where replicas are, differs between
    them."""
    outlasting: float
    """The share of the degraded periods, by the square of their lengths, that last longer than `OUTLASTED` time scales
    of their tilt."""
    drift: Drift | None = None
    """What placement may come to and was not met: once there it lasts, and what is lacking may be most of it."""

    @property
    def complaints(self) -> list[str]:
        """What is wrong, in words; empty if nothing is."""
        found = []
        if abs(self.degraded - 1) > 4 * self.degraded_error:
            found.append(
                f"the degraded periods that were begun come to {self.degraded:.3g} times as long as those that were "
                f"seen, with a standard error of {self.degraded_error:.1g}, so something is missed"
            )
        if self.effective < LEAST_EFFECTIVE:
            found.append(f"it rests on few degraded periods: as much as {self.effective:.0f} equal ones would tell")
        if self.effective_replications < LEAST_REPLICATIONS:
            found.append(
                f"it rests on few replications: as much as {self.effective_replications:.0f} equal ones would tell, so "
                "a state that is seldom entered and lasts may bring much of it"
            )
        if self.outlasting > LARGEST_OUTLASTING:
            found.append(
                f"much of the time, {self.outlasting:.0%} by the square of the lengths, lies in degraded periods that "
                "last far longer than the tilt takes them to, so outages late in them may be missed"
            )
        if self.drift is not None:
            found.append(
                f"replicas come to lie together, up to {self.drift.together} where one {self.drift.mode} takes them "
                f"away; {self.drift.fatal} of them, an outage at once, did at none of the {self.drift.moments:,} "
                "moments looked at, but if they ever do it lasts, and may bring many times as much as all of this"
            )
        if self.largest > LARGEST_SHARE:
            found.append(f"a single degraded period brings {self.largest:.0%} of it")
        return found


def diagnostics(
    periods: Periods,
    values: Floats,
    begun: Floats,
    seen: Floats,
    failures_per_period: float,
    drift: Drift | None = None,
) -> Diagnostics:
    """What tells how far to trust an estimate, from its degraded periods.

    And of its replications: their values, and how long they are degraded by the weighted periods, and as seen. By the
    tilt so many failures c are expected in a period: in e^-c of them none strikes, and these have the weight e^c. Their
    number differs by chance, whether or not the spread over replications shows it.
    """
    contributions, weights = periods.contributions, periods.weights
    total = float(contributions.sum())
    error = float(weights.std(ddof=1)) / math.sqrt(len(weights)) if len(weights) > 1 else math.inf
    ratio = float(begun.sum()) / float(seen.sum()) if seen.any() else 1.0
    apart = float((begun - ratio * seen).std(ddof=1)) / math.sqrt(len(seen)) / float(seen.mean()) if seen.any() else 0.0
    least = math.sqrt(math.expm1(failures_per_period) / len(weights)) if len(weights) else math.inf
    return Diagnostics(
        mean_weight=float(weights.mean()) if len(weights) else 1.0,
        mean_weight_error=error,
        degraded=ratio,
        degraded_error=max(apart, least),
        effective=_effective(contributions),
        largest=float(contributions.max(initial=0.0)) / total if total else 0.0,
        effective_replications=_effective(values),
        outlasting=_outlasting(periods),
        drift=drift,
    )


def _outlasting(periods: Periods) -> float:
    """What two failures bring grows with the square of the time that there is for the second."""
    squares = periods.multipliers * np.square(periods.lasted)
    late = (periods.scales > 0) & (periods.lasted > OUTLASTED * periods.scales)
    return float(squares[late].sum() / squares.sum()) if squares.any() else 0.0


def _effective(values: Floats) -> float:
    squares = float(np.square(values).sum())
    return float(values.sum()) ** 2 / squares if squares else 0.0

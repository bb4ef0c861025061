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
LARGEST_SHARE = 0.1
"""Of the unavailability that one excursion may bring before the interval is not to be trusted."""
_CAUTION = 1.2
"""How many times the variance seen in a pilot is planned for: few values of a skewed law mostly show too little."""


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
    return max(FEWEST, math.ceil(wanted * variation * _CAUTION))


def spread_of_variance(contributions: Floats) -> float:
    """How many times the variance that these show may be what it is: up to two standard errors of it more."""
    squares, fourths = float(np.square(contributions).sum()), float((contributions**4).sum())
    return 1 + 2 / math.sqrt(squares * squares / fourths) if fourths else 1.0


@dataclass(frozen=True)
class Diagnostics:
    """What tells whether weights can be trusted. None of them suffices alone."""

    mean_weight: float
    """Mean likelihood ratio of the excursions; 1 but for chance."""
    mean_weight_error: float
    """Its standard error."""
    degraded: float
    """How long Services are degraded by the weighted periods, over how long that was seen; 1 but for chance."""
    degraded_error: float
    """Its standard error."""
    effective: float
    """As many excursions of equal contributions would tell as much: (sum x)^2 / sum x^2."""
    largest: float
    """The share that the largest contribution is of all."""

    @property
    def complaints(self) -> list[str]:
        """What is wrong, in words; empty if nothing is."""
        found = []
        if abs(self.mean_weight - 1) > 4 * self.mean_weight_error:
            found.append(
                f"the weights do not average to 1: {self.mean_weight:.3g} with a standard error of "
                f"{self.mean_weight_error:.1g}, so the tilt misses what matters"
            )
        if abs(self.degraded - 1) > 4 * self.degraded_error:
            found.append(
                f"the degraded periods that were begun come to {self.degraded:.3g} times as long as those that were "
                f"seen, with a standard error of {self.degraded_error:.1g}, so something is missed"
            )
        if self.effective < LEAST_EFFECTIVE:
            found.append(f"it rests on few degraded periods: as much as {self.effective:.0f} equal ones would tell")
        if self.largest > LARGEST_SHARE:
            found.append(f"a single degraded period brings {self.largest:.0%} of it")
        return found


def diagnostics(contributions: Floats, weights: Floats, begun: Floats, seen: Floats) -> Diagnostics:
    """Of the excursions of an estimate: their weighted downtimes, and their likelihood ratios.

    And of its replications: how long they are degraded by the weighted periods, and as seen.
    """
    total, squares = float(contributions.sum()), float(np.square(contributions).sum())
    error = float(weights.std(ddof=1)) / math.sqrt(len(weights)) if len(weights) > 1 else math.inf
    ratio = float(begun.sum()) / float(seen.sum()) if seen.any() else 1.0
    apart = float((begun - ratio * seen).std(ddof=1)) / math.sqrt(len(seen)) / float(seen.mean()) if seen.any() else 0.0
    return Diagnostics(
        float(weights.mean()) if len(weights) else 1.0,
        error,
        ratio,
        apart,
        total * total / squares if squares else 0.0,
        float(contributions.max(initial=0.0)) / total if total else 0.0,
    )

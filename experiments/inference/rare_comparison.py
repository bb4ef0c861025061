"""The difference of two policies of which one or both are estimated by rare outages.

One of them: plain replications and those for rare outages have other luck, so the two are independent estimates; the
interval is made of theirs (MOVER; Zou and Donner, Statistics in Medicine 27, 2008).

Both: replications of the same number met the same luck, as far as what was made to happen lets them. How much they have
in common is in their covariance, which the variance of the difference takes into account: where policies are alike it
is most of it (correlation 0.93 of two that differ by a fifth of the time of detection), else next to nothing.
"""

import math
from dataclasses import dataclass

import numpy as np

from experiments.inference import estimate
from experiments.inference.estimate import Estimate
from models.arrays import Floats
from models.units import YEAR


@dataclass(frozen=True)
class RarePair:
    """Two policies at one Service."""

    mine: Estimate
    """Availability."""
    other: Estimate
    outages: int
    """That the estimate rests on which has fewer; of rare outages those that were begun on purpose."""
    shares: tuple[Floats, Floats] | None = None
    """The unavailabilities of both by replication, if both are of rare outages: those at the same place met the same
    luck, and one of the two may be longer. At least 2 each."""

    @property
    def _common(self) -> tuple[Floats, Floats] | None:
        if self.shares is None:
            return None
        mine, other = self.shares
        most = min(len(mine), len(other))
        return mine[:most], other[:most]

    @property
    def correlation(self) -> float:
        """The correlation over the replications that both have; NaN if nothing is in common."""
        common = self._common
        if common is None or not min(of.std() for of in common) > 0:
            return math.nan
        return float(np.corrcoef(*common)[0, 1])

    @property
    def differing(self) -> int:
        """Replications that are not the same under both; all of them if nothing is in common."""
        common = self._common
        return min(self.mine.n, self.other.n) if common is None else int(np.count_nonzero(common[0] != common[1]))

    def difference(self) -> Estimate:
        """The difference of the downtimes, in seconds a year."""
        mine, other = map(estimate.downtime_per_year, (self.mine, self.other))
        more, less = (0.0 if of.is_bound else of.value for of in (mine, other))
        if self.shares is None:
            below, above = (
                math.hypot(more - mine.low, other.high - less),
                math.hypot(mine.high - more, less - other.low),
            )
            method = "independent, MOVER: rare outages"
        else:
            below = above = _half(*self.shares, mine.confidence) * YEAR
            method = "t, common luck: rare outages"
        value, n = more - less, min(mine.n, other.n)
        return Estimate(value, value - below, value + above, mine.confidence, n, method, quantity="difference")

    def p(self) -> float:
        """Two-sided, of no difference: normal, as wide as the side of the interval that is towards 0."""
        from scipy.special import ndtr, ndtri

        of = self.difference()
        if not of.value:
            return 1.0
        reach = of.value - of.low if of.value > 0 else of.high - of.value
        wide = float(ndtri((1 + of.confidence) / 2))
        return 2 * float(ndtr(-abs(of.value) / reach * wide)) if reach > 0 else 0.0


def _half(mine: Floats, other: Floats, confidence: float) -> float:
    """Half of the interval of the difference of the means; values at the same place are drawn together."""
    from scipy.special import stdtrit

    most = min(len(mine), len(other))
    covariance = float(np.cov(mine[:most], other[:most])[0, 1]) * most / (len(mine) * len(other))
    variance = float(mine.var(ddof=1)) / len(mine) + float(other.var(ddof=1)) / len(other) - 2 * covariance
    return float(stdtrit(most - 1, (1 + confidence) / 2)) * math.sqrt(max(variance, 0.0))

"""Comparisons of policies, paired by replication (common random numbers)."""

import math
from dataclasses import dataclass

import numpy as np

from experiments import intervals
from experiments.estimate import YEAR, Estimate
from experiments.intervals import Floats, Interval


@dataclass(frozen=True)
class Comparison:
    """A policy against the baseline, paired by replication (common random numbers).

    `difference` is in seconds of downtime a year (negative: the policy is better); `correlation` of the paired
    downtimes is NaN when one of them never varies; `outages` were seen in both together.
    """

    difference: Estimate
    correlation: float
    outages: int
    p: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval is on one side of 0."""
        return self.difference.low > 0 or self.difference.high < 0

    @property
    def resolved(self) -> bool:
        """Whether the sign is known: the interval excludes 0 and rests on enough outages."""
        return self.excludes_zero and self.outages >= intervals.FEW_OUTAGES

    @property
    def stars(self) -> str:
        """*** p < 0.001, ** p < 0.01, * otherwise, only when `resolved`."""
        if not self.resolved:
            return ""
        return "***" if self.p < 0.001 else "**" if self.p < 0.01 else "*"

    def __str__(self) -> str:
        if self.difference.value == 0 and self.difference.low == self.difference.high:
            return "the same"
        remark = self.stars or "not resolved" + (" (few outages)" if self.outages < intervals.FEW_OUTAGES else "")
        return f"{self.difference.show_value()} {self.difference.show_interval()} {remark}"


def paired_difference(
    downtimes: Floats, baseline: Floats, windows: Floats, outages: int, confidence: float
) -> Comparison:
    """Yearly downtime minus the baseline's; entry i of all arrays is the same replication, at least 2 of them."""
    scale = YEAR / windows
    differences = (downtimes - baseline) * scale
    found: Interval = intervals.mean(differences, confidence)
    varies = min(downtimes.std(), baseline.std()) > 0
    correlation = float(np.corrcoef(downtimes, baseline)[0, 1]) if varies else math.nan
    estimate = Estimate(
        found.value, found.low, found.high, confidence, len(differences), f"paired {found.method}", "difference"
    )
    return Comparison(estimate, correlation, outages, intervals.p_value(differences))

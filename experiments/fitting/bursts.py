"""Failures that come together: more of them shortly after each other than independent ones would.

Two tests, since they see different things: how many failures follow another within a window (Ford et al., Availability
in Globally Distributed Storage Systems, OSDI 2010, section 3, with 120 s), against the share expected of a Poisson
process of the same rate; and the index of dispersion, variance over mean of the counts of equal intervals, which is 1
for a Poisson process and above it where failures have causes in common, or rates that change.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

WITHIN = 120.0
"""Seconds: each failure of a burst follows the one before within this time."""
SURE = 0.01
FEWEST = 10
"""Failures, below which nothing is said of bursts."""


@dataclass(frozen=True)
class Bursts:
    """What was found of failures that come together."""

    failures: int
    within: float
    share: float
    """Of the failures, those in a burst of at least two entities."""
    expected: float
    """That share if they were independent: by chance."""
    mean_size: float
    """Mean number of failures in a burst of at least two; 0 where there is none."""
    largest: int
    p: float
    """How likely so many follow another within the window by chance."""
    dispersion: float
    """Variance over mean of the counts of equal intervals."""
    p_of_dispersion: float

    @property
    def is_sure(self) -> bool:
        """Whether failures come together more often than by chance."""
        return self.p < SURE and self.share > self.expected


def bursts(failures: Sequence[tuple[float, str]], start: float, end: float, within: float = WITHIN) -> Bursts | None:
    """What failures at times, each of an entity, tell that was seen from `start` to `end`; None if they are too few."""
    ordered = sorted(failures)
    span = end - start
    if len(ordered) < FEWEST or span <= 0:
        return None
    groups: list[list[tuple[float, str]]] = []
    for one in ordered:
        if groups and one[0] - groups[-1][-1][0] <= within:
            groups[-1].append(one)
        else:
            groups.append([one])
    many = [len(group) for group in groups if len({entity for _, entity in group}) > 1]
    follow = sum(len(group) - 1 for group in groups)
    chance = -math.expm1(-len(ordered) * within / span)
    p = float(stats.binomtest(follow, len(ordered) - 1, chance, alternative="greater").pvalue)
    bins = max(2, len(ordered) // 2)
    counts = np.histogram([time for time, _ in ordered], bins=bins, range=(start, end))[0]
    dispersion = float(counts.var(ddof=1) / counts.mean())
    return Bursts(
        failures=len(ordered),
        within=within,
        share=sum(many) / len(ordered),
        expected=1 - (1 - chance) ** 2,
        mean_size=float(np.mean(many)) if many else 0.0,
        largest=max(many, default=1),
        p=p,
        dispersion=dispersion,
        p_of_dispersion=float(stats.chi2.sf((bins - 1) * dispersion, bins - 1)),
    )

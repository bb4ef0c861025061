"""Comparisons of policies, paired by replication (common random numbers).

What two policies lose at the same moments cancels. What is left is the downtime that a policy adds (it is down while
the other is up) and the downtime that it avoids; their difference is the difference of the downtimes. Both are
estimated like any other downtime, mindful of few and unequal outages, and the interval of the difference is made of
their intervals and their correlation (MOVER; Zou and Donner, Statistics in Medicine 27, 2008). When outages are many
this is Student's paired interval; when they are few, that one is too narrow.

Where one of the two is estimated by rare outages nothing of this applies: see `inference.rare_comparison`.

The verdict: `significance.sign_flips`, adjusted for all the pairs that are compared at once: those of a whole table. It
also asks that the interval excludes 0 and that at least `FEW_OUTAGES` outages were seen.

Measured (`python -m tests.experiments.inference.paired_studies 2000`: 2,000 studies of 50 replications, one seed;
standard error at most 0.005 at 0.05 and 0.95). Expected outages of the baseline:

                                            2      5     10     20     50    200
    the 95 % interval holds the difference
    same law, exponential                 0.978  0.990  0.993  0.984  0.966  0.955
    same law, lognormal(1.2)              0.979  0.989  0.979  0.957  0.942  0.953
    same mean, a quarter as many          0.944  0.852  0.918  0.990  0.986  0.965
    against a policy without outages      0.991  0.981  0.988  0.975  0.969  0.959
    a third shared, lognormal(1.2)        0.992  0.949  0.986  0.968  0.952  0.943
    nine tenths shared, exponential       1.000  0.998  0.995  0.988  0.981  0.979
    for comparison, Student's paired t
    against a policy without outages      0.682  0.798  0.875  0.913  0.936  0.943
    a third shared, lognormal(1.2)        0.516  0.674  0.751  0.799  0.866  0.910
    nine tenths shared, exponential       0.164  0.358  0.512  0.667  0.816  0.910
    no difference, but p < 0.05
    same law, exponential                 0.007  0.044  0.057  0.044  0.052  0.050
    same mean, a quarter as many          0.007  0.105  0.098  0.057  0.054  0.051
    no difference, but a verdict
    same law, exponential                 0.000  0.000  0.005  0.015  0.034  0.044
    same mean, a quarter as many          0.000  0.000  0.000  0.009  0.012  0.033
    five policies like the baseline
    any p < 0.05, each alone                -    0.146  0.189  0.177  0.187  0.181
    any p < 0.05, Holm                      -    0.025  0.039  0.040  0.046  0.042
    any p < 0.05, adjusted                  -    0.042  0.045  0.050  0.054  0.052
    any verdict                             -    0.000  0.013  0.038  0.053  0.053

"Same mean, a quarter as many": the other policy's outages are four times as long, and may all be unseen; p cannot know
that, and that is why a verdict asks for more than p.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from experiments.inference import estimate, intervals
from experiments.inference.estimate import STATED_OUTAGE, Estimate
from experiments.inference.rare_comparison import RarePair
from experiments.inference.sample import Sample
from experiments.inference.significance import sign_flips
from models.arrays import Floats, Ints
from models.units import YEAR

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Comparison:
    """A policy against another, paired by replication (common random numbers) if `paired`, else as independent.

    `difference` is in seconds of downtime a year (negative: the policy is better); `correlation` of the paired
    downtimes is NaN when one of them never varies, or nothing is paired; `outages` were seen in both together, or, if
    nothing is paired, under the policy with fewer; the downtimes are unequal in `differing` replications; `p` is of
    this pair alone, `adjusted` for all pairs that were compared at once.
    """

    difference: Estimate
    correlation: float
    outages: int
    differing: int
    p: float
    adjusted: float
    paired: bool = True

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval is on one side of 0."""
        return self.difference.low > 0 or self.difference.high < 0

    @property
    def resolved(self) -> bool:
        """Whether the sign is known: by the adjusted p, by the interval, and from enough outages."""
        return (
            self.adjusted < 1 - self.difference.confidence
            and self.excludes_zero
            and self.outages >= intervals.FEW_OUTAGES
        )

    @property
    def stars(self) -> str:
        """By the adjusted p: *** p < 0.001, ** p < 0.01, * otherwise; only when `resolved`."""
        if not self.resolved:
            return ""
        return "***" if self.adjusted < 0.001 else "**" if self.adjusted < 0.01 else "*"

    @property
    def sameness(self) -> str:
        """In words, if no replication differs between the two: then their interval tells nothing. Else empty."""
        if self.paired and self.outages == 0:
            return "no outage in either"
        return "the same" if self.differing == 0 else ""

    def __str__(self) -> str:
        if self.sameness:
            return self.sameness
        remark = self.stars or "not resolved" + (" (few outages)" if self.outages < intervals.FEW_OUTAGES else "")
        return f"{self.difference.show_value()} {self.difference.show_interval()} {remark}"


@dataclass(frozen=True)
class Versus:
    """What is compared: a Service under one policy with the same Service under another."""

    mine: Sample
    other: Sample
    outage_length: float = STATED_OUTAGE
    """Seconds that an outage is taken to last of which none was seen (`estimate.availability`), under a policy with
    fewer than `FEW_OUTAGES`; under others as long as their mean."""
    rare: RarePair | None = None
    """Set if one of the two is estimated by rare outages: then the samples do not matter."""


def compare(family: Mapping[Name, Versus], confidence: float) -> dict[Name, Comparison]:
    """Every pair that can be compared, by its name; the p-values are adjusted for all pairs.

    Left out are those with less than two replications in common, unless one is of rare outages. Where some are and some
    are not, each kind has its part of the errors that are allowed, by how many it is.
    """
    rare = {name: versus.rare for name, versus in family.items() if versus.rare is not None}
    paired = {name: _Pair.of(versus.mine, versus.other) for name, versus in family.items() if name not in rare}
    paired = {name: pair for name, pair in paired.items() if len(pair.windows) >= 2}
    found = _paired(paired, family, confidence) | _rare(rare)
    return {
        name: replace(found[name], adjusted=min(found[name].adjusted * len(found) / len(kind), 1.0))
        for name in family
        if name in found
        for kind in (rare if name in rare else paired,)
    }


def _rare(pairs: Mapping[Name, RarePair]) -> dict[Name, Comparison]:
    """Adjusted by Holm's method."""
    p = {name: pair.p() for name, pair in pairs.items()}
    found, most = {}, 0.0
    for rank, name in enumerate(sorted(p, key=lambda name: p[name])):
        of = pairs[name]
        most = max(most, min(p[name] * (len(p) - rank), 1.0))
        paired = of.shares is not None
        found[name] = Comparison(of.difference(), of.correlation, of.outages, of.differing, p[name], most, paired)
    return found


def _paired(paired: "Mapping[Name, _Pair]", family: Mapping[Name, Versus], confidence: float) -> dict[Name, Comparison]:
    if not paired:
        return {}
    replications = np.unique(np.concatenate([pair.replications for pair in paired.values()]))
    differences = np.zeros((len(replications), len(paired)))
    for column, pair in enumerate(paired.values()):
        differences[np.searchsorted(replications, pair.replications), column] = pair.differences
    tested = sign_flips(differences)
    return {
        name: Comparison(
            pair.estimate(confidence, family[name].outage_length),
            pair.correlation,
            pair.outages,
            int(np.count_nonzero(pair.differences)),
            float(p),
            float(adjusted),
        )
        for (name, pair), p, adjusted in zip(paired.items(), tested.p, tested.adjusted, strict=True)
    }


@dataclass(frozen=True)
class _Pair:
    """Two policies in the replications that both have, an entry each: their downtimes, and what is not common to them.

    `added` and `avoided` are the lengths of the pieces of outages that only the one or only the other has, with
    `adds` and `avoids` their sums per replication, `lengths` those of whole outages; all in seconds.
    """

    replications: Ints
    windows: Floats
    mine: Floats
    other: Floats
    adds: Floats
    avoids: Floats
    added: Floats
    avoided: Floats
    lengths: Floats
    other_lengths: Floats

    @classmethod
    def of(cls, mine: Sample, other: Sample) -> "_Pair":
        replications, i, j = np.intersect1d(mine.replications, other.replications, return_indices=True)
        both = [np.isin(of.owners, replications) for of in (mine, other)]
        owners = [np.searchsorted(replications, of.owners[at]) for of, at in zip((mine, other), both, strict=True)]
        spans = [of.spans[at] for of, at in zip((mine, other), both, strict=True)]
        (adds, added), (avoids, avoided) = _apart(owners, spans), _apart(owners[::-1], spans[::-1])
        count = len(replications)
        return cls(
            replications,
            mine.windows[i],
            mine.downtimes[i],
            other.downtimes[j],
            _sums(adds, added, count),
            _sums(avoids, avoided, count),
            added,
            avoided,
            *(of[:, 1] - of[:, 0] for of in spans),
        )

    @property
    def outages(self) -> int:
        return len(self.lengths) + len(self.other_lengths)

    @property
    def differences(self) -> Floats:
        return np.round(self.adds - self.avoids, 6) * YEAR / self.windows  # below a microsecond it is rounding

    @property
    def correlation(self) -> float:
        return _correlation(self.mine, self.other)

    def estimate(self, confidence: float, outage_length: float) -> Estimate:
        def yearly(sums: Floats, pieces: Floats, unseen: float) -> Estimate:
            share = estimate.availability(sums, self.windows, pieces, confidence, unseen)
            return estimate.downtime_per_year(share)

        # Of what was not seen: as long as the policy's outages are, if they are known.
        unseen, other_unseen = (
            float(lengths.mean()) if len(lengths) >= intervals.FEW_OUTAGES else outage_length
            for lengths in (self.lengths, self.other_lengths)
        )
        adds, avoids = yearly(self.adds, self.added, unseen), yearly(self.avoids, self.avoided, other_unseen)
        # A part is no more than the whole, of which more was seen.
        most_added = min(adds.high, yearly(self.mine, self.lengths, unseen).high)
        most_avoided = min(avoids.high, yearly(self.other, self.other_lengths, other_unseen).high)
        more, less = (0.0 if of.is_bound else of.value for of in (adds, avoids))
        together = _correlation(self.adds, self.avoids)
        value, n = more - less, len(self.windows)
        low = value - _leg(more - adds.low, most_avoided - less, together)
        high = value + _leg(most_added - more, less - avoids.low, together)
        return Estimate(value, low, high, confidence, n, "paired, MOVER", quantity="difference")


def _leg(one: float, other: float, correlation: float) -> float:
    """How far the interval reaches: the two distances as if they were standard errors."""
    covered = 0.0 if math.isnan(correlation) else 2 * correlation * one * other
    return math.sqrt(max(one * one - covered + other * other, 0.0))


def _correlation(one: Floats, other: Floats) -> float:
    return float(np.corrcoef(one, other)[0, 1]) if min(one.std(), other.std()) > 0 else math.nan


def _sums(replication: Ints, lengths: Floats, count: int) -> Floats:
    return np.bincount(replication, lengths, count).astype(np.float64)


def _apart(owners: Sequence[Ints], spans: Sequence[Floats]) -> tuple[Ints, Floats]:
    """The pieces of the first outages in which none of the second is under way: replication and length of each."""
    replication = np.concatenate([np.repeat(of, 2) for of in owners])
    time = np.concatenate([of.ravel() for of in spans])
    steps = np.tile([1, -1], len(time) // 2)
    is_first = np.arange(len(time)) < 2 * len(owners[0])
    order = np.lexsort((time, replication))
    first, second = (np.cumsum(np.where(which, steps, 0)[order]) for which in (is_first, ~is_first))
    replication, time = replication[order], time[order]
    lengths = np.diff(time, append=time[-1:])
    kept = (first > 0) & (second == 0) & (lengths > 0)
    return replication[kept], lengths[kept]

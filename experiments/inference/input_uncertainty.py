"""What one does not know of an answer, in two parts: that inputs are uncertain, and that replications are few.

The inputs follow laws, an answer f(x) stands for the truth at inputs x, and a run of R replications there gives
f(x) + e. So what one run says varies for two reasons (second-order uncertainty; nested Monte Carlo):

    variance of a run = Var f(X)  +  E[variance of a replication at X] / R
                        input        sampling

More replications take the second part away and leave the first, which only better knowledge of the inputs does. Both
come from points drawn from the laws with n replications each (analysis of variance, random effects): the sampling part
is the variance within points, the input part half the mean squared difference of pairs of points less what luck adds
to it (`sobol_indices.half_square`). That estimate is unbiased, so it may come out below 0 where the inputs hardly
matter; then it is shown as 0, and `Split.negative` says so.

For a given number of replications in all the input part is known best with about n = 1 + (variance of a replication) /
Var f(X) of them at each point, and as many points as that leaves: `per_point`. Fewer than 2 show no luck.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np

from experiments.inference.intervals import Interval, clopper_pearson
from experiments.inference.sobol_indices import half_square, jackknife, luck, with_each_left_out, within
from models.arrays import Floats


@dataclass(frozen=True)
class Split:
    """An answer whose inputs are uncertain, told by a run of `replications` replications."""

    answer: Interval
    """The mean over the inputs, with its interval."""
    input: Interval
    """Standard deviation of the answer over the inputs."""
    sampling: Interval
    """Standard deviation that luck gives to a run."""
    share: Interval
    """Of the variance of a run, what is due to the inputs; NaN if a run does not vary at all."""
    replications: int
    answers: Floats
    """Those found at the points: two of each row x blocks x rows of a block x replications."""
    negative: bool = False
    """Whether the variance over the inputs was estimated to be below 0."""

    @cached_property
    def means(self) -> Floats:
        """The answers found at the points: two of each row x blocks x rows of a block."""
        means: Floats = self.answers.mean(axis=-1)
        return means

    @property
    def nothing_seen(self) -> bool:
        """Whether all answers are 0, or there are none: no telling what the inputs do, nor how much luck there is."""
        return not self.answers.any()

    @property
    def both(self) -> float:
        """Standard deviation of what a run says."""
        return math.hypot(self.input.value, self.sampling.value)

    @property
    def enough(self) -> int | None:
        """The replications from which on luck brings less than the inputs; None if these are not known to matter."""
        if not self.input.low > 0:
            return None
        return math.ceil(self.replications * (self.sampling.value / self.input.value) ** 2)

    def spread(self, deviation: float) -> Floats:
        """The answers at the points, drawn together or apart about their mean until this is their deviation.

        With that of `input` the answers without luck, with `both` what runs say. Never below 0.
        """
        return _drawn(self.means, deviation)

    def chance(self, at_most: float, confidence: float) -> Interval:
        """The share of the inputs for which the answer, without luck, is at most so much.

        Student's t over blocks, and no narrower than the interval of Clopper and Pearson (1934) for as many independent
        points: where all or nearly all points are on one side, blocks do not differ. Measured coverage of nominal 95 %
        over 28 cases (32 to 512 points, without luck to luck as large as the inputs' part; 60 studies each): 0.85 to
        1.00, the median 0.98; of Student's t alone it was down to 0.12.
        """
        if self.nothing_seen:
            return Interval(math.nan, 0.0, 1.0, "nothing seen")
        whole, without = with_each_left_out(lambda of: _share_within(of, at_most), self.answers)
        share, points = float(whole), self.means.size
        by_blocks = within(jackknife(share, without, confidence))
        low, high = clopper_pearson(round(share * points), points, confidence)
        method = f"{by_blocks.method}; at least Clopper-Pearson, {points} points"
        return Interval(share, min(low, by_blocks.low), max(high, by_blocks.high), method)

    def ranges(self, share: float) -> dict[str, tuple[float, float]]:
        """Where the central `share` of the answers lies: by the inputs alone, by sampling alone (normal), by both.

        NaN where nothing was seen.
        """
        ends = (1 - share) / 2, (1 + share) / 2

        def quantiles(deviation: float) -> tuple[float, float]:
            low, high = np.quantile(self.spread(deviation), ends)
            return float(low), float(high)

        if self.nothing_seen:
            return dict.fromkeys(("input", "sampling", "both"), (math.nan, math.nan))
        half = NormalDist().inv_cdf(ends[1]) * self.sampling.value
        by_luck = max(self.answer.value - half, 0.0), self.answer.value + half
        return {"input": quantiles(self.input.value), "sampling": by_luck, "both": quantiles(self.both)}


def split(answers: Floats, replications: int, confidence: float) -> Split:
    """From answers of shape (2, blocks, rows of a block, replications of a point, at least 2), never negative.

    The two points of a row may share their luck; rows may not. Without any above 0 nothing is known.
    """
    if not answers.any():
        unknown = Interval(math.nan, 0.0, math.inf, "nothing seen")
        share = Interval(math.nan, 0.0, 1.0, "nothing seen")
        return Split(unknown, unknown, unknown, share, replications, answers)
    whole, without = with_each_left_out(lambda of: _moments(of, replications), answers)
    mean, by_input, by_luck = (jackknife(whole[i], without[:, i], confidence) for i in range(3))
    if by_input.low > 0:
        shares = without[:, 1] / (without[:, 1] + without[:, 2])
        share = within(jackknife(whole[1] / (whole[1] + whole[2]), shares, confidence))
    else:  # a quotient of what may be nothing has no interval by its own variation
        share = _share(by_input, by_luck.value)
    return Split(
        mean,
        _root(by_input),
        _root(by_luck),
        share,
        replications,
        answers,
        negative=by_input.value < 0,
    )


def _share(by_input: Interval, by_luck: float) -> Interval:
    """What the input's variance is of both, and what it would be at the ends of its interval."""
    of = within(by_input, math.inf)
    if not of.high + by_luck > 0:
        return Interval(math.nan, 0.0, 1.0, "no variation")
    value, low, high = (end / (end + by_luck) if end + by_luck else 0.0 for end in (of.value, of.low, of.high))
    return Interval(value, low, high, of.method)


def _moments(answers: Floats, replications: int) -> Floats:
    """Mean, variance over the inputs, variance that luck gives to a run."""
    each = float(luck(answers).mean()) * answers.shape[-1]
    return np.array([answers.mean(), half_square(answers[0] - answers[1]), each / replications])


def _root(variance: Interval) -> Interval:
    of = within(variance, math.inf)
    return Interval(math.sqrt(of.value), math.sqrt(of.low), math.sqrt(of.high), of.method)


def per_point(by_input: float, by_luck: float, most: int) -> int:
    """Replications at a point, a power of 2 between 2 and `most`: the best for these variances (of a replication)."""
    wanted = 1 + by_luck / by_input if by_input > 0 else math.inf
    return int(2 ** round(math.log2(min(max(wanted, 2.0), most))))


def _drawn(means: Floats, deviation: float) -> Floats:
    """Values drawn together or apart about their mean until this is their deviation; never below 0."""
    found = float(means.std(ddof=1))
    scale = deviation / found if found else 0.0
    drawn: Floats = np.maximum(means.mean() + scale * (means - means.mean()), 0.0)
    return drawn


def _share_within(answers: Floats, at_most: float) -> Floats:
    """The share of the points whose answer, without luck, is at most so much."""
    by_input = math.sqrt(max(float(half_square(answers[0] - answers[1])), 0.0))
    return np.asarray((_drawn(answers.mean(axis=-1), by_input) <= at_most).mean())

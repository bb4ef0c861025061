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
from statistics import NormalDist

import numpy as np

from experiments.inference.intervals import Interval
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
    means: Floats
    """The answers found at the points: two of each row x blocks x rows of a block."""
    negative: bool = False
    """Whether the variance over the inputs was estimated to be below 0."""

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
        found = float(self.means.std(ddof=1))
        scale = deviation / found if found else 0.0
        spread: Floats = np.maximum(self.means.mean() + scale * (self.means - self.means.mean()), 0.0)
        return spread

    def chance(self, at_most: float, confidence: float) -> Interval:
        """The share of the inputs for which the answer, without luck, is at most so much: Student's t over blocks."""
        return _in_blocks((self.spread(self.input.value) <= at_most).mean(axis=(0, 2)), confidence)

    def ranges(self, share: float) -> dict[str, tuple[float, float]]:
        """Where the central `share` of the answers lies: by the inputs alone, by sampling alone (normal), by both."""
        ends = (1 - share) / 2, (1 + share) / 2

        def quantiles(deviation: float) -> tuple[float, float]:
            low, high = np.quantile(self.spread(deviation), ends)
            return float(low), float(high)

        half = NormalDist().inv_cdf(ends[1]) * self.sampling.value
        by_luck = max(self.answer.value - half, 0.0), self.answer.value + half
        return {"input": quantiles(self.input.value), "sampling": by_luck, "both": quantiles(self.both)}


def split(answers: Floats, replications: int, confidence: float) -> Split:
    """From answers of shape (2, blocks, rows of a block, replications of a point, at least 2), never negative.

    The two points of a row may share their luck; rows may not.
    """
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
        answers.mean(axis=-1),
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


def _in_blocks(shares: Floats, confidence: float) -> Interval:
    """The mean of a share of each block."""
    blocks = len(shares)
    without = (shares.sum() - shares) / (blocks - 1)
    return within(jackknife(float(shares.mean()), without, confidence))

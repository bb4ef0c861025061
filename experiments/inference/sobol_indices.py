"""Sobol' indices of an answer that is simulated: which input its variance comes from, luck aside.

Inputs are independent. The first-order index of an input is the share of the answer's variance that would be gone, in
the mean, if this input were known; its total index is the share that would stay if all others were known. A row of the
design (`experiments.design.pick_freeze`) is two points, A and B, and for every input the point that is A but for that
input, which is as in B (pick-freeze; Sobol' 1993). With a, b, c the answers there (Jansen, Computer Physics
Communications 117, 1999):

    variance V = mean((a - b)^2) / 2    first-order = 1 - mean((b - c)^2) / 2 V    total = mean((a - c)^2) / 2 V

A simulated answer is a mean of n replications, so a square contains the square of its error. Written out it is a sum
over pairs of replications, of which only pairs of different ones are independent; so from the square of every
difference the variance that luck gives it, as the n paired differences show it, is taken away. What is left is
unbiased, whether the points of a row meet the same luck or not. They do: what is common to their luck then cancels, and
an input that hardly matters has hardly any noise. Rows do not, for else all would err together and no interval would
show it.

Estimators that are no differences within a row (Saltelli et al., ibid. 181, 2010, as in `scipy.stats.sobol_indices`)
are as good without noise and much worse with it: with replications of variation 1, 4 a point, 128 rows and an answer
whose mean is 4 times its standard deviation, they told the variance from luck in 18 of 300 studies, these in 246.

Points are those of Sobol' sequences in blocks, each scrambled by itself, so blocks are independent and equally good.
Intervals are Student's over jackknife pseudo-values of blocks, as indices are ratios. Where the interval of V reaches 0
the answers differ by no more than luck would make them, and there are no indices (NaN).

Measured coverage of nominal 95 % (`python -m tests.experiments.inference.index_studies 1000`: 1,000 studies of 16
blocks each, of Ishigami's function with standard deviation 1 about a level, times gamma luck of these variations;
standard error 0.007). "Known": the share of the studies that told the variance from luck; then first-order and total
indices of the three inputs.

                                                   known      first-order          total
    no luck, 32 rows                               1.000  0.927 0.905 0.907  0.833 0.936 0.915
    no luck, 128 rows                              1.000  0.952 0.948 0.957  0.918 0.954 0.956
    no luck, 512 rows                              1.000  0.947 0.953 0.958  0.944 0.944 0.952
    luck of its own 0.5, level 2, 128 rows x 4     1.000  0.953 0.937 0.946  0.937 0.943 0.944
    common luck 1, own 0.3, level 4, 128 rows x 4  0.898  0.950 0.941 0.947  0.929 0.938 0.969
    common luck 1, own 0.3, level 4, 512 rows x 4  1.000  0.948 0.940 0.954  0.932 0.948 0.949
    common luck 0.5, level 10, 128 rows x 2        1.000  0.953 0.926 0.948  0.902 0.952 0.932
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from experiments.inference.intervals import Interval
from models.arrays import Floats


@dataclass(frozen=True)
class Indices:
    """What the variance of an answer comes from; an entry per input in `first` and `total`, NaN if nothing is known."""

    variance: Interval
    first: tuple[Interval, ...]
    total: tuple[Interval, ...]

    @property
    def known(self) -> bool:
        """Whether the answers differ by more than luck would make them."""
        return self.variance.low > 0


def indices(answers: Floats, confidence: float) -> Indices:
    """The indices of answers of shape (inputs + 2, blocks, rows of a block, replications): at A, at B, and mixed.

    The replications of the points of a row may share their luck; rows may not. With one replication answers are taken
    to be exact. No index is below 0 or above 1: estimates beyond are shown as these.
    """
    if not answers.size:
        nothing = (Interval(math.nan, 0.0, 1.0, "there are no answers"),) * (len(answers) - 2)
        return Indices(Interval(math.nan, 0.0, math.inf, "there are no answers"), nothing, nothing)
    whole, without = with_each_left_out(_parts, answers)
    variance = jackknife(whole[0], without[:, 0], confidence)
    if not variance.low > 0:
        unknown = (Interval(math.nan, 0.0, 1.0, "the answers differ by no more than luck"),) * (len(answers) - 2)
        return Indices(within(variance, math.inf), unknown, unknown)
    shares = [
        within(jackknife(whole[part] / whole[0], without[:, part] / without[:, 0], confidence))
        for part in range(1, len(whole))
    ]
    return Indices(variance, tuple(shares[: len(shares) // 2]), tuple(shares[len(shares) // 2 :]))


def _parts(answers: Floats) -> Floats:
    """The variance, then what of it is each input's alone, then what has to do with each."""
    a, b, mixed = answers[0], answers[1], answers[2:]
    variance = half_square(a - b)
    return np.concatenate(([variance], variance - half_square(b - mixed), half_square(a - mixed)))


def half_square(differences: Floats) -> Floats:
    """Half of the mean square of differences, of shape (..., blocks, rows, replications), without what luck adds."""
    squares = np.square(differences.mean(axis=-1)) - luck(differences)
    halves: Floats = squares.mean(axis=(-2, -1)) / 2
    return halves


def luck(answers: Floats) -> Floats:
    """The variance that luck gives to a mean of replications (the last axis), as they show it; 0 of a single one."""
    n = answers.shape[-1]
    variance: Floats = answers.var(axis=-1, ddof=1) / n if n > 1 else np.zeros(answers.shape[:-1])
    return variance


# --- intervals over blocks -------------------------------------------------------------------------------------------


def with_each_left_out(statistics: Callable[[Floats], Floats], answers: Floats) -> tuple[Floats, Floats]:
    """Statistics of all blocks (the second axis of `answers`), and a row for each block of those without it."""
    blocks = range(answers.shape[1])
    return statistics(answers), np.stack([statistics(np.delete(answers, block, axis=1)) for block in blocks])


def jackknife(whole: float, without: Floats, confidence: float) -> Interval:
    """A statistic of all blocks with Student's interval, from its values without each of them."""
    from scipy.special import stdtrit

    blocks = len(without)
    pseudo = blocks * whole - (blocks - 1) * without
    value = float(pseudo.mean())
    half = float(stdtrit(blocks - 1, (1 + confidence) / 2)) * float(pseudo.std(ddof=1)) / math.sqrt(blocks)
    return Interval(value, value - half, value + half, f"t, {blocks} scrambled blocks")


def within(of: Interval, most: float = 1.0) -> Interval:
    """The interval and its value, no end below 0 or above `most`."""
    value, low, high = (min(max(end, 0.0), most) for end in (of.value, of.low, of.high))
    return Interval(value, low, high, of.method)

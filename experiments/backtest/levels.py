"""Levels that wander: by how much the rate of failures, or the length of repairs, changes from stretch to stretch.

The first half is cut into stretches of equal length. In each there is a level, the logarithm of how many times more
failures came (or how many times longer repairs took) than the laws say. From one stretch to the next it takes a normal
step (fleets age, are rebuilt, grow busier), and what a stretch shows scatters about it (outages come in bursts, several
at once). How large steps and scatter are is not known, so it is averaged over: each of a few sizes counts by how likely
it makes the first half (a local-level model, filtered on a grid; West and Harrison, Bayesian Forecasting and Dynamic
Models, 1997). That there are none has most of the prior weight, so a log that shows nothing of the kind is foretold
nearly as if there were none: of 150 Poisson failures in each half the interval is a fifth wider. What is left without
steps and scatter is how uncertain a rate is that is known from so many failures: a gamma law.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from models.arrays import Floats, Ints

STRETCHES = 8
"""Of the first half; those of the second are as long."""
STEPS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Standard deviations of a step."""
SCATTERS = (0.0, 0.1, 0.2, 0.4, 0.8)
"""Standard deviations, relative to the level, of what a stretch shows."""
_NONE, _LARGER = 0.85, 0.5
"""Prior weight of no steps, and of no scatter; and that of each size relative to the next smaller."""
_POINTS = 201


@dataclass(frozen=True)
class Levels:
    """What the first half shows of a level: by size of the step and of the scatter."""

    grid: Floats
    last: Floats
    """Probability of each level of the grid at the cut, for each pair of sizes."""
    weight: Floats
    """Of each pair of sizes."""

    def draw(self, draws: int, stretches: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Levels of stretches after the cut, a row a draw, and the size of the scatter about them, one a draw."""
        pairs: Ints = rng.choice(len(self.weight), draws, p=self.weight)
        step, scatter = np.repeat(STEPS, len(SCATTERS))[pairs], np.tile(SCATTERS, len(STEPS))[pairs]
        sums = np.cumsum(self.last, axis=1)[pairs]
        at = (sums < rng.random(draws)[:, None] * sums[:, -1:]).sum(axis=1)
        width = self.grid[1] - self.grid[0]
        begin = self.grid[at] + width * (rng.random(draws) - 0.5)
        steps = step[:, None] * rng.standard_normal((draws, stretches)) - step[:, None] ** 2 / 2  # no growth on average
        return begin[:, None] + np.cumsum(steps, axis=1), scatter


def of_counts(counts: Floats, expected: Floats) -> Levels:
    """The level of a rate, from how often things failed in each stretch and how often the laws say."""
    grid = _grid(1 / np.sqrt(max(counts.sum(), 1.0)))
    means = np.maximum(expected, 1e-9)[:, None] * np.exp(grid)
    seen = counts[:, None]
    likelihoods = [seen * np.log(means) - means]
    for scatter in SCATTERS[1:]:
        k = scatter**-2
        likelihoods.append(
            special.gammaln(k + seen)
            - special.gammaln(k)
            - k * np.log1p(means / k)
            + seen * np.log(means / (k + means))  # to the same constant as Poisson's
        )
    return _filtered(grid, np.array(likelihoods))


def of_lengths(numbers: Floats, deviations: Floats, variance: float) -> Levels:
    """The level of lengths, from how many there were in each stretch and the mean of their logarithms above the law's.

    `variance`: of the logarithm of a single one.
    """
    own = variance / np.maximum(numbers, 1e-9)
    grid = _grid(float(np.sqrt(variance / max(numbers.sum(), 1.0))))
    likelihoods = []
    for scatter in SCATTERS:
        spread = (own + scatter**2)[:, None]
        off = (deviations[:, None] - grid) ** 2 / spread
        likelihoods.append(np.where(numbers[:, None] > 0, -(off + np.log(spread)) / 2, 0.0))
    return _filtered(grid, np.array(likelihoods))


def _grid(error: float) -> Floats:
    """Levels that may be: as far as steps may lead, and where little is known as far as that leaves plausible."""
    return np.linspace(-1, 1, _POINTS) * min(2.0 + 5 * error, 6.0)


def _filtered(grid: Floats, likelihoods: Floats) -> Levels:
    """From ln likelihoods of shape (scatters, stretches, grid)."""
    last, evidence = [], []
    for step in STEPS:
        kernel = None if step == 0 else np.exp(-(((grid[:, None] - grid) / step) ** 2) / 2)
        if kernel is not None:
            kernel /= kernel.sum(axis=1, keepdims=True)
        p = np.full((len(likelihoods), len(grid)), 1 / len(grid))
        known = np.zeros(len(likelihoods))
        for stretch in range(likelihoods.shape[1]):
            if stretch and kernel is not None:
                p = p @ kernel
            most = likelihoods[:, stretch].max(axis=1)
            p = p * np.exp(likelihoods[:, stretch] - most[:, None])
            total = p.sum(axis=1)
            known += np.log(total) + most
            p /= total[:, None]
        last.append(p)
        evidence.append(known)
    weight = np.exp(np.array(evidence) - np.max(evidence)) * np.outer(_prior(len(STEPS)), _prior(len(SCATTERS)))
    return Levels(grid, np.concatenate(last), weight.ravel() / weight.sum())


def _prior(sizes: int) -> Floats:
    some = _LARGER ** np.arange(sizes - 1.0)
    return np.concatenate([[_NONE], (1 - _NONE) * some / some.sum()])

"""Laws fitted to resampled halves: how much a fit owes to which nodes were in it, and to how often they failed.

Whole nodes are drawn with replacement, with all their spells, so that what the spells of a node have in common stays in
the spread (a cluster bootstrap); where there are too few nodes for that, single spells are. The law is chosen anew each
time, by AIC, so the choice is uncertain, too. How long up-times are on the whole, and repairs, is left to `levels`.
"""

import math
from collections.abc import Iterator

import numpy as np

from experiments.backtest.halves import FirstHalf, Spells
from experiments.fitting.laws import NoFit, fits
from experiments.fitting.lifetimes import Sample
from models.arrays import Ints
from models.distributions import Distribution, Exponential, LogNormal

FEW_TIMES, FEW_REPAIRS = 10, 30
"""Below so many observed times no law is chosen: up-times are taken as exponential, repairs as lognormal."""
FEW_NODES = 8
"""Below so many nodes with outages spells are resampled, not nodes."""
_IMAGINARY, _VARIANCE = 5, 1.4
"""Imaginary repairs, and the variance of their logarithms (a relative variance of 3, as `inference.intervals` has): a
few repairs do not show how unequal they are."""

Laws = tuple[Distribution, Distribution]
"""Of up-times and of repair times."""


def fitted(first: FirstHalf) -> Laws:
    """The likeliest laws of the first half."""
    return up_law(first.up.sample()), repair_law(first.down.sample())


def resampled(first: FirstHalf, times: int, rng: np.random.Generator) -> Iterator[Laws]:
    """The laws of so many resampled halves; that of few up-times stays: `levels` knows how unsure their number is."""
    few = up_law(first.up.sample()) if len(first.up.sample().observed) < FEW_TIMES else None
    whole = len(np.unique(first.down.node)) >= FEW_NODES
    for _ in range(times):
        if whole:
            often = np.bincount(rng.integers(first.nodes, size=first.nodes), minlength=first.nodes)
            up, down = _of_nodes(first.up, often), _of_nodes(first.down, often)
        else:
            up, down = (rng.integers(len(s.node), size=len(s.node)) for s in (first.up, first.down))
        yield few or up_law(first.up.sample(up)), repair_law(first.down.sample(down))


def up_law(sample: Sample) -> Distribution:
    """The likeliest law of up-times."""
    if len(sample.observed) >= FEW_TIMES:
        try:
            return fits(sample)[0].law
        except NoFit:
            pass
    whole = float(sample.observed.sum() + sample.censored.sum())
    return Exponential(max(whole, 1.0) / max(len(sample.observed), 1))


def repair_law(sample: Sample) -> Distribution:
    """The likeliest law of repairs; of few, a lognormal law, which says more of long ones than they show."""
    if len(sample.observed) >= FEW_REPAIRS:
        try:
            return fits(sample)[0].law
        except NoFit:
            pass
    times = sample.observed if len(sample.observed) else sample.censored  # at least so long
    if not len(times):
        return Exponential(1.0)  # all of length zero
    logs = np.log(times)
    known = len(times) - 1
    variance = (float(((logs - logs.mean()) ** 2).sum()) + _IMAGINARY * _VARIANCE) / (known + _IMAGINARY)
    return LogNormal(math.exp(float(logs.mean())), math.sqrt(variance))


def _of_nodes(spells: Spells, often: Ints) -> Ints:
    """The entries of the nodes that were drawn, as often as they were."""
    return np.repeat(np.arange(len(spells.node)), often[spells.node])

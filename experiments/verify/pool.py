"""Many systems at once: in a pool of N equal units, every choice of n of them is an n-unit system.

What the average choice goes through has exactly the expectation of a single system, and a pool meets far more rare
coincidences than a system of its own would in the same time. The choices overlap, so they are not independent: the
variance of their average comes from the Markov chain of the pool as a whole.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from experiments import closed_form as exact
from experiments.closed_form import Chain
from experiments.verify.check import Check
from models.arrays import Floats
from models.units import YEAR
from simulator.step_function import StepFunction


@dataclass(frozen=True)
class System:
    """n units of which k must be up."""

    n: int
    k: int

    def share_down(self, pool: int, down: Floats) -> Floats:
        """Share of the choices of n units out of a pool that have fewer than k up, so many of the pool being down."""
        from scipy.stats import hypergeom

        # The sum of the terms, not 1 - x: shares as small as 1e-10 keep their digits.
        dead = np.arange(self.n - self.k + 1, self.n + 1)
        table = np.array(
            [hypergeom.pmf(dead, pool, failed, self.n).sum() for failed in range(int(down.max(initial=0)) + 1)]
        )
        shares: Floats = table[down.astype(int)]
        return shares


@dataclass(frozen=True)
class Pool:
    """N units that fail in exponential ways, each with its own (mttf, mttr)."""

    size: int
    ways: tuple[tuple[float, float], ...]
    most: tuple[int, ...]
    """More units than that are practically never down at once, by way."""

    @cached_property
    def _chain(self) -> tuple[Chain, Floats]:
        return exact.units_down(self.size, self.ways, self.most)

    def errors(self, system: System, seconds: float) -> tuple[float, float, float]:
        """Standard errors of unavailability, outages a year and mean outage (s), after so many seconds of the pool."""
        chain, down = self._chain
        share = system.share_down(self.size, down)
        starts = np.maximum(0.0, share - share[:, np.newaxis])
        still, nothing = np.zeros_like(share), np.zeros_like(starts)
        outages = chain.mean_rate(still, starts)
        length = chain.mean_rate(share, nothing) / outages
        return (
            math.sqrt(chain.variance_rate(share, nothing) / seconds),
            math.sqrt(chain.variance_rate(still, starts) / seconds) * YEAR,
            math.sqrt(chain.variance_rate(share, -length * starts) / seconds) / outages,
        )


@dataclass
class Tally:
    """What the average choice of n units of a pool has gone through so far."""

    pool: int
    system: System
    seconds: float = 0.0
    downtime: float = 0.0
    outages: float = 0.0

    def add(self, up: StepFunction) -> None:
        """More time of the pool: how many of its units were up."""
        share = self.system.share_down(self.pool, self.pool - up.values)
        self.seconds += up.duration
        self.downtime += float(up.widths @ share)
        self.outages += float(np.maximum(0.0, np.diff(share, prepend=0.0)).sum())

    @property
    def unavailability(self) -> float:
        return self.downtime / self.seconds

    @property
    def outages_per_year(self) -> float:
        return self.outages / self.seconds * YEAR


def tallies(pool: int, systems: Sequence[System], histories: Iterable[StepFunction]) -> list[Tally]:
    """A tally of each system over all histories of a pool."""
    result = [Tally(pool, system) for system in systems]
    for up in histories:
        for tally in result:
            tally.add(up)
    return result


def precise(checks: Iterable[Check]) -> list[Check]:
    """Those whose standard error is at most 0.3 of the answer: fewer than some ten outages tell nothing."""
    return [check for check in checks if check.standard_error <= 0.3 * abs(check.exact)]

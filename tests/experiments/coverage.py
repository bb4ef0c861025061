"""How often the product's intervals hold the truth: studies of k-of-n systems, whose availability is known exactly.

Run as a program it prints the table in the docstring of `experiments.intervals`.
"""

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from experiments import closed_form, intervals
from experiments.estimate import YEAR

Law = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
"""Draws lengths of mean 1."""


def exponential(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_exponential(shape)


def weibull(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Shape 0.7: failures come in flocks."""
    return rng.weibull(0.7, shape) / math.gamma(1 + 1 / 0.7)


def lognormal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Sigma 1.2: the longest twentieth takes 35 % of the time."""
    return np.exp(1.2 * rng.standard_normal(shape) - 1.2**2 / 2)


def fixed(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.ones(shape)


def two_kinds(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Nine of ten are short, the tenth is ninety times as long: nine tenths of the time."""
    return np.where(rng.random(shape) < 0.1, 90.0, 1.0) / 9.9


@dataclass(frozen=True)
class System:
    """`n` independent units, of which `k` must be up; a unit is up for 1 on average and down for `down`."""

    k: int
    n: int
    down: float
    lives: Law = exponential
    repairs: Law = exponential

    @property
    def unavailability(self) -> float:
        return closed_form.k_of_n_unavailability(self.n, self.k, 1.0, self.down)

    @property
    def outage_rate(self) -> float:
        return closed_form.k_of_n_outages_per_year(self.n, self.k, 1.0, self.down) / YEAR


def studies(
    system: System, outages: float, replications: int, count: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    """`count` studies with so many expected outages in all: downtime per replication, outage lengths, window."""
    window = outages / system.outage_rate / replications
    cycles = _cycles(window) * replications * system.n
    for _ in range(0, count, batch := max(1, min(count, int(2e6 / cycles)))):
        starts, ends = _outages(system, window, batch * replications, rng)
        run = (starts / (2 * window)).astype(int)
        downtimes = np.bincount(run, ends - starts, batch * replications).reshape(batch, replications)
        of_study = np.split(ends - starts, np.searchsorted(run, replications * np.arange(1, batch)))
        yield from zip(downtimes, of_study, [window] * batch, strict=True)


BEFORE = 10.0
"""Every history begins so long before its window that it does not matter that all units were new."""


def _cycles(window: float) -> int:
    """So many lives and repairs are longer than the history, almost surely."""
    return int(window + BEFORE + 8 * math.sqrt(2 * (window + BEFORE)) + 20)


def _outages(system: System, window: float, runs: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of the outages in the windows of independent runs; run i has [2 i window, (2 i + 1) window]."""
    shape = (runs, system.n, _cycles(window))
    spans = np.stack((system.lives(rng, shape), system.down * system.repairs(rng, shape)), axis=-1)
    ends = np.cumsum(spans.reshape(runs, system.n, -1), axis=-1) - BEFORE
    down, up = np.clip(ends[..., 0::2], 0, window), np.clip(ends[..., 1::2], 0, window)
    seen, offset = up > down, 2 * window * np.arange(runs)[:, None, None]
    times = np.concatenate(((down + offset)[seen], (up + offset)[seen]))
    order = np.argsort(times, kind="stable")
    units_down = np.cumsum(np.repeat([1, -1], len(times) // 2)[order])
    edges = np.diff((units_down > system.n - system.k).astype(int), prepend=0)
    return times[order][edges == 1], times[order][edges == -1]


@dataclass(frozen=True)
class Coverage:
    """Of the studies with some downtime."""

    share: float
    """Those whose interval holds the truth."""
    too_high: float
    """Those that state too high an availability."""


def coverage(system: System, outages: float, replications: int, count: int, seed: int) -> Coverage:
    """The product's 95 % interval in `count` studies with so many expected outages each."""
    hits = below = seen = 0
    for downtimes, lengths, window in studies(system, outages, replications, count, np.random.default_rng(seed)):
        if downtimes.sum() > 0:
            found = intervals.unavailability(downtimes, np.full(replications, window), lengths, 0.95)
            seen += 1
            hits += found.low <= system.unavailability <= found.high
            below += found.high < system.unavailability
    return Coverage(hits / seen, below / seen)


SYSTEMS = {
    "one unit, fixed repairs": System(1, 1, 0.001, repairs=fixed),
    "one unit, exponential repairs": System(1, 1, 0.001),
    "one unit, Weibull lives": System(1, 1, 0.001, lives=weibull),
    "one unit, lognormal repairs": System(1, 1, 0.001, repairs=lognormal),
    "one unit, two kinds of repairs": System(1, 1, 0.001, repairs=two_kinds),
    "2 of 3, exponential repairs": System(2, 3, 0.02),
    "2 of 3, lognormal repairs": System(2, 3, 0.02, repairs=lognormal),
    "3 of 5, exponential repairs": System(3, 5, 0.05),
    "1 of 2, lognormal repairs": System(1, 2, 0.02, repairs=lognormal),
}
OUTAGES = (5, 10, 20, 50, 100, 200)

if __name__ == "__main__":
    replications, count = int(sys.argv[1]), int(sys.argv[2])
    print(f"{replications} replications, {count} studies".ljust(32), *(f"{outages:>6}" for outages in OUTAGES))
    for name, system in SYSTEMS.items():
        found = [coverage(system, outages, replications, count, seed=1) for outages in OUTAGES]
        shares, too_high = ([f"{getattr(one, what):6.3f}" for one in found] for what in ("share", "too_high"))
        print(name.ljust(32), *shares, "  too high:", *too_high, flush=True)

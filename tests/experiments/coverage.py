"""How often the product's intervals hold the truth: studies of k-of-n systems, whose availability is known exactly.

Run as a program it prints the table in the docstring of `experiments.intervals`.
"""

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from experiments import closed_form, intervals

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
        up = 1 / (1 + self.down)
        ways = self.n * math.comb(self.n - 1, self.k - 1)
        return ways * up ** (self.k - 1) * (1 - up) ** (self.n - self.k) / (1 + self.down)


def studies(
    system: System, outages: float, replications: int, count: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    """`count` studies with so many expected outages in all: downtime per replication, outage lengths, window.

    The replications of a study are adjoining windows of one long history, which begins at a time far from its start.
    """
    window = outages / system.outage_rate / replications
    whole = window * replications
    for _ in range(0, count, batch := max(1, min(count, int(3e6 / (whole * system.n + 100))))):
        starts, ends = _outages(system, whole, batch, rng)
        study = (starts // whole).astype(int)
        pieces = np.maximum(np.ceil(ends / window) - np.floor(starts / window), 1).astype(int)
        first = np.floor(np.repeat(starts, pieces) / window)
        number = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        place = np.minimum((first + number).astype(int), batch * replications - 1)
        low = np.maximum(np.repeat(starts, pieces), (first + number) * window)
        high = np.minimum(np.repeat(ends, pieces), (first + number + 1) * window)
        lengths = np.maximum(high - low, 0.0)
        downtimes = np.bincount(place, lengths, batch * replications).reshape(batch, replications)
        owner = np.repeat(study, pieces)
        for i, ours in enumerate(np.split(lengths, np.searchsorted(owner, np.arange(1, batch)))):
            yield downtimes[i], ours, window


def _outages(system: System, whole: float, batch: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of the outages of `batch` histories of length `whole`, one behind the other."""
    before = 20.0
    cycles = int((whole + before) + 6 * math.sqrt(3 * (whole + before)) + 20)
    spans = np.stack(
        [
            system.lives(rng, (batch, system.n, cycles)),
            system.down * system.repairs(rng, (batch, system.n, cycles)),
        ],
        axis=-1,
    )
    ends = np.cumsum(spans.reshape(batch, system.n, -1), axis=-1) - before
    offset = whole * np.arange(batch)[:, None, None]
    down = np.clip(ends[..., 0::2], 0, whole) + offset, np.clip(ends[..., 1::2], 0, whole) + offset
    some = down[1] > down[0]
    times = np.concatenate((down[0][some], down[1][some]))
    steps = np.concatenate((np.ones(some.sum(), dtype=int), -np.ones(some.sum(), dtype=int)))
    order = np.argsort(times, kind="stable")
    level = np.cumsum(steps[order])
    too_many = level >= system.n - system.k + 1
    edges = np.diff(too_many.astype(int), prepend=0)
    return times[order][edges == 1], times[order][edges == -1]


def coverage(
    system: System, outages: float, replications: int, count: int, seed: int, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Share of the studies with some downtime whose interval holds the truth; of those below it; relative half-width."""
    truth, rng = system.unavailability, np.random.default_rng(seed)
    hits, below, widths = 0, 0, []
    for downtimes, lengths, window in studies(system, outages, replications, count, rng):
        if not downtimes.sum() > 0:
            continue
        found = intervals.unavailability(downtimes, np.full(replications, window), lengths, confidence)
        hits += found.low <= truth <= found.high
        below += found.high < truth
        widths.append((found.high - found.low) / 2 / truth)
    return hits / len(widths), below / len(widths), float(np.median(widths))


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
        print(name.ljust(32), *(f"{share:6.3f}" for share, _, _ in found), " too low:", *(f"{b:5.3f}" for _, b, _ in found), flush=True)

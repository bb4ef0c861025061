"""Logs whose laws are known: of exponential and Weibull lives, of nodes that differ, with lognormal repairs.

`python -m tests.experiments.backtest.synthetic 200` says how many of so many logs hold.
"""

import math
import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from experiments.backtest.backtest import Backtest, backtest, foretold
from experiments.backtest.halves import halves
from experiments.file.outages import Outage, OutageLog

LENGTH = 2 * 365 * 86400.0


class Kind(NamedTuple):
    """How nodes fail and are repaired; the mean repair is an hour or so."""

    name: str
    shape: float = 1.0
    """Of the Weibull law of lives."""
    differ: float = 0.0
    """Variance of the rates of nodes."""
    sigma: float | None = None
    """Of lognormal repairs; None: exponential."""


KINDS = (
    Kind("exponential"),
    Kind("decreasing hazard", shape=0.7, sigma=1.2),
    Kind("nodes that differ", differ=0.8, sigma=1.2),
    Kind("lognormal repairs", sigma=1.4),
)
SIZES = ((10, 40), (40, 120), (5, 200))
"""Nodes, and about how many outages in both halves."""


def log(number: int) -> tuple[OutageLog, int]:
    """The log of this number and its nodes; kinds and sizes take turns."""
    kind, (nodes, failures) = KINDS[number % len(KINDS)], SIZES[number // len(KINDS) % len(SIZES)]
    rng = np.random.default_rng([18, number])
    scale = LENGTH * nodes / failures / math.gamma(1 + 1 / kind.shape)
    outages = []
    for node in range(nodes):
        rate = rng.gamma(1 / kind.differ, kind.differ) if kind.differ else 1.0
        at = scale * rng.weibull(kind.shape) / rate
        while at < LENGTH:
            lasts = 3600 * rng.exponential() if kind.sigma is None else 1800 * math.exp(kind.sigma * rng.normal())
            end = at + lasts
            outages.append(Outage(f"n{node}", at, end if end < LENGTH else None, len(outages) + 2))
            at = end + scale * rng.weibull(kind.shape) / rate
    return OutageLog(f"{kind.name} {number}", tuple(outages)), nodes


def backtests(numbers: range) -> Iterator[Backtest]:
    """What the first halves of the logs foretell of the second."""
    for number in numbers:
        made, nodes = log(number)
        cut = halves(made, observed_from=0.0, observed_until=LENGTH, nodes=nodes)
        yield backtest(made.file, cut, foretold(cut, number), 0.95)


if __name__ == "__main__":
    found = list(backtests(range(*map(int, sys.argv[1:]))))
    for kind in KINDS:
        for _, size in SIZES:
            of = [
                b for i, b in enumerate(found) if b.name.startswith(kind.name) and SIZES[i // len(KINDS) % 3][1] == size
            ]
            for which in range(2) if of else ():
                held = [each.predictions[which].inside for each in of]
                print(kind.name, size, of[0].predictions[which].of, f"{sum(held)} of {len(held)}")
    for which in range(2):
        pits = np.array([each.predictions[which].pit for each in found])
        print(np.mean([each.predictions[which].inside for each in found]), pits.mean(), pits.std(), 1 / 12**0.5)

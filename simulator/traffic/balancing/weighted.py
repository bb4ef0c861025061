"""At random in proportion to weights: weighted clusters of proxies, and what weighted round robin does on average."""

from dataclasses import dataclass

import numpy as np

from simulator.registry import register
from simulator.traffic.balancing import Candidates, Choice, Floats, Ints


@register("balancing", "weighted")
@dataclass(frozen=True)
class Weighted:
    """Every endpoint with a chance in proportion to its weight."""

    compares = False

    def shares(self, candidates: Candidates) -> Floats:
        return np.asarray(candidates.weights / candidates.weights.sum())

    def cells(self, clients: int) -> int:
        return 1

    def choice(self) -> tuple[Choice, tuple[float, ...]]:
        return choose, ()


def choose(
    table: Ints,
    size: int,
    loads: Ints,
    weights: Floats,
    memory: Ints,
    stamps: Floats,
    now: float,
    client: int,
    key: int,
) -> int:
    """One with a chance in proportion to its weight."""
    total = 0.0
    for i in range(size):
        total += weights[table[i]]
    left = total * key / 4294967296.0
    for i in range(size - 1):
        left -= weights[table[i]]
        if left < 0:
            return int(table[i])
    return int(table[size - 1])

"""At random in proportion to weights: weighted clusters of proxies, and what weighted round robin does on average."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from simulator.registry import register
from simulator.traffic.balancing import Balancing, Candidates, Pick


@register("balancing", "weighted")
@dataclass(frozen=True)
class Weighted(Balancing):
    """Every endpoint with a chance in proportion to its weight."""

    def shares(self, candidates: Candidates) -> Floats:
        return np.asarray(candidates.weights / candidates.weights.sum())

    @staticmethod
    def choose(pick: Pick) -> int:
        """One with a chance in proportion to its weight."""
        total = 0.0
        for i in range(pick.size):
            total += pick.weights[pick.table[i]]
        left = total * pick.key / 4294967296.0
        for i in range(pick.size - 1):
            left -= pick.weights[pick.table[i]]
            if left < 0:
                return int(pick.table[i])
        return int(pick.table[pick.size - 1])

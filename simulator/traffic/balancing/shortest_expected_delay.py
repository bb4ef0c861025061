"""The endpoint where the request is expected to be done first: the IPVS scheduler sed."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from simulator.registry import register
from simulator.traffic.balancing import Balancing, Candidates, Pick
from simulator.traffic.balancing.least_connections import shares_of_the_idle_first
from simulator.traffic.keys import draw


@register("balancing", "shortestExpectedDelay")
@dataclass(frozen=True)
class ShortestExpectedDelay(Balancing):
    """The least (requests in progress + 1) over the weight; ties at random.

    Unlike with least connections, an idle slow endpoint is not preferred to a fast one with little to do.
    """

    compares = True

    def shares(self, candidates: Candidates) -> Floats:
        """By weight, as under load; those of least connections if the weights are equal."""
        if np.ptp(candidates.weights) == 0:
            return shares_of_the_idle_first(candidates)
        return np.asarray(candidates.weights / candidates.weights.sum())

    @staticmethod
    def choose(pick: Pick) -> int:
        """The one that is expected to be done first; ties at random."""
        best = int(pick.table[0])
        least = (pick.active[best] + 1) / pick.weights[best]
        ties = 1
        for i in range(1, pick.size):
            other = int(pick.table[i])
            delay = (pick.active[other] + 1) / pick.weights[other]
            if delay < least:
                best, least, ties = other, delay, 1
            elif delay == least:
                ties += 1
                if (draw(pick.key, ties) * ties) >> 32 == 0:
                    best = other
        return best

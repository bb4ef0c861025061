"""The endpoint where the request is expected to be done first: the IPVS scheduler sed."""

from dataclasses import dataclass

import numpy as np

from simulator.registry import register
from simulator.traffic.balancing import Candidates, Choice, Floats, Ints
from simulator.traffic.balancing.least_connections import shares_of_the_idle_first
from simulator.traffic.keys import draw


@register("balancing", "shortestExpectedDelay")
@dataclass(frozen=True)
class ShortestExpectedDelay:
    """The least (requests in progress + 1) over the weight; ties at random.

    Unlike with least connections, an idle slow endpoint is not preferred to a fast one with little to do.
    """

    compares = True

    def shares(self, candidates: Candidates) -> Floats:
        """By weight, as under load; those of least connections if the weights are equal."""
        if np.ptp(candidates.weights) == 0:
            return shares_of_the_idle_first(candidates)
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
    """The one that is expected to be done first; ties at random."""
    best = int(table[0])
    least = (loads[best] + 1) / weights[best]
    ties = 1
    for i in range(1, size):
        other = int(table[i])
        delay = (loads[other] + 1) / weights[other]
        if delay < least:
            best, least, ties = other, delay, 1
        elif delay == least:
            ties += 1
            if (draw(key, ties) * ties) >> 32 == 0:
                best = other
    return best

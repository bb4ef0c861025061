"""The endpoint with the fewest requests in progress: IPVS lc and wlc, join the shortest queue."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from simulator.registry import register
from simulator.traffic.balancing import Balancing, Candidates, Pick, equal
from simulator.traffic.keys import draw


@register("balancing", "leastConnections")
@dataclass(frozen=True)
class LeastConnections(Balancing):
    """The least number of requests in progress over the weight; ties at random."""

    compares = True

    def shares(self, candidates: Candidates) -> Floats:
        return shares_of_the_idle_first(candidates)

    @staticmethod
    def choose(pick: Pick) -> int:
        """The least loaded; ties at random."""
        best = int(pick.table[0])
        ties = 1
        for i in range(1, pick.size):
            other = int(pick.table[i])
            # Over the weights, multiplied out: dividing takes longer.
            mine, least = pick.active[other] * pick.weights[best], pick.active[best] * pick.weights[other]
            if mine < least:
                best, ties = other, 1
            elif mine == least:
                ties += 1
                if (draw(pick.key, ties) * ties) >> 32 == 0:
                    best = other
        return best


def shares_of_the_idle_first(candidates: Candidates) -> Floats:
    """Equal shares, unless requests fail at once at some endpoints: these are always idle, and attract what they lose.

    With z such endpoints a request goes to one of the m others only if that one is idle too, so at most one at a time
    is in progress at each. b busy ones: another becomes busy at rate a (m - b) / (m - b + z), one is done at rate b,
    where a is the offered load in erlangs; the others' share is the mean of (m - b) / (m - b + z). Exact for Poisson
    arrivals, exponential service and equal weights.
    """
    failing = candidates.active <= 0
    z = int(failing.sum())
    m = len(candidates) - z
    if not (z and m):
        return equal(candidates)
    offered = float(candidates.active[~failing].mean()) * len(candidates)
    free = np.arange(m, -1, -1)
    passed = free / (free + z)
    weights = np.cumprod(np.concatenate(([1.0], offered * passed[:-1] / np.arange(1, m + 1))))
    served = float((weights * passed).sum() / weights.sum())
    return np.where(failing, (1 - served) / z, served / m)

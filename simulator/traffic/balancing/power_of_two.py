"""The better of two (or d) endpoints taken at random: the power of two choices (Mitzenmacher 2001)."""

import functools
import math
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from simulator.registry import register
from simulator.traffic.balancing import Balancing, Candidates, Pick, equal
from simulator.traffic.keys import draw


@register("balancing", "powerOfTwo")
@dataclass(frozen=True)
class PowerOfTwo(Balancing):
    """The one with the fewest requests in progress over its weight, among `choices` different ones taken at random."""

    choices: int = 2
    """How many are compared, from 2 to 64."""

    compares = True

    def __post_init__(self) -> None:
        if not 2 <= self.choices <= 64:
            raise ValueError(f"choices must be from 2 to 64 (got {self.choices!r})")

    def shares(self, candidates: Candidates) -> Floats:
        """Equal, unless requests fail at once at some endpoints, which are always idle.

        Such an endpoint wins whenever it is among the choices, but for ties with others that are idle. An endpoint is
        idle with probability 1 - its load, taken as independent: an approximation, good for small loads.
        """
        failing = candidates.active <= 0
        z, n = int(failing.sum()), len(candidates)
        m = n - z
        if not (z and m):
            return equal(candidates)
        served = _settled(z, m, min(self.choices, n), float(candidates.active[~failing].mean()))
        return np.where(failing, (1 - served) / z, served / m)

    @property
    def parameters(self) -> tuple[float, ...]:
        return (float(self.choices),)

    @staticmethod
    def choose(pick: Pick) -> int:
        """The least loaded of a few taken at random."""
        choices = min(int(pick.parameters[0]), pick.size)
        # Different endpoints: the i-th choice is among those that are left, moved to the end of the table as they go.
        best = -1
        for i in range(choices):
            left = pick.size - i
            place = (pick.key * left) >> 32 if i == 0 else (draw(pick.key, i) * left) >> 32
            other = int(pick.table[place])
            pick.table[place] = pick.table[left - 1]
            pick.table[left - 1] = other
            # Over the weights, multiplied out: dividing takes longer.
            if i == 0 or pick.active[other] * pick.weights[best] < pick.active[best] * pick.weights[other]:
                best = other
        return best


@functools.lru_cache(maxsize=1 << 14)
def _settled(z: int, m: int, d: int, load: float) -> float:
    """The share of requests that go to `m` endpoints beside `z` that are always idle, given the mean load of each."""
    low, high = 0.0, 1.0
    for _ in range(60):
        served = (low + high) / 2
        idle = max(0.0, 1 - load * served * (z + m) / m)
        low, high = (served, high) if _served(z, m, d, idle) > served else (low, served)
    return served


def _served(z: int, m: int, d: int, idle: float) -> float:
    """P(one of `m` endpoints is chosen of d among them and `z` that are always idle)."""
    total = 0.0
    for dead in range(max(0, d - m), min(z, d) + 1):
        alive = d - dead
        drawn = math.comb(z, dead) * math.comb(m, alive) / math.comb(z + m, d)
        if dead == 0:
            total += drawn
            continue
        for ties in range(alive + 1):
            chance = math.comb(alive, ties) * idle**ties * (1 - idle) ** (alive - ties)
            total += drawn * chance * ties / (ties + dead)
    return total

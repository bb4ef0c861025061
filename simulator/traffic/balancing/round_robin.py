"""One after the other: the IPVS scheduler rr, and the default of many proxies."""

from dataclasses import dataclass

from simulator.registry import register
from simulator.traffic.balancing import Candidates, Choice, Floats, Ints, equal


@register("balancing", "roundRobin")
@dataclass(frozen=True)
class RoundRobin:
    """In turn; every client node counts for itself, and a change of endpoints does not start the count anew."""

    compares = False

    def shares(self, candidates: Candidates) -> Floats:
        return equal(candidates)

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
    """The next."""
    turn = memory[0] + 1
    if turn >= size:
        turn = 0
    memory[0] = turn
    return int(table[turn])

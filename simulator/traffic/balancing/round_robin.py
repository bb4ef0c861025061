"""One after the other: the IPVS scheduler rr, and the default of many proxies."""

from dataclasses import dataclass

from simulator.registry import register
from simulator.traffic.balancing import Balancing, Pick


@register("balancing", "roundRobin")
@dataclass(frozen=True)
class RoundRobin(Balancing):
    """In turn; every client node counts for itself, and a change of endpoints does not start the count anew."""

    @staticmethod
    def choose(pick: Pick) -> int:
        """The next."""
        turn = pick.memory[0] + 1
        if turn >= pick.size:
            turn = 0
        pick.memory[0] = turn
        return int(pick.table[turn])

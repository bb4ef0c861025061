"""The client's address decides: the IPVS scheduler sh."""

from dataclasses import dataclass

from simulator.registry import register
from simulator.traffic.balancing import Balancing, Pick
from simulator.traffic.keys import draw


@register("balancing", "sourceHash")
@dataclass(frozen=True)
class SourceHash(Balancing):
    """A hash of the client modulo the number of endpoints: when that number changes, most clients move."""

    @staticmethod
    def choose(pick: Pick) -> int:
        """That of the client."""
        return int(pick.table[(draw(pick.client, 1) * pick.size) >> 32])

"""The client's address decides: the IPVS scheduler sh."""

from dataclasses import dataclass

from simulator.registry import register
from simulator.traffic.balancing import Candidates, Choice, Floats, Ints, equal
from simulator.traffic.keys import draw


@register("balancing", "sourceHash")
@dataclass(frozen=True)
class SourceHash:
    """A hash of the client modulo the number of endpoints: when that number changes, most clients move."""

    compares = False

    def shares(self, candidates: Candidates) -> Floats:
        """Equal, on average over clients; a few busy clients can make any share."""
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
    """That of the client."""
    return int(table[(draw(client, 1) * size) >> 32])

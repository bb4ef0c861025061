"""The client decides, and few clients move when endpoints come and go: consistent hashing with bounded loads."""

import math
from dataclasses import dataclass

from simulator.registry import register
from simulator.traffic.balancing import Balancing, Pick
from simulator.traffic.keys import draw


@register("balancing", "consistentHash")
@dataclass(frozen=True)
class ConsistentHash(Balancing):
    """The endpoint that ranks highest for the client (rendezvous hashing, Thaler & Ravishankar 1998).

    Only clients of an endpoint that goes are moved, and all endpoints have equal shares: what a ring with many points
    tends to. With `bound` (> 1), endpoints that have more than `bound` times the mean number of requests in progress
    are passed over (Mirrokni, Thorup & Zadimoghaddam 2018).
    """

    bound: float | None = None
    """How many times the mean number of requests an endpoint may have in progress; None: any number."""

    def __post_init__(self) -> None:
        if self.bound is not None and not 1 < self.bound < math.inf:
            raise ValueError(f"bound must be greater than 1 (got {self.bound!r})")

    @property
    def compares(self) -> bool:
        return self.bound is not None

    @property
    def parameters(self) -> tuple[float, ...]:
        return (math.inf if self.bound is None else self.bound,)

    @staticmethod
    def choose(pick: Pick) -> int:
        """The highest in rank for the client that is not overloaded."""
        bound = pick.parameters[0]
        limit = math.inf
        if bound < math.inf:
            total = 1
            for i in range(pick.size):
                total += pick.active[pick.table[i]]
            limit = math.ceil(bound * total / pick.size)
        best = -1
        highest = -1
        for i in range(pick.size):
            other = int(pick.table[i])
            if pick.active[other] < limit:
                rank = draw(draw(pick.client, 1), other + 1)
                if rank > highest:
                    best, highest = other, rank
        return best

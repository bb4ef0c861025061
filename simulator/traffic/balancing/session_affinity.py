"""sessionAffinity: ClientIP, as kube-proxy does it: a client stays with its endpoint until it pauses for too long."""

import math
from dataclasses import dataclass

from simulator.registry import register
from simulator.traffic.balancing import Candidates, Choice, Floats, Ints, equal


@register("balancing", "sessionAffinity")
@dataclass(frozen=True)
class SessionAffinity:
    """The client's last endpoint, if it is still listed and was used within `timeout` seconds; else one at random.

    Every new connection starts the time-out again, and every client node remembers for itself (iptables, nftables).
    """

    timeout: float = 10800.0

    compares = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.timeout) and self.timeout > 0):
            raise ValueError(f"timeout must be positive and finite (got {self.timeout!r})")

    def shares(self, candidates: Candidates) -> Floats:
        """Equal, on average over clients; a few busy clients can make any share."""
        return equal(candidates)

    def cells(self, clients: int) -> int:
        return clients + 1

    def choice(self) -> tuple[Choice, tuple[float, ...]]:
        return choose, (self.timeout,)


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
    """The client's own; else any."""
    cell = client + 1
    last = memory[cell]
    if last >= 0 and now - stamps[cell] <= stamps[0]:
        for i in range(size):
            if table[i] == last:
                stamps[cell] = now
                return int(last)
    memory[cell] = table[(key * size) >> 32]
    stamps[cell] = now
    return int(memory[cell])

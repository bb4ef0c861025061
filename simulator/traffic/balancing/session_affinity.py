"""sessionAffinity: ClientIP, as kube-proxy does it: a client stays with its endpoint until it pauses for too long."""

import math
from dataclasses import dataclass

from simulator.registry import register
from simulator.traffic.balancing import Balancing, Pick


@register("balancing", "sessionAffinity")
@dataclass(frozen=True)
class SessionAffinity(Balancing):
    """The client's last endpoint, if it is still listed and was used within `timeout` seconds; else one at random.

    Every new connection starts the time-out again, and every client node remembers for itself (iptables, nftables).
    """

    timeout: float = 10800.0
    """After so long without a connection a client may get another endpoint."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.timeout) and self.timeout > 0):
            raise ValueError(f"timeout must be positive and finite (got {self.timeout!r})")

    def cells(self, clients: int) -> int:
        return clients

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.timeout,)

    @staticmethod
    def choose(pick: Pick) -> int:
        """The client's own; else any."""
        last = pick.memory[pick.client]
        if last >= 0 and pick.now - pick.stamps[pick.client] <= pick.parameters[0]:
            for i in range(pick.size):
                if pick.table[i] == last:
                    pick.stamps[pick.client] = pick.now
                    return int(last)
        pick.memory[pick.client] = pick.table[(pick.key * pick.size) >> 32]
        pick.stamps[pick.client] = pick.now
        return int(pick.memory[pick.client])

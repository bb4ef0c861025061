"""Peers that give a node up: what runs on it leaves the Services, whatever managers or servers believe.

Source: hashicorp/memberlist (suspicion.go, DefaultLANConfig), which Swarm's gossip and Consul's Serf are made of. A
node is probed every second, and suspected once a probe of 0.5 s has failed; it has failed when it has been suspected
for 4 s x max(1, log10 n). Where n > 3 others have to confirm the suspicion for that, which they do in that time: each
probes by itself.
"""

import math
from collections.abc import Callable

from simulator.kernel import Kernel, Order, Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.streams import StreamsOf

SUSPECTED_AFTER = 0.5, 2.0
"""Seconds from the loss of a node to somebody's suspicion, uniformly."""
SUSPICION = 4.0
"""Seconds of suspicion, times max(1, log10 of the number of nodes)."""


class Memberlist:
    """Makes the pods of nodes that are given up unready; they are ready again when their agents say so."""

    def __init__(self, kernel: Kernel, state: ClusterState, rngs: StreamsOf, is_heard: Callable[[int], bool]) -> None:
        """`is_heard`: whether its peers hear of a node now."""
        self._kernel = kernel
        self._state = state
        self._rngs = rngs
        self._is_heard = is_heard
        self._suspected: dict[int, Timer] = {}
        for kind in (Kind.NODE_POWER, Kind.NODE_REPORTING, Kind.NODE_REACHABLE):
            state.listen(kind, lambda node, new, cause: self._look(node, cause))

    def _look(self, node: int, cause: int) -> None:
        if self._is_heard(node):
            if (suspected := self._suspected.pop(node, None)) is not None:
                suspected.cancel()
        elif node not in self._suspected:
            seconds = self._failed_after(node)
            self._suspected[node] = self._kernel.timer(seconds, lambda: self._failed(node, cause), Order.KUBELET)

    def _failed_after(self, node: int) -> float:
        """Seconds from the loss of a node to its having failed."""
        first, last = SUSPECTED_AFTER
        rng = self._rngs[self._state.nodes.names[node]]
        suspicion = SUSPICION * max(1.0, math.log10(max(1, sum(self._state.nodes.exists))))
        return first + (last - first) * rng.random() + suspicion

    def _failed(self, node: int, cause: int) -> None:
        for pod in list(self._state.nodes.running[node].values()):
            self._state.pods.set_ready(pod, False, cause)

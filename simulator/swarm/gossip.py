"""Gossip: endpoints of a node that its peers do not hear of any more leave the VIPs, whatever managers believe.

Source: moby libnetwork/networkdb/cluster.go (memberlist's DefaultLANConfig), hashicorp/memberlist (suspicion.go). A
node is probed every second, and suspected once a probe of 0.5 s has failed; it has failed when it has been suspected
for 4 s x max(1, log10 n). Where n > 3 others have to confirm the suspicion for that, which they do in that time: each
probes by itself. Measured with three nodes: 5.1, 5.1, 5.6 and 6.0 s.
"""

import math
from collections.abc import Callable

from simulator.kernel import Kernel, Order, Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.streams import Streams, StreamsOf

SUSPECTED_AFTER = 0.5, 2.0
"""Seconds from the loss of a node to somebody's suspicion, uniformly."""
SUSPICION = 4.0
"""Seconds of suspicion, times max(1, log10 of the number of nodes)."""


class Gossip:
    """Takes the tasks of lost nodes out of the Services."""

    def __init__(self, kernel: Kernel, state: ClusterState, streams: Streams, is_hung: Callable[[int], bool]) -> None:
        """`is_hung`: whether the daemon of a node does nothing."""
        self._kernel = kernel
        self._state = state
        self._rngs = StreamsOf(streams, "swarm/gossip")
        self._is_hung = is_hung
        self._suspected: dict[int, Timer] = {}
        for kind in (Kind.NODE_POWER, Kind.NODE_REPORTING, Kind.NODE_REACHABLE):
            state.listen(kind, lambda node, new, cause: self._look(node, cause))

    def _look(self, node: int, cause: int) -> None:
        nodes = self._state.nodes
        cut_off = not nodes.reporting[node] and not nodes.reachable[node]
        if nodes.powered[node] and not cut_off and not (self._is_hung(node) and not nodes.reporting[node]):
            if (suspected := self._suspected.pop(node, None)) is not None:
                suspected.cancel()
        elif node not in self._suspected:
            first, last = SUSPECTED_AFTER
            rng = self._rngs[nodes.names[node]]
            seconds = first + (last - first) * rng.random() + self.suspicion
            self._suspected[node] = self._kernel.timer(seconds, lambda: self._failed(node, cause), Order.KUBELET)

    @property
    def suspicion(self) -> float:
        """Seconds from the suspicion of a node to its failure."""
        return SUSPICION * max(1.0, math.log10(max(1, sum(self._state.nodes.exists))))

    def _failed(self, node: int, cause: int) -> None:
        for pod in list(self._state.nodes.running[node].values()):
            self._state.pods.set_ready(pod, False, cause)

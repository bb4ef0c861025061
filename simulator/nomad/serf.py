"""Serf: Consul's agents notice that a node is gone, and its services leave the catalogue, whatever servers believe.

Source: hashicorp/memberlist (suspicion.go; DefaultLANConfig). Each agent probes another every second, and suspects it
once a probe of 0.5 s has failed; a node has failed when it was suspected for 4 s x max(1, log10 n). With more than
three agents others have to confirm the suspicion for that, which they do in that time: each probes by itself.
"""

import math

from simulator.kernel import Kernel, Order, Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.streams import Streams, StreamsOf

SUSPECTED_AFTER = 0.5, 2.0
"""Seconds from the loss of a node to somebody's suspicion, uniformly."""
SUSPICION = 4.0
"""Seconds of suspicion, times max(1, log10 of the number of nodes)."""


class Serf:
    """Takes the services of lost nodes out of the catalogue; they come back with their checks."""

    def __init__(self, kernel: Kernel, state: ClusterState, streams: Streams) -> None:
        self._kernel = kernel
        self._state = state
        self._rngs = StreamsOf(streams, "nomad/serf")
        self._suspected: dict[int, Timer] = {}
        for kind in (Kind.NODE_POWER, Kind.NODE_REPORTING, Kind.NODE_REACHABLE):
            state.listen(kind, lambda node, new, cause: self._look(node, cause))

    def _look(self, node: int, cause: int) -> None:
        """Agents hear of a node as long as it has power and is not cut off from everybody."""
        nodes = self._state.nodes
        if nodes.powered[node] and (nodes.reporting[node] or nodes.reachable[node]):
            if (suspected := self._suspected.pop(node, None)) is not None:
                suspected.cancel()
        elif node not in self._suspected:
            seconds = self.failed_after(node)
            self._suspected[node] = self._kernel.timer(seconds, lambda: self._failed(node, cause), Order.KUBELET)

    def failed_after(self, node: int) -> float:
        """Seconds from the loss of a node to its having failed."""
        first, last = SUSPECTED_AFTER
        rng = self._rngs[self._state.nodes.names[node]]
        agents = max(1, sum(self._state.nodes.exists))
        return first + (last - first) * rng.random() + SUSPICION * max(1.0, math.log10(agents))

    def _failed(self, node: int, cause: int) -> None:
        for pod in list(self._state.nodes.running[node].values()):
            self._state.pods.set_ready(pod, False, cause)

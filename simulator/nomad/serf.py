"""Serf: Consul's agents notice that a node is gone, and its services leave the catalogue, whatever servers believe.

They come back with their checks.
"""

from simulator.kernel import Kernel
from simulator.orchestrators.memberlist import Memberlist
from simulator.state.cluster import ClusterState
from simulator.streams import Streams, StreamsOf


def serf(kernel: Kernel, state: ClusterState, streams: Streams) -> Memberlist:
    """The agents as peers of each other, who hear of a node as long as it has power and is not cut off from all."""
    nodes = state.nodes

    def is_heard(node: int) -> bool:
        return nodes.powered[node] and (nodes.reporting[node] or nodes.reachable[node])

    return Memberlist(kernel, state, StreamsOf(streams, "nomad/serf"), is_heard)

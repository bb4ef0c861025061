"""Gossip: endpoints of a node that its peers do not hear of any more leave the VIPs, whatever managers believe.

Source: moby libnetwork/networkdb/cluster.go (memberlist's DefaultLANConfig). Measured with three nodes: 5.1, 5.1, 5.6
and 6.0 s.
"""

from collections.abc import Callable

from simulator.kernel import Kernel
from simulator.orchestrators.memberlist import Memberlist
from simulator.state.cluster import ClusterState
from simulator.streams import Streams, StreamsOf


def gossip(kernel: Kernel, state: ClusterState, streams: Streams, is_hung: Callable[[int], bool]) -> Memberlist:
    """The daemons as peers of each other; `is_hung`: whether the daemon of a node does nothing."""
    nodes = state.nodes

    def is_heard(node: int) -> bool:
        """It has power, and its daemon is in touch with managers, or reached by others and not hung."""
        return nodes.powered[node] and (nodes.reporting[node] or (nodes.reachable[node] and not is_hung(node)))

    return Memberlist(kernel, state, StreamsOf(streams, "swarm/gossip"), is_heard)

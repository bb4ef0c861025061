"""The servers as stories see them: one process with a leader, whichever of Kubernetes' processes is meant.

Source: nomad/leader.go, hashicorp/raft (heartbeat and election time-outs of 1 s, a lease of 0.5 s). While there is no
leader nothing is evaluated, and clients run what they run. A new one knows nothing of heartbeats.
"""

from models.distributions import Uniform
from simulator.component import Component
from simulator.kernel import Kernel
from simulator.orchestrators.leader import Leader
from simulator.processes import Process
from simulator.state.cluster import ClusterState

ELECTION = Uniform(1.5, 3.0)
"""Seconds until another server leads."""


def leader(kernel: Kernel, state: ClusterState, servers: Component) -> Leader:
    """The servers as stories see them: nothing of what each of Kubernetes' processes does is done without a leader."""
    return Leader(kernel, state, servers, ELECTION, Process)

"""The managers: one leads, and without a quorum none does. Tasks run on meanwhile, and nothing is replaced.

Source: swarmkit manager/state/raft (elections after 10 to 20 ticks of 1 s), manager/dispatcher.
"""

from models.distributions import Uniform
from simulator.component import Component
from simulator.kernel import Kernel
from simulator.orchestrators.leader import Leader
from simulator.processes import Process
from simulator.state.cluster import ClusterState

ELECTION = Uniform(10.0, 20.0)
"""Seconds from the loss of a leader to the next."""
_DOES = Process.CONTROLLER_MANAGER, Process.SCHEDULER
"""What is a process of its own in Kubernetes and a part of the leader here; the API server is another."""


def leader(kernel: Kernel, state: ClusterState, managers: Component) -> Leader:
    """The managers as stories see them."""
    return Leader(kernel, state, managers, ELECTION, _DOES)

"""The managers: one leads, and without a quorum none does. Tasks run on meanwhile, and nothing is replaced.

Source: swarmkit manager/state/raft (elections after 10 to 20 ticks of 1 s), manager/dispatcher.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.distributions import Uniform
from simulator.component import Component
from simulator.kernel import Kernel, Order
from simulator.log import Kind
from simulator.processes import Process
from simulator.state.cluster import ClusterState

ELECTION = Uniform(10.0, 20.0)
"""Seconds from the loss of a leader to the next."""
_ONE = (Process.CONTROLLER_MANAGER, Process.SCHEDULER)
"""What is a process of its own in Kubernetes and a part of the leader here; the API server is another."""


@dataclass(frozen=True, eq=False)
class LeaderLost:
    """A reason for which there is no leader."""

    process: Process
    cause: int


class Managers:
    """Whichever process of Kubernetes fails, the leader is lost; another is elected once that is repaired."""

    election = ELECTION

    def __init__(self, kernel: Kernel, state: ClusterState, manager: Component) -> None:
        self._kernel = kernel
        self._state = state
        self._manager = manager

    def fail(self, process: Process, cause: str) -> LeaderLost:
        """There is no leader, and no quorum to elect one."""
        lost = LeaderLost(process, self._state.cause(cause))
        was_down = self._manager.is_down
        self._manager.stop(lost)
        if not was_down:
            self._tell(False, lost.cause)
        return lost

    def repair(self, outage: LeaderLost, elections: Mapping[Process, float]) -> None:
        """There is a quorum again: a new leader works after an election."""
        self._kernel.timer(elections[outage.process], lambda: self._elected(outage), Order.REPAIR)

    def _elected(self, outage: LeaderLost) -> None:
        self._manager.start(outage, True)
        if not self._manager.is_down:
            self._tell(True, outage.cause)

    def _tell(self, up: bool, cause: int) -> None:
        for process in _ONE:
            number = list(Process).index(process)
            self._state.transitions.emit(Kind.COMPONENT_UP, process, number, not up, up, cause)

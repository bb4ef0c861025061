"""The servers as stories see them: one process with a leader, whichever of Kubernetes' processes is meant.

Source: nomad/leader.go, hashicorp/raft (heartbeat and election time-outs of 1 s, a lease of 0.5 s). While there is no
leader nothing is evaluated, and clients run what they run. A new one knows nothing of heartbeats.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.distributions import Distribution, Uniform
from simulator.component import Component
from simulator.kernel import Kernel, Order
from simulator.log import Kind
from simulator.processes import Process
from simulator.state.cluster import ClusterState

ELECTION = Uniform(1.5, 3.0)
"""Seconds until another server leads."""


@dataclass(frozen=True, eq=False)
class ServersOutage:
    """A reason for which there is no leader."""

    process: Process
    cause: int


class Servers:
    """Whether there is a leader, counted by cause."""

    election: Distribution = ELECTION

    def __init__(self, kernel: Kernel, state: ClusterState) -> None:
        self._kernel = kernel
        self._state = state
        self.component = Component(kernel)

    def fail(self, process: Process, cause: str) -> ServersOutage:
        """Gives the servers a reason to be without a leader."""
        outage = ServersOutage(process, self._state.cause(cause))
        was_down = self.component.is_down
        self.component.stop(outage)
        if not was_down:
            self._tell(False, outage.cause)
        return outage

    def repair(self, outage: ServersOutage, elections: Mapping[Process, float]) -> None:
        """Takes that reason away; one leads so many seconds later."""
        self._kernel.timer(elections[outage.process], lambda: self._elected(outage), Order.REPAIR)

    def _elected(self, outage: ServersOutage) -> None:
        self.component.start(outage, True)
        if not self.component.is_down:
            self._tell(True, outage.cause)

    def _tell(self, up: bool, cause: int) -> None:
        """Nothing of what each of Kubernetes' processes does is done without a leader."""
        for number, process in enumerate(Process):
            self._state.transitions.emit(Kind.COMPONENT_UP, process, number, not up, up, cause)

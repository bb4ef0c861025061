"""One leader that does all that nodes do not do themselves: without it, nothing is decided, and what runs runs on."""

from collections.abc import Iterable, Mapping

from models.distributions import Distribution
from simulator.component import Component
from simulator.kernel import Kernel, Order
from simulator.log import Kind
from simulator.processes import Process, ProcessOutage
from simulator.state.cluster import ClusterState


class Leader:
    """Whichever process of Kubernetes fails, the leader is lost; another is elected once that is repaired."""

    def __init__(
        self, kernel: Kernel, state: ClusterState, leader: Component, election: Distribution, does: Iterable[Process]
    ) -> None:
        """`does`: the processes of Kubernetes whose work is the leader's, which are down without one."""
        self._kernel = kernel
        self._state = state
        self._leader = leader
        self.election = election
        self._does = tuple(does)

    def fail(self, process: Process, cause: str) -> ProcessOutage:
        """There is no leader, and no quorum to elect one."""
        outage = ProcessOutage(process, self._state.cause(cause))
        was_down = self._leader.is_down
        self._leader.stop(outage)
        if not was_down:
            self._tell(False, outage.cause)
        return outage

    def repair(self, outage: ProcessOutage, elections: Mapping[Process, float]) -> None:
        """There is a quorum again: a new leader works after an election."""
        self._kernel.timer(elections[outage.process], lambda: self._elected(outage), Order.REPAIR)

    def _elected(self, outage: ProcessOutage) -> None:
        self._leader.start(outage, True)
        if not self._leader.is_down:
            self._tell(True, outage.cause)

    def _tell(self, up: bool, cause: int) -> None:
        for number, process in enumerate(Process):
            if process in self._does:
                self._state.transitions.emit(Kind.COMPONENT_UP, process, number, not up, up, cause)

"""The processes of Kubernetes' control plane, as they fail and come back."""

from collections.abc import Mapping
from functools import partial

from simulator.component import Components
from simulator.kernel import Kernel, Order, Timer
from simulator.log import Kind
from simulator.processes import ELECTION, Process, ProcessOutage
from simulator.state.cluster import ClusterState

RENEW_DEADLINE = 10.0
"""Seconds after which a leader that could not renew its lease exits (k8s.io/client-go/tools/leaderelection)."""
_LED = (Process.CONTROLLER_MANAGER, Process.SCHEDULER)
"""Those of which one replica leads, and the others wait for its lease to run out."""


class ControlPlaneProcesses:
    """Which processes are down, counted by cause; and what becomes of the others while the API server is away.

    Source: k8s.io/client-go/tools/leaderelection; pkg/controller/nodelifecycle. Kubelets are cut off while it is away.
    Leaders that cannot renew their lease for `RENEW_DEADLINE` exit, so that new ones come some time after its return.
    """

    election = ELECTION

    def __init__(self, kernel: Kernel, state: ClusterState, components: Components) -> None:
        self._kernel = kernel
        self._state = state
        self._components = {
            Process.API_SERVER: components.api_server,
            Process.CONTROLLER_MANAGER: components.controller_manager,
            Process.SCHEDULER: components.scheduler,
        }
        self._away_since = 0.0
        self._away_for = 0
        """The cause for which the API server is away."""
        self._cut_off: dict[int, None] = {}
        """Nodes that are cut off meanwhile."""
        self._leaderless: dict[Process, Timer] = {}
        """Processes whose leader exited meanwhile, and when another was to be elected once the API server was back."""
        state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: self._joined(node) if exists else None)

    # What stories may do

    def fail(self, process: Process, cause: str) -> ProcessOutage:
        """Gives the process a reason to be down, to be taken away by `repair`; the cause is "mode/subject"."""
        was_down = self._components[process].is_down
        outage = ProcessOutage(process, self._state.cause(cause))
        self._stop(process, outage, outage.cause)
        if process is Process.API_SERVER and not was_down:
            self._api_server_lost(outage.cause)
        return outage

    def repair(self, outage: ProcessOutage, elections: Mapping[Process, float]) -> None:
        """Takes that reason away. The API server works at once; others when so many seconds later they have a leader.

        With the last reason of the API server's, the others begin to elect leaders if theirs have exited.
        """
        process, cause = outage.process, outage.cause
        if process is not Process.API_SERVER:
            self._kernel.timer(elections[process], lambda: self._start(process, outage, cause, True), Order.REPAIR)
            return
        self._start(process, outage, cause, False)
        if not self._components[process].is_down:
            self._api_server_back(elections)

    # What follows

    def _stop(self, process: Process, owner: object, cause: int) -> None:
        component = self._components[process]
        was_down = component.is_down
        component.stop(owner)
        if not was_down:
            self._tell(process, False, cause)

    def _start(self, process: Process, owner: object, cause: int, restarts: bool) -> None:
        component = self._components[process]
        component.start(owner, restarts)
        if not component.is_down:
            self._tell(process, True, cause)

    def _tell(self, process: Process, up: bool, cause: int) -> None:
        number = list(Process).index(process)
        self._state.transitions.emit(Kind.COMPONENT_UP, process, number, not up, up, cause)

    def _api_server_lost(self, cause: int) -> None:
        """Leaders can do nothing from now on, and kubelets are cut off."""
        self._away_since, self._away_for = self._kernel.now, cause
        for process in _LED:
            if process in self._leaderless:
                self._leaderless[process].cancel()
            else:
                self._stop(process, self, cause)
        for node, exists in enumerate(self._state.nodes.exists):
            if exists:
                self._cut_off_node(node)

    def _joined(self, node: int) -> None:
        if self._components[Process.API_SERVER].is_down:
            self._cut_off_node(node)

    def _cut_off_node(self, node: int) -> None:
        self._cut_off[node] = None
        self._state.nodes.add_silent_cause(node, self, self._away_for)

    def _api_server_back(self, elections: Mapping[Process, float]) -> None:
        """Kubelets say what they know; leaders go on, or are elected anew."""
        cut_off, self._cut_off = self._cut_off, {}
        for node in cut_off:
            self._state.nodes.remove_silent_cause(node, self)
        exited = self._kernel.now - self._away_since > RENEW_DEADLINE
        for process in _LED:
            if exited or process in self._leaderless:
                call = partial(self._elected, process)
                self._leaderless[process] = self._kernel.timer(elections[process], call, Order.REPAIR)
            else:
                self._start(process, self, self._away_for, False)

    def _elected(self, process: Process) -> None:
        del self._leaderless[process]
        self._start(process, self, self._away_for, True)

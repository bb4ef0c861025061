"""Watches: stories that wait for nodes, and for pods that hang on them."""

from collections import defaultdict
from collections.abc import Callable

from simulator.kernel import Event, Kernel
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE
from simulator.state.objects import PodState

Hangs = Callable[[PodState], object]
"""Hears of a pod that is being deleted on a node that is not Ready."""


class Watch:
    """Tells stories when nodes stop being Ready, when they are again, and which pods hang meanwhile."""

    def __init__(self, kernel: Kernel, state: ClusterState) -> None:
        self._kernel = kernel
        self._state = state
        self._waiting: defaultdict[tuple[int, bool], list[Event]] = defaultdict(list)
        self._listens = False

    def until(self, node: int, ready: bool) -> Event:
        """An event to yield: succeeds when the node is Ready, or is not, or is gone; at once, if so it is."""
        event, nodes = self._kernel.event(), self._state.nodes
        if (nodes.ready[node] == TRUE) is ready or not nodes.exists[node]:
            event.succeed()
        else:
            self._waiting[node, ready].append(event)
            if not self._listens:
                self._listens = True
                self._state.listen(Kind.NODE_READY, lambda node, new, cause: self._tell(node, new == TRUE))
                self._state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: self._gone(node, exists))
        return event

    def _tell(self, node: int, ready: bool) -> None:
        for event in self._waiting.pop((node, ready), ()):
            event.succeed()

    def _gone(self, node: int, exists: int) -> None:
        for ready in (True, False) if not exists else ():
            self._tell(node, ready)

    def hanging(self, hears: Hangs) -> None:
        """Calls `hears(pod)` for every pod that begins to hang."""
        nodes = self._state.nodes
        sick = {node for node, ready in enumerate(nodes.ready) if ready != TRUE}

        def deleting(pod: PodState, new: int, cause: int) -> None:
            if pod.node in sick:
                hears(pod)

        def ready_changed(node: int, ready: int, cause: int) -> None:
            if ready == TRUE:
                sick.discard(node)
            elif node not in sick:  # one that says so itself may fall silent later
                sick.add(node)
                for pod in list(nodes.running[node].values()):
                    if pod.deleting:
                        hears(pod)

        self._state.listen(Kind.POD_DELETING, deleting)
        self._state.listen(Kind.NODE_READY, ready_changed)

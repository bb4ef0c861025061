"""Eviction as it was before taints: all pods of a node that has been silent for podEvictionTimeout.

Source: pkg/controller/node/node_controller.go before Kubernetes 1.13 (TaintBasedEvictions off). The time-out counts
from the last heartbeat that was seen, for a node that says itself that it is not ready from when it said so;
tolerations do not matter. Published measurements of 2018 were made with it.
"""

from simulator.component import Component
from simulator.controllers.node_lifecycle import NodeLifecycle
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE, UNKNOWN


class LegacyEviction:
    """Deletes all pods of nodes that stayed not ready for `timeout` seconds."""

    def __init__(self, kernel: Component, state: ClusterState, lifecycle: NodeLifecycle, timeout: float) -> None:
        self._kernel = kernel
        self._state = state
        self._lifecycle = lifecycle
        self._timeout = timeout
        self._last_seen = [0.0] * len(state.nodes)
        self._causes = [0] * len(state.nodes)
        self._spell = [0] * len(state.nodes)
        """Counts the times a node became not ready, so that an old timer knows that it is one."""
        state.listen(Kind.NODE_REPORTING, self._reporting_changed)
        state.listen(Kind.NODE_READY, self._ready_changed)
        state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: self._node_joined() if exists else None)
        kernel.on_restart(self._restarted)

    def _node_joined(self) -> None:
        self._last_seen.append(self._kernel.now)
        self._causes.append(0)
        self._spell.append(0)

    def _reporting_changed(self, node: int, reporting: int, cause: int) -> None:
        if not reporting:
            self._last_seen[node] = self._lifecycle.last_seen(node, self._kernel.now)

    def _ready_changed(self, node: int, ready: int, cause: int) -> None:
        self._spell[node] += 1
        self._causes[node] = cause
        if ready == TRUE:
            return
        spell, now = self._spell[node], self._kernel.now
        since = self._last_seen[node] if ready == UNKNOWN else now
        due = max(now, self._lifecycle.next_pass(since + self._timeout))
        self._kernel.timer(due - now, lambda: self._evict(node, spell, cause))

    def _restarted(self) -> None:
        """A new process has seen no heartbeat before now."""
        for node, ready in enumerate(self._state.nodes.ready):
            self._last_seen[node] = self._kernel.now
            self._ready_changed(node, ready, self._causes[node])

    def _evict(self, node: int, spell: int, cause: int) -> None:
        if self._spell[node] != spell:
            return
        for pod in list(self._state.nodes.running[node].values()):
            if not pod.deleting:
                self._state.pods.mark_deleting(pod, cause)

"""What becomes of the allocations on a node that servers hear nothing of, and when it is back.

Source: scheduler/reconciler (filters.go, reconnecting_picker), client/heartbeatstop.go. Without a disconnect block they
are lost, and what runs on is stopped when the node is back. With lost_after they are unknown for so long, and one of
original and replacement stays; with stop_on_client_after the client stops them, and nothing is placed before.
"""

from collections.abc import Callable

from simulator.component import Component
from simulator.kernel import Kernel, Order
from simulator.log import Kind
from simulator.nomad.allocations import Allocation, TaskGroup
from simulator.nomad.heartbeats import Heartbeats
from simulator.nomad.options import Disconnect, Provider, Reconcile
from simulator.nomad.predecessors import Predecessors
from simulator.nomad.reconciler import Reconciler
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState

SHORTEST_STOP = 5.0
"""Seconds that a client gets to stop its allocations at least, before others are placed."""


class LostNodes:
    """Loses allocations with their nodes, or waits with that."""

    def __init__(
        self,
        kernel: Kernel,
        servers: Component,
        state: ClusterState,
        heartbeats: Heartbeats,
        reconciler: Reconciler,
        predecessors: Predecessors,
        disconnect: Disconnect | None,
        provider: Provider,
        give_up: Callable[[PodState], object],
    ) -> None:
        """`give_up` has the client of an allocation stop it."""
        self._kernel = kernel
        self._servers = servers
        self._state = state
        self._heartbeats = heartbeats
        self._reconciler = reconciler
        self._predecessors = predecessors
        self._disconnect = disconnect
        self._provider = provider
        self._give_up = give_up
        heartbeats.on_expiry(self._expired)
        heartbeats.on_registration(self._back)
        state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: None if exists else self._gone(node, cause))
        if disconnect is not None and disconnect.stop_on_client_after is not None:
            after = disconnect.stop_on_client_after
            heartbeats.on_silence(lambda node, last: self._stop_later(node, last, after))

    # The node is down

    def _expired(self, node: int, cause: int) -> None:
        for pod in list(self._state.nodes.running[node].values()):
            if self._provider is Provider.NOMAD:
                self._state.pods.set_ready(pod, False, cause)
            self._predecessors.lost(pod)
            allocation = self._reconciler.allocation(pod)
            if pod.deleting:
                continue
            if allocation is None:
                self._state.pods.mark_deleting(pod, cause)
            else:
                self._lose(allocation, cause)

    def _gone(self, node: int, cause: int) -> None:
        """The node is not on record any more: neither is what was on it, which no client will ever report."""
        for pod in list(self._state.nodes.running[node].values()):
            if not pod.deleting:
                self._state.pods.mark_deleting(pod, cause)
            self._state.pods.remove(pod)

    def _lose(self, allocation: Allocation, cause: int) -> None:
        disconnect, pod = self._disconnect, allocation.pod
        group = pod.owner
        assert isinstance(group, TaskGroup)
        now = self._servers.now
        if disconnect is not None and disconnect.lost_after is not None and pod.running:
            allocation.unknown = True
            if disconnect.replace:
                allocation.ended = now
            lost_after = disconnect.lost_after
            allocation.lost_at_last = self._servers.timer(lost_after, lambda: self._lost_at_last(allocation, cause))
            self._reconciler.wake(group)
            return
        if disconnect is not None and disconnect.stop_on_client_after is not None:
            stop = max(pod.pod_class.spec.termination_grace_period, SHORTEST_STOP)
            wait = disconnect.stop_on_client_after + stop
            group.blocked_until = max(group.blocked_until, now + wait)
            self._servers.timer(wait, lambda: self._reconciler.wake(group))
        self._state.pods.mark_deleting(pod, cause)

    def _lost_at_last(self, allocation: Allocation, cause: int) -> None:
        """Unknown for too long; without a replacement it stays so, until its node is back."""
        pod, disconnect = allocation.pod, self._disconnect
        assert disconnect is not None
        is_there = allocation.unknown and pod.uid in self._state.pods and not pod.deleting
        if is_there and (disconnect.replace or allocation.is_replaced):
            self._state.pods.mark_deleting(pod, cause)

    # The client, meanwhile

    def _stop_later(self, node: int, last: float, after: float) -> None:
        """The client stops its allocations so long after this heartbeat, if it is its last by then."""

        def stop() -> None:
            nodes = self._state.nodes
            if nodes.powered[node] and not nodes.reporting[node] and self._heartbeats.last_of(node) == last:
                for pod in list(nodes.running[node].values()):
                    if isinstance(pod.owner, TaskGroup):
                        self._give_up(pod)

        self._kernel.timer(max(0.0, last + after - self._kernel.now), stop, Order.KUBELET)

    # The node is back

    def _back(self, node: int) -> None:
        for pod in list(self._state.nodes.running[node].values()):
            allocation = self._reconciler.allocation(pod)
            if allocation is not None and allocation.unknown and not pod.deleting:
                self._reconnected(allocation)

    def _reconnected(self, original: Allocation) -> None:
        original.unknown, original.ended = False, None
        for timer in (original.follow_up, original.lost_at_last):
            if timer is not None:
                timer.cancel()
        original.follow_up = original.lost_at_last = None
        replacement = original.replacement
        while replacement is not None and replacement.is_replaced and replacement.replacement is not None:
            replacement = replacement.replacement
        if not original.is_replaced or replacement is None:
            return
        goes = replacement
        if replacement.counts and not self._keeps(original, replacement):
            goes = original
        else:
            original.is_replaced = False
            replacement.is_replaced = True
        if not goes.pod.deleting and goes.pod.uid in self._state.pods:
            self._state.pods.mark_deleting(goes.pod, goes.pod.cause)

    def _keeps(self, original: Allocation, replacement: Allocation) -> bool:
        """Whether the original stays; one that does not run any more does not, where the other one does."""
        assert self._disconnect is not None
        if not original.pod.running:
            return False
        match self._disconnect.reconcile:
            case Reconcile.KEEP_REPLACEMENT:
                return not replacement.pod.running
            case Reconcile.BEST_SCORE:
                return original.score >= replacement.score or not replacement.pod.running
            case _:
                return True

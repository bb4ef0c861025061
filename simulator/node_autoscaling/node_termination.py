"""Termination: how Karpenter has a node go.

Source: karpenter pkg/controllers/node/termination (controller.go, terminator/terminator.go, terminator/eviction.go).
"""

import math
from collections.abc import Callable, Sequence

from models.node import Taint, TaintEffect
from simulator.kernel import Order, Story
from simulator.log import Kind
from simulator.node_autoscaling.fleet import Fleet
from simulator.node_autoscaling.moving import pods_to_move
from simulator.node_autoscaling.voluntary import may_be_disrupted
from simulator.state.objects import PodState
from simulator.stories.departures import Departures
from simulator.stories.evictions import Evictions

DISRUPTED = Taint("karpenter.sh/disrupted", TaintEffect.NO_SCHEDULE)
STUCK = 60.0
"""Seconds after the end of its grace period for which a pod that should be gone is waited for."""


class NodeTermination:
    """Empties nodes and lets their machines go."""

    def __init__(self, fleet: Fleet, grace_period: float | None, wake: Callable[[], None]) -> None:
        self._fleet = fleet
        self._state = fleet.state
        self._grace_period = grace_period
        self._wake = wake
        """To be called when nodes are on their way out: somebody may have to find room for their pods."""
        self._departures = Departures(fleet.kernel.kernel, fleet.state)
        self._rng = fleet.streams.stream("karpenter/evictions")
        self.going: dict[int, bool] = {}
        """Nodes that are to go, in the order in which that was found, and whether they are being emptied yet."""
        fleet.state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: self._joined_or_gone(node))

    def _joined_or_gone(self, node: int) -> None:
        """Whoever took it away, it is gone."""
        self.going.pop(node, None)

    def mark(self, node: int, cause: int) -> None:
        """The node is to go: nothing new comes."""
        self.going[node] = False
        nodes = self._state.nodes
        nodes.set_taints(node, nodes.taints_of(node) | {DISRUPTED}, cause)

    def unmark(self, node: int, cause: int) -> None:
        """It stays after all."""
        if self.going.get(node) is False:
            del self.going[node]
            nodes = self._state.nodes
            nodes.set_taints(node, nodes.taints_of(node) - {DISRUPTED}, cause)

    def begin(self, node: int, cause: int) -> None:
        """The node is emptied and goes, unless it does already, or is gone by now."""
        if self._state.nodes.exists[node] and not self.going.get(node):
            self.mark(node, cause)
            self.going[node] = True
            self._fleet.kernel.tell(self._story(node, cause))
            self._wake()

    def _story(self, node: int, cause: int) -> Story:
        kernel = self._fleet.kernel
        pods = pods_to_move(self._state.nodes, node)
        emptied = kernel.event()
        kernel.tell(self._empty(pods, cause, emptied.succeed))
        if self._grace_period is None:
            yield emptied
        else:
            for pod in pods:
                wait = max(0.0, self._grace_period - pod.pod_class.spec.termination_grace_period)
                kernel.timer(wait, self._deletion_of(pod, cause), Order.REPAIR)
            yield emptied | kernel.sleep(self._grace_period)
        if not self._state.nodes.exists[node]:
            return
        self._fleet.delete(node, cause)
        pool, (_, zone) = self._fleet.pool_of(node), self._state.nodes.regions_and_zones[node]
        if pool is not None and self._fleet.size(pool) < pool.min:
            [group] = [group for group in self._fleet.groups if group.pool is pool and group.zone in (zone, "")]
            self._fleet.request(group, cause)

    def _empty(self, pods: Sequence[PodState], cause: int, then: Callable[[], object]) -> Story:
        """Has the pods evicted, and waits until all are gone; for those that must not be disrupted, until they end."""
        kernel = self._fleet.kernel
        evicted = [pod for pod in pods if may_be_disrupted(pod, kernel.now)]
        held = [pod for pod in pods if pod not in evicted]
        gone = self._departures.gone(evicted)
        over = Evictions(kernel, self._fleet.disruption, lambda *answer: None, evicted, math.inf, cause, self._rng).over
        yield over | gone
        if over.triggered and over.value:
            longest = max((pod.pod_class.spec.termination_grace_period for pod in evicted), default=0.0)
            yield gone | kernel.sleep(longest + STUCK)
        else:
            yield gone
        yield self._departures.gone(held)
        then()

    def _deletion_of(self, pod: PodState, cause: int) -> Callable[[], None]:
        def delete() -> None:
            if self._state.pods.get(pod.uid) is pod and not pod.deleting:
                self._state.pods.mark_deleting(pod, cause)

        return delete

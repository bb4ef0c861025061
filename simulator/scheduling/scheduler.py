"""The scheduler: takes waiting pods one at a time and binds them.

Source: pkg/scheduler (schedule_one.go, backend/queue). Pods wait by priority, then by arrival. One that fits nowhere
waits until something happens that may help; an idle scheduler tries it again at once (SchedulerPopFromBackoffQ), so
back-off plays no part here. Pods of one template (and for one node, if only that will do) wait behind the first of
them that fails; those for which others were preempted wait for their node, each by itself.
"""

from collections.abc import Sequence
from heapq import heappop, heappush

import numpy as np

from models.timing import Timing
from simulator.kernel import Kernel, Order
from simulator.log import Kind
from simulator.scheduling.choosing import Chooser, Prepared
from simulator.scheduling.counts import PodCounts
from simulator.scheduling.framework import Profile
from simulator.scheduling.preemption import Books, Eviction
from simulator.scheduling.ties import Ties
from simulator.scheduling.views import ClusterView, PodView
from simulator.state.cluster import ClusterState
from simulator.state.nodes import Ints
from simulator.state.objects import Disruption, Phase, PodClass, PodState

_Alike = tuple[PodClass, int | None]
"""Pods that are equal to the scheduler: a template, and the only node that will do."""


class Scheduler:
    """Binds pods to nodes by a profile."""

    def __init__(self, kernel: Kernel, state: ClusterState, timing: Timing, profile: Profile, ties: Ties) -> None:
        self._kernel = kernel
        self._state = state
        self._latency = timing.scheduler_latency
        self._counts = PodCounts(state)
        self._books = Books(state, self._counts)
        self._post_filters = profile.post_filters
        self.chooser = Chooser(profile, state.nodes, ClusterView(state.nodes, self._counts))
        self._ties = ties
        self._active: list[tuple[int, int, PodState]] = []
        self._unschedulable: dict[_Alike, list[tuple[int, PodState]]] = {}
        """Per template, a heap by arrival."""
        self._hopeless: set[_Alike] = set()
        """Templates that were tried and fitted nowhere, and nothing happened since."""
        self._nominated: dict[PodState, int] = {}
        """Pods that wait for others to be gone from a node."""
        self._lowest_priority = 2**31
        self._armed = False
        state.listen(Kind.POD_PHASE, self._phase_changed)
        state.listen(Kind.POD_NODE, lambda pod, node, cause: self._retry_spread())
        state.listen(Kind.POD_DELETING, lambda pod, new, cause: self._deleting(pod))
        state.listen(Kind.NODE_TAINTS, lambda node, new, cause: self._retry())
        state.listen(Kind.NODE_UNSCHEDULABLE, lambda node, new, cause: self._retry())

    # The queue

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if phase == Phase.PENDING:
            self._lowest_priority = min(self._lowest_priority, pod.pod_class.spec.priority)
            self._push(pod)
        elif phase != Phase.RUNNING and pod.node >= 0:
            self._retry()

    def _deleting(self, pod: PodState) -> None:
        self._nominated.pop(pod, None)
        self._retry_spread()

    def _retry_spread(self) -> None:
        """A pod came or goes: that may help those that wait for the sake of where other pods are."""
        for alike in list(self._unschedulable) if self._unschedulable else ():
            pod_class = alike[0]
            if pod_class.spec.topology_spread_constraints or pod_class.affinity.required:
                self._hopeless.discard(alike)
                self._push_next(alike)

    def _push(self, pod: PodState) -> None:
        heappush(self._active, (-pod.pod_class.spec.priority, pod.uid, pod))
        if not self._armed:
            self._armed = True
            self._kernel.timer(self._latency, self._schedule_all, Order.CONTROL)

    def _retry(self) -> None:
        """Something happened that may let waiting pods in: the first of every template is tried again."""
        self._hopeless.clear()
        for alike in list(self._unschedulable):
            self._push_next(alike)
        for pod in self._nominated:
            self._push(pod)

    def _push_next(self, alike: _Alike) -> None:
        waiting = self._unschedulable.get(alike)
        if waiting:
            self._push(heappop(waiting)[1])
            if not waiting:
                del self._unschedulable[alike]

    # One pod after the other

    def _schedule_all(self) -> None:
        self._armed = False
        while self._active:
            _, _, pod = heappop(self._active)
            alike = (pod.pod_class, pod.only_node)
            if pod.deleting or pod.node >= 0:
                self._push_next(alike)
            elif alike in self._hopeless and pod not in self._nominated:
                self._wait(pod, alike)
            else:
                node = self._choose(pod)
                if node is None and not self.makes_room(pod):
                    self._hopeless.add(alike)
                    self._wait(pod, alike)
                    continue
                if node is not None:
                    self.bind(pod, node)
                self._push_next(alike)

    def _wait(self, pod: PodState, alike: _Alike) -> None:
        heappush(self._unschedulable.setdefault(alike, []), (pod.uid, pod))

    def _choose(self, pod: PodState) -> int | None:
        feasible = self.feasible(pod)
        if len(feasible) == 0:
            return None
        best = self.chooser.best(self.prepared(pod.pod_class), feasible)
        return best.item(0) if len(best) == 1 else self._ties.choose(best)

    def feasible(self, pod: PodState) -> Ints:
        """The nodes that the pod may be bound to now, as far as they are looked at."""
        prepared = self.prepared(pod.pod_class)
        only = self._nominated.get(pod) if pod.only_node is None else pod.only_node
        if only is not None:
            alone = np.array([only] if self.chooser.fits(prepared, only) else [], dtype=np.int64)
            alone = self._beside_nominated(pod, prepared, alone)
            if pod.only_node is not None or len(alone):
                return alone
        feasible = self.chooser.feasible(prepared)
        return self._beside_nominated(pod, prepared, feasible) if self._nominated else feasible

    def bind(self, pod: PodState, node: int) -> None:
        """Puts the pod on the node."""
        self._nominated.pop(pod, None)
        self._state.pods.bind(pod, node)

    def prepared(self, pod_class: PodClass) -> Prepared:
        """What the plugins answered for this template."""
        prepared = pod_class.scheduling
        if prepared is None:
            prepared = pod_class.scheduling = self.chooser.prepare(PodView(pod_class))
        assert isinstance(prepared, Prepared)
        return prepared

    def reason(self, pod: PodState) -> str:
        """Why a waiting pod is not placed, in Kubernetes' words."""
        return self.chooser.reasons(self.prepared(pod.pod_class), pod.only_node)

    # Preemption

    def _beside_nominated(self, pod: PodState, prepared: Prepared, nodes: Ints) -> Ints:
        """Those of the nodes that would have room still if the pods that wait for them were there already."""
        priority = pod.pod_class.spec.priority
        full = []
        for node in dict.fromkeys(self._nominated.values()):
            expected = [
                other.pod_class
                for other, theirs in self._nominated.items()
                if theirs == node and other is not pod and other.pod_class.spec.priority >= priority
            ]
            if expected:
                with self._books.having(node, expected):
                    if not self.chooser.fits(prepared, node):
                        full.append(node)
        return nodes[~np.isin(nodes, full)] if full else nodes

    def makes_room(self, pod: PodState) -> bool:
        """Whether the pod waits for a node from which others have to go; has them deleted, if need be."""
        if not pod.pod_class.spec.preempts or pod.pod_class.spec.priority <= self._lowest_priority:
            return False
        if self._waits_for_victims(pod):
            return True
        prepared = self.prepared(pod.pod_class)
        eviction = Eviction(pod, prepared, self._state, self.chooser, self._books, self._ties)
        for plugin in self._post_filters:
            found = plugin.post_filter(prepared.pod, eviction)
            if found is not None:
                self._preempt(pod, *found)
                return True
        self._nominated.pop(pod, None)
        return False

    def _waits_for_victims(self, pod: PodState) -> bool:
        node = self._nominated.get(pod)
        return node is not None and any(
            other.deleting
            and other.disruption is Disruption.PREEMPTION_BY_SCHEDULER
            and other.pod_class.spec.priority < pod.pod_class.spec.priority
            for other in self._state.nodes.running[node].values()
        )

    def _preempt(self, pod: PodState, node: int, victims: Sequence[int]) -> None:
        priority = pod.pod_class.spec.priority
        for other, theirs in list(self._nominated.items()):
            if theirs == node and other.pod_class.spec.priority < priority:
                del self._nominated[other]
                self._push(other)
        self._nominated[pod] = node
        cause = self._state.cause("preemption")
        for uid in victims:
            victim = self._state.pods[uid]
            self._state.pods.set_disruption_target(victim, Disruption.PREEMPTION_BY_SCHEDULER, cause)
            if not victim.deleting:
                self._state.pods.mark_deleting(victim, cause)

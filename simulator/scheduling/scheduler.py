"""The scheduler: takes waiting pods one at a time and binds them.

Source: pkg/scheduler (schedule_one.go, backend/queue). Pods wait by priority, then by arrival. One that fits nowhere
waits until something happens that may help; an idle scheduler tries it again at once (SchedulerPopFromBackoffQ), so
back-off plays no part here. Pods of one template (and for one node, if only that will do) wait behind the first of
them that fails.
"""

from heapq import heappop, heappush

from models.timing import Timing
from simulator.kernel import Kernel, Order
from simulator.log import Kind
from simulator.objects import Phase, PodClass, PodState
from simulator.scheduling.counts import PodCounts
from simulator.scheduling.framework import Framework, Prepared, Profile
from simulator.scheduling.ties import Ties
from simulator.state import ClusterState
from simulator.views import ClusterView, PodView

_Alike = tuple[PodClass, int | None]
"""Pods that are equal to the scheduler: a template, and the only node that will do."""


class Scheduler:
    """Binds pods to nodes by a profile."""

    def __init__(self, kernel: Kernel, state: ClusterState, timing: Timing, profile: Profile, ties: Ties) -> None:
        self._kernel = kernel
        self._state = state
        self._latency = timing.scheduler_latency
        self._counts = PodCounts(state)
        self._framework = Framework(profile, state.nodes, ClusterView(state.nodes, self._counts))
        self._ties = ties
        self._active: list[tuple[int, int, PodState]] = []
        self._unschedulable: dict[_Alike, list[tuple[int, PodState]]] = {}
        """Per template, a heap by arrival."""
        self._hopeless: set[_Alike] = set()
        """Templates that were tried and fitted nowhere, and nothing happened since."""
        self._armed = False
        state.listen(Kind.POD_PHASE, self._phase_changed)
        state.listen(Kind.POD_NODE, lambda pod, node, cause: self._retry_spread())
        state.listen(Kind.POD_DELETING, lambda pod, new, cause: self._retry_spread())
        state.listen(Kind.NODE_TAINTS, lambda node, new, cause: self._retry())
        state.listen(Kind.NODE_UNSCHEDULABLE, lambda node, new, cause: self._retry())

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if phase == Phase.PENDING:
            self._push(pod)
        elif phase != Phase.RUNNING and pod.node >= 0:
            self._retry()

    def _retry_spread(self) -> None:
        """A pod came or goes: that may help those that wait for the sake of a spread constraint."""
        for alike in list(self._unschedulable):
            if alike[0].spec.topology_spread_constraints:
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

    def _push_next(self, alike: _Alike) -> None:
        waiting = self._unschedulable.get(alike)
        if waiting:
            self._push(heappop(waiting)[1])
            if not waiting:
                del self._unschedulable[alike]

    def _schedule_all(self) -> None:
        self._armed = False
        while self._active:
            _, _, pod = heappop(self._active)
            alike = (pod.pod_class, pod.only_node)
            if pod.deleting or pod.node >= 0:
                self._push_next(alike)
                continue
            node = None if alike in self._hopeless else self._choose(pod)
            if node is None:
                self._hopeless.add(alike)
                heappush(self._unschedulable.setdefault(alike, []), (pod.uid, pod))
            else:
                self._state.bind(pod, node)
                self._push_next(alike)

    def _choose(self, pod: PodState) -> int | None:
        prepared = self._prepared(pod.pod_class)
        feasible = self._framework.feasible(prepared, pod.only_node)
        if len(feasible) == 0:
            return None
        best = self._framework.best(prepared, feasible)
        return int(best[0]) if len(best) == 1 else self._ties.choose(best)

    def _prepared(self, pod_class: PodClass) -> Prepared:
        prepared = pod_class.scheduling
        if prepared is None:
            prepared = pod_class.scheduling = self._framework.prepare(PodView(pod_class))
        assert isinstance(prepared, Prepared)
        return prepared

    def reason(self, pod: PodState) -> str:
        """Why a waiting pod is not placed, in Kubernetes' words."""
        return self._framework.reasons(self._prepared(pod.pod_class), pod.only_node)

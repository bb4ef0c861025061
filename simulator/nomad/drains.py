"""Drains: allocations leave a node by the migrate block of their group.

Source: nomad/drainer (watch_jobs.go, drainer.go). Of each group so many leave at once as leaves count - max_parallel of
its allocations healthy; the next do when replacements are healthy. A group of one leaves at once. At the deadline of
the drain all that are left do. Disruption budgets are not asked.
"""

import math
from collections.abc import Sequence

from simulator.component import Component
from simulator.control_plane import Told
from simulator.controllers.disruption import CREATED, Verdict
from simulator.kernel import Event, Order
from simulator.nomad.allocations import TaskGroup
from simulator.nomad.options import Migrate
from simulator.nomad.reconciler import Reconciler
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState


class _Drain:
    """One node's allocations, on their way."""

    def __init__(self, told: Told, cause: int, over: Event) -> None:
        self.told = told
        self.cause = cause
        self.over = over
        self.waiting: dict[int, PodState] = {}
        """By uid, those that are still to leave."""


class Drains:
    """Has allocations leave their nodes."""

    def __init__(
        self, servers: Component, state: ClusterState, reconciler: Reconciler, migrate: Migrate, deadline: float
    ) -> None:
        self._servers = servers
        self._state = state
        self._reconciler = reconciler
        self._migrate_block = migrate
        self._deadline = deadline
        self._drains: list[_Drain] = []
        reconciler.migrates = self._evaluate

    def begin(self, pods: Sequence[PodState], told: Told, give_up_at: float, cause: int) -> Event:
        """An event to yield: succeeds when all of them have been told to leave, or with False at `give_up_at`."""
        drain = _Drain(told, cause, self._servers.event())
        self._drains.append(drain)
        for pod in pods:
            if isinstance(pod.owner, TaskGroup):
                drain.waiting[pod.uid] = pod
                self._reconciler.wake(pod.owner)
            else:
                self._leave(drain, pod)
        self._look(drain)
        now = self._servers.now
        if not drain.over.triggered:
            self._servers.timer(self._deadline, lambda: self._force(drain))
            if give_up_at < math.inf:
                self._servers.kernel.timer(max(0.0, give_up_at - now), lambda: self._give_up(drain), Order.REPAIR)
        return drain.over

    def _evaluate(self, group: TaskGroup) -> None:
        for drain in list(self._drains):
            for uid, pod in list(drain.waiting.items()):
                if pod.deleting or pod.is_over or uid not in self._state.pods:
                    del drain.waiting[uid]
                elif pod.owner is group:
                    if group.healthy() - (group.count - self._migrate_block.max_parallel) <= 0:
                        break
                    self._leave(drain, pod)
            self._look(drain)

    def _leave(self, drain: _Drain, pod: PodState) -> None:
        """The allocation is stopped, and another one placed."""
        drain.waiting.pop(pod.uid, None)
        drain.told(pod, Verdict(CREATED), 1, self._servers.now)
        allocation = self._reconciler.allocation(pod)
        if allocation is None or not isinstance(pod.owner, TaskGroup):
            self._state.pods.mark_deleting(pod, drain.cause)
        else:
            self._reconciler.replace(pod.owner, allocation, drain.cause, is_migration=True)

    def _look(self, drain: _Drain) -> None:
        if not drain.waiting and not drain.over.triggered:
            self._drains.remove(drain)
            drain.over.succeed(True)

    def _force(self, drain: _Drain) -> None:
        """The deadline of the drain: health is not asked any more."""
        if drain.over.triggered:
            return
        for pod in list(drain.waiting.values()):
            if pod.deleting or pod.is_over or pod.uid not in self._state.pods:
                del drain.waiting[pod.uid]
            else:
                self._leave(drain, pod)
        self._look(drain)

    def _give_up(self, drain: _Drain) -> None:
        """People do: what has not left stays."""
        if not drain.over.triggered:
            self._drains.remove(drain)
            drain.waiting.clear()
            drain.over.succeed(False)

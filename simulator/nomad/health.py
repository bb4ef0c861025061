"""The health of allocations: what deployments and drains go by.

Source: client/allochealth (tracker.go), client/allocrunner/health_hook.go. An allocation is healthy once all its tasks
have run, and all checks passed, for min_healthy_time without a restart; it is unhealthy once it has failed, or is not
healthy by healthy_deadline. That is said once.
"""

from collections.abc import Callable

from simulator.component import Component
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.nomad.allocations import Allocation, TaskGroup
from simulator.nomad.latencies import HEALTH_POLL
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState


class AllocationHealth:
    """Watches allocations from when they have a node; `judged` is told of each once."""

    def __init__(
        self,
        servers: Component,
        state: ClusterState,
        law: Callable[[Allocation], tuple[float, float]],
        judged: Callable[[Allocation], object],
    ) -> None:
        """`law` says min_healthy_time and healthy_deadline of an allocation."""
        self._servers = servers
        self._law = law
        self._judged = judged
        self._passing: dict[int, Timer] = {}
        self._deadlines: dict[int, Timer] = {}
        state.listen(Kind.POD_READY, self._ready_changed, TaskGroup)
        state.listen(Kind.POD_NODE, self._bound, TaskGroup)

    def _allocation(self, pod: PodState) -> Allocation | None:
        owner = pod.owner
        return owner.allocations.get(pod.uid) if isinstance(owner, TaskGroup) else None

    def _bound(self, pod: PodState, node: int, cause: int) -> None:
        allocation = self._allocation(pod)
        if allocation is not None:
            deadline = self._law(allocation)[1]
            self._deadlines[pod.uid] = self._servers.timer(deadline, lambda: self._too_late(allocation))

    def _too_late(self, allocation: Allocation) -> None:
        if not allocation.pod.deleting and not allocation.pod.is_over:
            self.judge(allocation, False)

    def _ready_changed(self, pod: PodState, ready: int, cause: int) -> None:
        if (timer := self._passing.pop(pod.uid, None)) is not None:
            timer.cancel()
        allocation = self._allocation(pod)
        if not ready or allocation is None or allocation.healthy is not None:
            return
        wait = self._law(allocation)[0] + HEALTH_POLL * pod.slot.stream("nomad/health").random()
        self._passing[pod.uid] = self._servers.timer(wait, lambda: self.judge(allocation, True))

    def judge(self, allocation: Allocation, healthy: bool) -> None:
        """It is healthy, or unhealthy, from now on; what was said before stands."""
        uid = allocation.pod.uid
        for timers in (self._passing, self._deadlines):
            if (timer := timers.pop(uid, None)) is not None:
                timer.cancel()
        if allocation.healthy is None:
            allocation.healthy = healthy
            self._judged(allocation)

    def forget(self, pod: PodState) -> None:
        """The allocation is over."""
        for timers in (self._passing, self._deadlines):
            if (timer := timers.pop(pod.uid, None)) is not None:
                timer.cancel()

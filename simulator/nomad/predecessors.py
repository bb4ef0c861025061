"""Allocations that wait for the one that each replaces: nothing of a replacement starts before that is over.

Source: client/allocrunner/upstream_allocs_hook.go, client/allocwatcher. Over is an allocation that has stopped or
failed, whose node is down, or that is unknown.
"""

from collections.abc import Callable
from functools import partial

from simulator.kernel import Kernel, Order
from simulator.log import Hold, Kind
from simulator.nomad.latencies import ALLOC_SYNC, ASSIGNMENT
from simulator.state.cluster import ClusterState
from simulator.state.objects import Phase, PodState


class Predecessors:
    """Who waits for whom."""

    def __init__(self, kernel: Kernel, state: ClusterState) -> None:
        self._kernel = kernel
        self._state = state
        self._of: dict[int, PodState] = {}
        """By uid of an allocation: the one that it waits for."""
        self._ready: dict[int, Callable[[], None]] = {}
        """By uid: how an allocation starts that has its node."""
        state.listen(Kind.POD_PHASE, self._phase_changed)

    def await_end(self, pod: PodState, previous: PodState) -> None:
        """The allocation, which has no node yet, is not to start before the other one is over."""
        if previous.uid in self._state.pods and not previous.is_over:
            self._of[pod.uid] = previous

    def hold_up(self, pod: PodState, run: Callable[[], None]) -> bool:
        """Whether the allocation waits; `run` is called once it does not any more."""
        if pod.uid not in self._of:
            return False
        self._ready[pod.uid] = run
        self._state.pods.set_held(pod, Hold.PREDECESSOR, pod.cause)
        return True

    def lost(self, previous: PodState) -> None:
        """The servers have given it up: nobody waits for it any more."""
        self._release(previous, 0.0)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if phase == Phase.ABSENT:
            self._of.pop(pod.uid, None)
            self._ready.pop(pod.uid, None)
        if phase == Phase.ABSENT or pod.is_over:
            self._release(pod, ALLOC_SYNC + ASSIGNMENT)

    def _release(self, previous: PodState, elsewhere: float) -> None:
        """Another client hears of it by way of the servers, that of the same node at once."""
        for uid, awaited in list(self._of.items()):
            if awaited is previous:
                waiting = self._state.pods[uid]
                delay = 0.0 if waiting.node in (previous.node, -1) else elsewhere
                self._kernel.timer(delay, partial(self._go, waiting, previous), Order.KUBELET)

    def _go(self, pod: PodState, previous: PodState) -> None:
        if self._of.get(pod.uid) is not previous:
            return
        del self._of[pod.uid]
        self._state.pods.set_held(pod, Hold.NOT, pod.cause)
        run = self._ready.pop(pod.uid, None)
        if run is not None and not pod.deleting and self._state.nodes.reporting[pod.node]:
            run()

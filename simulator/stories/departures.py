"""Departures: waiting for pods to be gone."""

from collections.abc import Sequence

from simulator.kernel import Event, Kernel
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import Phase, PodState


class Departures:
    """Tells those who wait for pods when none of them exists any more."""

    def __init__(self, kernel: Kernel, state: ClusterState) -> None:
        self._kernel = kernel
        self._pods = state.pods
        self._leaving: list[tuple[set[int], Event]] = []
        """Pods that somebody waits to see gone."""
        state.listen(Kind.POD_PHASE, self._pod_left)

    def gone(self, pods: Sequence[PodState]) -> Event:
        """An event to yield: succeeds when none of the pods exists any more."""
        event = self._kernel.event()
        left = {pod.uid for pod in pods if pod.uid in self._pods}
        if left:
            self._leaving.append((left, event))
        else:
            event.succeed()
        return event

    def _pod_left(self, pod: PodState, phase: int, cause: int) -> None:
        if phase == Phase.ABSENT and self._leaving:
            for left, event in self._leaving:
                left.discard(pod.uid)
                if not left:
                    event.succeed()
            self._leaving = [(left, event) for left, event in self._leaving if left]

"""From Ready to available: what the controllers of ReplicaSets and StatefulSets do alike.

Source: pkg/api/v1/pod/util.go (IsPodAvailable).
"""

import math

from simulator.component import Component
from simulator.kernel import Timer
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState


class Availability:
    """Marks pods available once they have been Ready for minReadySeconds on end."""

    def __init__(self, kernel: Component, state: ClusterState) -> None:
        self._kernel = kernel
        self._state = state
        self._waiting: dict[int, Timer] = {}
        """Per pod that is Ready, but not long enough."""

    def judge(self, pod: PodState, min_ready: float, cause: int) -> None:
        """To be called when the pod's Ready condition, or minReadySeconds, has changed."""
        if self._waiting:
            waiting = self._waiting.pop(pod.uid, None)
            if waiting is not None:
                waiting.cancel()
        # The API keeps the time of a condition in whole seconds, rounded down.
        left = math.floor(pod.ready_since) + min_ready - self._kernel.now if pod.ready else 0.0
        if left > 0:
            self._waiting[pod.uid] = self._kernel.timer(left, lambda: self._stayed_ready(pod))
        self._state.pods.set_available(pod, pod.ready and left <= 0, cause)

    def _stayed_ready(self, pod: PodState) -> None:
        del self._waiting[pod.uid]
        if not pod.deleting:
            self._state.pods.set_available(pod, True, pod.cause)

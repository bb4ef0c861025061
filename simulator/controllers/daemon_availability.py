"""From Ready to available, of the pods of DaemonSets: what has become available shows at a pass only.

Source: pkg/controller/daemon/daemon_controller.go (updateDaemonSetStatus), pkg/api/v1/pod/util.go (IsPodAvailable).
"""

import math
from collections import defaultdict
from collections.abc import Callable

from simulator.component import Component
from simulator.state.objects import DaemonSetState, PodState
from simulator.state.pods import Pods

_ROUNDING = 1e-6
"""Times are sums, and one that is due must not be missed for their rounding."""


class DaemonAvailability:
    """Which pods are available; `look_again` asks for another pass, at which others may have become so."""

    def __init__(self, kernel: Component, pods: Pods, look_again: Callable[[DaemonSetState], None]) -> None:
        self._kernel = kernel
        self._pods = pods
        self._look_again = look_again
        self._ripening: defaultdict[DaemonSetState, dict[int, PodState]] = defaultdict(dict)
        """Pods that are ready and not available yet, by uid."""
        self._due: set[DaemonSetState] = set()
        """Those for which a later pass is due on account of such pods."""

    def judge(self, daemon_set: DaemonSetState, pod: PodState, cause: int) -> None:
        """Readiness or minReadySeconds have changed: whether the pod is available, or will be."""
        available = pod.ready and self._is_ripe(daemon_set, pod)
        if pod.ready and not available:
            self._ripening[daemon_set][pod.uid] = pod
        else:
            self._ripening[daemon_set].pop(pod.uid, None)
        self._pods.set_available(pod, available, cause)

    def gone(self, daemon_set: DaemonSetState, pod: PodState, cause: int) -> None:
        """There is no such pod any more."""
        self._ripening[daemon_set].pop(pod.uid, None)
        self._pods.set_available(pod, False, cause)

    def look(self, daemon_set: DaemonSetState) -> None:
        """To be called at every pass: pods that have been ready for long enough are available.

        While there are others, there is another pass minReadySeconds later (updateDaemonSetStatus), unless one is
        already due before (client-go/util/workqueue/delaying_queue.go): that one sees who has become available.
        """
        ripening = self._ripening[daemon_set]
        for pod in [pod for pod in ripening.values() if self._is_ripe(daemon_set, pod)]:
            del ripening[pod.uid]
            self._pods.set_available(pod, True, pod.cause)
        if ripening and daemon_set not in self._due:
            self._due.add(daemon_set)
            self._kernel.timer(daemon_set.spec.min_ready_seconds, lambda: self._fall_due(daemon_set))

    def _fall_due(self, daemon_set: DaemonSetState) -> None:
        self._due.discard(daemon_set)
        self._look_again(daemon_set)

    def _is_ripe(self, daemon_set: DaemonSetState, pod: PodState) -> bool:
        # The API keeps the time of a condition in whole seconds, rounded down.
        min_ready = daemon_set.spec.min_ready_seconds
        return not min_ready or math.floor(pod.ready_since) + min_ready <= self._kernel.now + _ROUNDING

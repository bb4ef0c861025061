"""activeDeadlineSeconds: a pod may be active for so long, from when its kubelet saw it first; then it has failed.

Source: pkg/kubelet/active_deadline.go.
"""

from simulator.kernel import Kernel, Order
from simulator.kubelet.termination import Termination
from simulator.state.cluster import ClusterState
from simulator.state.objects import Phase, PodState

CAUSE = "active-deadline"
"""What the log gives as the cause."""


class Deadlines:
    """Ends the pods whose time is over."""

    def __init__(self, kernel: Kernel, state: ClusterState, termination: Termination) -> None:
        self._kernel = kernel
        self._state = state
        self._termination = termination

    def bound(self, pod: PodState) -> None:
        """The pod got its node."""
        seconds = pod.pod_class.spec.active_deadline
        if seconds is not None:
            self._kernel.timer(seconds, lambda: self._exceeded(pod), Order.KUBELET)

    def is_over(self, pod: PodState) -> bool:
        """Whether the pod's time is over."""
        seconds, since = pod.pod_class.spec.active_deadline, pod.start_time
        return seconds is not None and since is not None and self._kernel.now >= since + seconds

    def _exceeded(self, pod: PodState) -> None:
        """A node without power sees to it when it is back."""
        if pod.phase in (Phase.PENDING, Phase.RUNNING) and not pod.stopping and self._state.nodes.powered[pod.node]:
            pod.cause = self._state.cause(CAUSE)
            self._termination.end(pod)

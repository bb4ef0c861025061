"""Readiness gates: conditions that others than the kubelet have to set before a pod is Ready.

Source: pkg/kubelet/status/generate.go (GeneratePodReadyCondition). The kubelet reevaluates Ready at once when such a
condition changes through the API. Who sets it, and when, no manifest tells: the experiment does.
"""

from collections.abc import Callable

from simulator.kernel import Kernel, Order
from simulator.state.objects import Phase, PodState


class ReadinessGates:
    """Sets the conditions of pods so long after their containers were ready for the first time.

    They stay True then, as those of load balancers do while a pod is registered.
    """

    def __init__(self, kernel: Kernel, changed: Callable[[PodState], None]) -> None:
        self._kernel = kernel
        self._changed = changed
        """What happens when a condition has changed."""
        self._waiting: set[int] = set()
        """Pods whose conditions are about to be set."""

    @staticmethod
    def are_open(pod: PodState) -> bool:
        """Whether all conditions that the pod waits for are True."""
        return pod.conditions.issuperset(pod.pod_class.spec.readiness_gates)

    def containers_ready(self, pod: PodState) -> None:
        """All containers of the pod, which has gates, are ready."""
        if self.are_open(pod) or pod.uid in self._waiting:
            return
        law = pod.pod_class.behaviour.readiness_gate
        if law is None:
            pod.conditions.update(pod.pod_class.spec.readiness_gates)
            return
        self._waiting.add(pod.uid)
        after = pod.slot.draw("readiness-gate", law)
        self._kernel.timer(after, lambda: self._open_all(pod), Order.CONTROL)

    def _open_all(self, pod: PodState) -> None:
        self._waiting.discard(pod.uid)
        if pod.phase is Phase.RUNNING and all(each.running and each.ready for each in pod.containers):
            pod.conditions.update(pod.pod_class.spec.readiness_gates)
            self._changed(pod)

    def set_condition(self, pod: PodState, condition: str, status: bool) -> None:
        """Somebody sets a condition of the pod."""
        if status:
            pod.conditions.add(condition)
        else:
            pod.conditions.discard(condition)
        self._changed(pod)

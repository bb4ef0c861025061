"""Lifecycle hooks: how long those of a container take this time.

Source: pkg/kubelet/lifecycle; pkg/kubelet/kuberuntime/kuberuntime_container.go (startContainer, killContainer).
"""

from models.pod import Container
from simulator.state.objects import PodState

LEAST = 2.0
"""Seconds from SIGTERM to SIGKILL at least, however much of the grace period the preStop hook took."""


def post_start(pod: PodState, container: Container) -> float:
    """Seconds from the start of a container until its postStart hook has returned."""
    if container.post_start is not None:
        return container.post_start
    law = pod.pod_class.behaviour.post_start
    return 0.0 if law is None else pod.slot.draw("post-start", law)


def pre_stop(pod: PodState, container: Container, grace: float) -> float:
    """Seconds that the preStop hook takes of the grace period, before SIGTERM."""
    taken = container.pre_stop
    if taken is None:
        law = pod.pod_class.behaviour.pre_stop
        taken = 0.0 if law is None else pod.slot.draw("pre-stop", law)
    return min(grace, taken)


def stop(pod: PodState, grace: float) -> float:
    """Seconds from SIGTERM to the exit, with `grace` left of the grace period."""
    return min(max(grace, LEAST), pod.slot.draw("stop", pod.pod_class.behaviour.stop))

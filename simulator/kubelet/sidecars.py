"""The end of sidecars: after the main containers, the last to start first.

Source: pkg/kubelet/kuberuntime/kuberuntime_termination_order.go.
"""

from simulator.kubelet import hooks
from simulator.state.objects import PodState


def ended(pod: PodState, main_ended: float, grace: float) -> float:
    """When the last sidecar has exited, in seconds from the beginning of the pod's end, as `main_ended` is.

    Their hooks run from the beginning; then each waits for SIGTERM until all that started after it have exited, but
    not beyond the grace period.
    """
    end = main_ended
    for sidecar in reversed(pod.sidecars):
        if sidecar.running:
            term = min(max(hooks.pre_stop(pod, sidecar.spec, grace), end), grace)
            end = max(end, term + hooks.stop(pod, grace - term))
    return end

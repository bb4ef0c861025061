"""The end of a pod: preStop, SIGTERM, SIGKILL.

Source: pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer).
"""

from simulator.kernel import Kernel, Order
from simulator.kubelet import hooks
from simulator.state.cluster import ClusterState
from simulator.state.objects import Phase, PodState


class Termination:
    """Stops the containers of pods that are being deleted, and lets go of the pods."""

    def __init__(self, kernel: Kernel, state: ClusterState) -> None:
        self._kernel = kernel
        self._nodes = state.nodes
        self._pods = state.pods

    def terminate(self, pod: PodState) -> None:
        """The pod has a deletionTimestamp."""
        if pod.node < 0 or pod.phase is Phase.FAILED:
            self._pods.remove(pod)
        elif self._nodes.reporting[pod.node]:
            pre_stop, stop = self.times(pod) if pod.running else (0.0, self._unstarted(pod))
            self.cancel(pod)
            self._pods.set_pulling(pod, False, pod.cause)
            if pod.pod_class.behaviour.answers_while_stopping or not stop:
                pod.timer = self._kernel.timer(pre_stop + stop, lambda: self._stopped(pod), Order.KUBELET)
            elif pre_stop:
                pod.timer = self._kernel.timer(pre_stop, lambda: self._stop_accepting(pod, stop), Order.KUBELET)
            else:
                self._stop_accepting(pod, stop)

    def _stop_accepting(self, pod: PodState, stop: float) -> None:
        """SIGTERM, to a server that takes no further request from then on."""
        self._pods.set_answering(pod, False, pod.cause)
        pod.timer = self._kernel.timer(stop, lambda: self._stopped(pod), Order.KUBELET)

    @staticmethod
    def times(pod: PodState) -> tuple[float, float]:
        """PreStop inside the grace period, then from SIGTERM to the exit.

        All hooks run side by side, and the pod is taken to serve until the last has returned.
        """
        grace = pod.pod_class.spec.termination_grace_period
        taken = [hooks.pre_stop(pod, container.spec, grace) for container in pod.containers if container.running]
        pre_stop = max(taken, default=0.0)
        return pre_stop, hooks.stop(pod, grace - pre_stop)

    @staticmethod
    def _unstarted(pod: PodState) -> float:
        """The API server lets only pods without a node, or that have ended, go at once (CheckGracefulDelete)."""
        grace = pod.pod_class.spec.termination_grace_period
        return min(grace, pod.slot.draw("stop-unstarted", pod.pod_class.behaviour.stop_unstarted))

    @staticmethod
    def cancel(pod: PodState) -> None:
        """What was to happen to the pod, and to its containers, does not."""
        if pod.timer is not None:
            pod.timer.cancel()
            pod.timer = None
        for clock in pod.clocks:
            clock.stop()
        for container in pod.containers:
            for timer in container.timers:
                timer.cancel()
            for clock in container.clocks or ():
                clock.stop()

    def _stopped(self, pod: PodState) -> None:
        self._pods.set_containers(pod, 0, pod.cause)
        self._pods.set_answering(pod, False, pod.cause)
        self._pods.remove(pod)

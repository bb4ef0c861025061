"""The end of a pod: preStop, SIGTERM, SIGKILL; sidecars after the main containers.

Source: pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer).
"""

import math

from simulator.kernel import Kernel, Order
from simulator.kubelet.hang import Hang
from simulator.kubelet.rules import AgentRules
from simulator.state.cluster import ClusterState
from simulator.state.objects import ContainerState, Disruption, Phase, PodState, Stuck

KILLED = 137
"""The exit code of a container that was killed, or of which nobody knows how it ended (SIGKILL)."""


def is_done(pod: PodState, container: ContainerState) -> bool:
    """Whether a container that does not run, and has run, is not started again, even in a new sandbox."""
    return not pod.pod_class.spec.restarts(container.spec, failed=container.exit_code != 0)


class Termination:
    """Stops the containers of pods that are being deleted, and lets go of the pods."""

    def __init__(self, kernel: Kernel, state: ClusterState, hang: Hang, rules: AgentRules) -> None:
        self._kernel = kernel
        self.times = rules.stop_times
        self._hang = hang
        self._nodes = state.nodes
        self._pods = state.pods

    def terminate(self, pod: PodState) -> None:
        """The pod has a deletionTimestamp, and its kubelet hears of it; or it hears what has become of the pod."""
        if pod.node < 0 or pod.is_over:
            self._pods.remove(pod)
        elif not self._nodes.reporting[pod.node] or self._hang.holds(pod.node):
            return
        elif not pod.stopping:
            self._stop(pod, 0.0 if pod.running else self._unstarted(pod))
        elif pod.timer is None:
            self._report_end(pod)

    def end(self, pod: PodState, grace: float = math.inf) -> None:
        """The kubelet ends the pod of its own accord: once its containers are stopped it is over.

        They have their grace period for that, but not more than `grace` seconds.
        """
        if not pod.stopping and not self._hang.holds(pod.node):
            self._stop(pod, 0.0, grace)

    @staticmethod
    def is_final(pod: PodState) -> bool:
        """Whether the pod is at its end once its sandbox is lost: it has run, and no main container is restarted.

        Source: pkg/kubelet/kuberuntime (computePodActions).
        """
        ran = pod.phase is Phase.RUNNING or pod.stage > 0
        return ran and all(is_done(pod, container) for container in pod.main_containers)

    def finish(self, pod: PodState) -> None:
        """The containers of the pod are down, and will not be started again: it is gone if deleted, else over."""
        if pod.stuck is not None and not pod.stuck.finalizer and pod.running:
            self._wait_for_processes(pod, pod.stuck)
            return
        self.cancel(pod)
        pod.stopping = True
        for container in pod.containers:
            container.running = container.healthy = container.ready = False
            if container.exit_code is None:
                container.exit_code, container.finished = KILLED, self._kernel.now
        self._pods.set_containers(pod, 0, pod.cause)
        self._pods.set_answering(pod, False, pod.cause)
        self._report_end(pod)

    def _wait_for_processes(self, pod: PodState, stuck: Stuck) -> None:
        """SIGKILL does nothing to processes that wait for a device (state D): the pod holds all that it has."""
        self.cancel(pod)
        pod.stopping, pod.stuck = True, None
        self._pods.set_answering(pod, False, pod.cause)
        self._pods.begin_stuck(pod, stuck)
        pod.timer = self._kernel.timer(stuck.seconds, lambda: self.finish(pod), Order.KUBELET)

    def _report_end(self, pod: PodState) -> None:
        """A kubelet that is cut off does so when it is back."""
        if not self._nodes.reporting[pod.node]:
            return
        if pod.deleting:
            self._pods.remove(pod)
        else:
            self._pods.set_ready(pod, False, pod.cause)
            forced = pod.disruption is Disruption.TERMINATION_BY_KUBELET
            if not forced and all(container.exit_code == 0 for container in pod.main_containers):
                self._pods.succeed(pod)
            else:
                self._pods.fail(pod, pod.cause)

    def _stop(self, pod: PodState, unstarted: float, most: float = math.inf) -> None:
        """PreStop, SIGTERM, SIGKILL; a pod that does not run yet takes `unstarted` seconds."""
        pre_stop, stop = self.times(pod, most) if pod.running else (0.0, unstarted)
        self.cancel(pod)
        pod.stopping = True
        self._pods.set_pulling(pod, False, pod.cause)
        if pod.pod_class.behaviour.answers_while_stopping or not stop:
            pod.timer = self._kernel.timer(pre_stop + stop, lambda: self.finish(pod), Order.KUBELET)
        elif pre_stop:
            pod.timer = self._kernel.timer(pre_stop, lambda: self._stop_accepting(pod, stop), Order.KUBELET)
        else:
            self._stop_accepting(pod, stop)

    def _stop_accepting(self, pod: PodState, stop: float) -> None:
        """SIGTERM, to a server that takes no further request from then on."""
        self._pods.set_answering(pod, False, pod.cause)
        pod.timer = self._kernel.timer(stop, lambda: self.finish(pod), Order.KUBELET)

    @staticmethod
    def _unstarted(pod: PodState) -> float:
        """The API server lets only pods without a node, or that have ended, go at once (CheckGracefulDelete)."""
        grace = pod.pod_class.spec.termination_grace_period
        return min(grace, pod.slot.draw("stop-unstarted", pod.pod_class.behaviour.stop_unstarted))

    @staticmethod
    def cancel(pod: PodState) -> None:
        """What was to happen to the pod, and to its containers, does not."""
        pod.stopping = False
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

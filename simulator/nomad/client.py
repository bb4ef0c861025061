"""The clients of all nodes: what they do otherwise than kubelets.

Source: client/allocrunner (upstream allocs hook, health watcher), taskrunner (restarts, task_runner.go).
"""

from collections.abc import Callable

from models.pod import Container, Probe
from simulator.kernel import Kernel
from simulator.kubelet import hooks, sidecars
from simulator.kubelet.probes import ProbeTimeline
from simulator.nomad import checks
from simulator.nomad.predecessors import Predecessors
from simulator.nomad.restarts import RestartTracker
from simulator.state.objects import ContainerState, PodState


class ClientRules:
    """Tasks restart by their tracker, stop after shutdown_delay, and wait for the allocation that they replace.

    `give_up` and `register` are set once there are agents that these are the rules of.
    """

    ends_pods_at_shutdown = False
    admits_by_name = False

    def __init__(self, kernel: Kernel, tracker: RestartTracker, predecessors: Predecessors) -> None:
        self._kernel = kernel
        self._tracker = tracker
        self._predecessors = predecessors
        self.give_up: Callable[[PodState], object] = lambda pod: None
        """Ends the allocation, which has failed: the tasks that run still are stopped."""
        self.register: Callable[[int], float] = lambda node: 0.0

    def timeline(self, pod: PodState, container: Container, startup: float, begin: float) -> ProbeTimeline:
        checked = container.readiness is not None or container.liveness is not None
        phase = pod.slot.stream("nomad/check-phase").random() if checked else 0.0
        return checks.timeline(container, startup, phase)

    def noticed_after(self, pod: PodState) -> float:
        return 0.0

    def restart_after(self, pod: PodState, container: ContainerState, judged_by: float) -> float | None:
        wait = self._tracker.next(pod, container, self._kernel.now)
        if wait is None:
            self.give_up(pod)
            return None
        return wait + pod.slot.draw("restart", pod.pod_class.behaviour.restart)

    def awaits(self, pod: PodState, run: Callable[[], None]) -> bool:
        """The hook before all else: images are pulled once the allocation that it replaces is over."""
        return self._predecessors.hold_up(pod, run)

    def holds(self, pod: PodState, run: Callable[[], None]) -> bool:
        return False

    def stop_times(self, pod: PodState, most: float) -> tuple[float, float]:
        """Shutdown_delay, which kill_timeout does not bound, and then the kill signal."""
        grace = min(most, pod.pod_class.spec.termination_grace_period)
        taken = [hooks.pre_stop(pod, each.spec, most) for each in pod.main_containers if each.running]
        delay = max(taken, default=0.0)
        stop = _exit(pod, grace) if taken else 0.0
        if pod.sidecars:
            stop = max(stop, sidecars.ended(pod, delay + stop, delay + grace) - delay)
        return delay, stop

    def kill_times(self, pod: PodState, container: ContainerState, grace: float) -> tuple[float, float]:
        return 0.0, _exit(pod, grace)

    def grace_of(self, pod: PodState, probe: Probe) -> float:
        return pod.pod_class.spec.termination_grace_period

    def back_after(self, node: int) -> float:
        return self.register(node)

    def restarts_at_boot(self, pod: PodState) -> bool:
        return True


def _exit(pod: PodState, kill_timeout: float) -> float:
    """Seconds from the kill signal to the exit."""
    return min(kill_timeout, pod.slot.draw("stop", pod.pod_class.behaviour.stop))

"""Readiness probes that fail for what a container has read, and succeed again once it has read better.

Source: pkg/kubelet/prober (worker.go, doProbe). The worker ticks every period, in a phase of its own; after
failureThreshold failures in a row the container is not ready, after successThreshold successes it is.
"""

from collections.abc import Callable

from simulator.kernel import Kernel, Order, Timer
from simulator.state.objects import ContainerState, PodState


class FailingReadiness:
    """The readiness of containers that say that they are not ready, and run on."""

    def __init__(self, kernel: Kernel, report_ready: Callable[[PodState], None]) -> None:
        self._kernel = kernel
        self._report_ready = report_ready
        self.failing: set[ContainerState] = set()
        """Those that say that they are not ready."""
        self._timers: dict[ContainerState, Timer] = {}

    def holds_back(self, container: ContainerState, fails: bool) -> bool:
        """Whether the container, which has started up and would be ready now, says that it is not."""
        if fails and container.spec.readiness is not None:
            self.failing.add(container)
        return container in self.failing

    def set(self, pod: PodState, container: ContainerState, fails: bool) -> None:
        """From now on the container's readiness probe fails, or does not."""
        probe = container.spec.readiness
        if probe is None or fails is (container in self.failing):
            return
        self.forget(container)
        if fails:
            self.failing.add(container)
        attempts = probe.failure_threshold if fails else probe.success_threshold
        phase = pod.slot.stream("readiness-phase").random()
        delay = (phase + attempts - 1) * probe.period
        timer = self._kernel.timer(delay, lambda: self._noticed(pod, container, not fails), Order.KUBELET)
        self._timers[container] = timer
        container.timers.append(timer)  # it is stopped with the container

    def _noticed(self, pod: PodState, container: ContainerState, ready: bool) -> None:
        self._timers.pop(container, None)
        if pod.stopping or (ready and not container.healthy):  # one that is starting up is asked then
            return
        container.ready = ready
        self._report_ready(pod)

    def forget(self, container: ContainerState) -> None:
        """The container is gone, or starts anew."""
        self.failing.discard(container)
        if (timer := self._timers.pop(container, None)) is not None:
            timer.cancel()

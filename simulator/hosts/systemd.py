"""systemd on every host: what becomes of a process that ends, by itself or because somebody stops it.

Source: systemd src/core/service.c, src/basic/ratelimit.c, systemd.unit(5), systemd.service(5). A process that fails is
started again RestartSec later, in place, for ever, unless that would be one start too many within the interval: then
the unit has failed, and stays so until people reset it or its host boots. The interval does not slide: it begins with
the first start after the last one has run out.
"""

from collections.abc import Callable
from dataclasses import dataclass

from models.distributions import Distribution
from models.pod import Container, Probe
from simulator.hosts.options import Systemd
from simulator.kernel import Kernel, Order, Timer
from simulator.kubelet import hooks
from simulator.kubelet.probes import ProbeTimeline
from simulator.log import Hold, Kind, Phase
from simulator.state.cluster import ClusterState
from simulator.state.objects import ContainerState, PodState


@dataclass(slots=True)
class _Starts:
    """The starts of one process that count."""

    begin: float
    number: int = 1


class SystemdRules:
    """The rules of systemd on all hosts."""

    ends_pods_at_shutdown = False
    admits_by_name = False

    def __init__(self, kernel: Kernel, state: ClusterState, options: Systemd, reset: Distribution | None) -> None:
        """`reset`: how long a unit that has failed waits for people; None: for ever."""
        self._kernel = kernel
        self._pods = state.pods
        self._options = options
        self._reset = reset
        self._starts: dict[ContainerState, _Starts] = {}
        self._failed: dict[ContainerState, Timer | None] = {}
        """Processes of units that have failed, which nobody starts, and when people reset them."""
        state.listen(Kind.POD_PHASE, lambda pod, phase, cause: self._forget(pod) if phase == Phase.ABSENT else None)

    def timeline(self, pod: PodState, container: Container, startup: float, begin: float) -> ProbeTimeline:
        """A unit with a watchdog says when it has started up, and has TimeoutStartSec for that."""
        if container.liveness is not None and startup > self._options.timeout_start:
            return ProbeTimeline(None, None, self._options.timeout_start)
        return ProbeTimeline(startup, startup, None)

    def noticed_after(self, pod: PodState) -> float:
        return 0.0

    def restart_after(self, pod: PodState, container: ContainerState, judged_by: float) -> float | None:
        seconds = self._options.restart_sec
        if self._counts(container, self._kernel.now + seconds):
            return seconds
        self._starts.pop(container, None)
        wait = None if self._reset is None else seconds + pod.slot.draw("reset", self._reset)
        self._fail(pod, container, wait)
        return wait

    def _fail(self, pod: PodState, container: ContainerState, wait: float | None) -> None:
        def reset() -> None:
            del self._failed[container]
            self._tell(pod)

        self._failed[container] = None if wait is None else self._kernel.timer(wait, reset, Order.KUBELET)
        self._tell(pod)

    def _counts(self, container: ContainerState, start: float) -> bool:
        """Whether a process may be started at this time; it counts if so."""
        starts = self._starts.setdefault(container, _Starts(container.started))
        if start - starts.begin > self._options.start_limit_interval:
            starts.begin, starts.number = start, 1
            return True
        starts.number += 1
        return starts.number <= self._options.start_limit_burst

    def awaits(self, pod: PodState, run: Callable[[], None]) -> bool:
        return False

    def holds(self, pod: PodState, run: Callable[[], None]) -> bool:
        return False

    def stop_times(self, pod: PodState, most: float) -> tuple[float, float]:
        """SIGTERM at once: whoever stops a unit has taken its server out of use before."""
        return 0.0, hooks.stop(pod, min(most, pod.pod_class.spec.termination_grace_period))

    def kill_times(self, pod: PodState, container: ContainerState, grace: float) -> tuple[float, float]:
        return 0.0, hooks.stop(pod, grace)

    def grace_of(self, pod: PodState, probe: Probe) -> float:
        return pod.pod_class.spec.termination_grace_period

    def back_after(self, node: int) -> float:
        return 0.0

    def restarts_at_boot(self, pod: PodState) -> bool:
        """Its unit is enabled; what it counted is forgotten."""
        self._forget(pod)
        self._tell(pod)
        return True

    def _forget(self, pod: PodState) -> None:
        for container in pod.containers:
            self._starts.pop(container, None)
            if (reset := self._failed.pop(container, None)) is not None:
                reset.cancel()

    def has_failed(self, pod: PodState) -> bool:
        """Whether a unit of it has failed, and nobody has reset it."""
        return bool(self._failed) and any(container in self._failed for container in pod.containers)

    def _tell(self, pod: PodState) -> None:
        """A unit that has failed is held back, as the log has it."""
        self._pods.set_held(pod, Hold.DELAY if self.has_failed(pod) else Hold.NOT, pod.cause)

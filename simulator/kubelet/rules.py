"""What the agent of a node does by rules that are its control plane's own; all else agents do alike.

Alike are the start of a pod once it may, images, failure clocks, memory, hangs, and grey failures.
"""

from collections.abc import Callable
from typing import Protocol

from models.pod import Container, Probe
from models.timing import Timing
from simulator.kernel import Kernel
from simulator.kubelet import crash_loop, hooks, sidecars
from simulator.kubelet.probes import ProbeTimeline, timeline
from simulator.state.objects import ContainerState, PodState


class AgentRules(Protocol):
    """The rules of the agents of all nodes."""

    ends_pods_at_shutdown: bool
    """Whether agents hold up the shutdown of their nodes until their pods have ended."""
    admits_by_name: bool
    """Whether agents take pods that name their node by themselves; if not, they get them as they get all others."""

    def timeline(self, pod: PodState, container: Container, startup: float, begin: float) -> ProbeTimeline:
        """When probes find out about a container that starts: as `probes.timeline`."""
        ...

    def noticed_after(self, pod: PodState) -> float:
        """Seconds from the end of a container, or of its sandbox, until the agent notices."""
        ...

    def restart_after(self, pod: PodState, container: ContainerState, judged_by: float) -> float | None:
        """Seconds until a container that is down is started again in its pod; None: it is not, and somebody knows.

        `judged_by` is the time of the end by which it is judged.
        """
        ...

    def awaits(self, pod: PodState, run: Callable[[], None]) -> bool:
        """Whether nothing of a pod that has its node is to begin yet, not even its images; `run` is called then."""
        ...

    def holds(self, pod: PodState, run: Callable[[], None]) -> bool:
        """Whether a pod that has all that it needs is not to start yet; `run` is called once it may."""
        ...

    def stop_times(self, pod: PodState, most: float) -> tuple[float, float]:
        """Seconds from being told to stop a pod to the stop signal, and from then to the end of all its containers.

        `most` bounds its grace period.
        """
        ...

    def kill_times(self, pod: PodState, container: ContainerState, grace: float) -> tuple[float, float]:
        """As `stop_times`, of a container that its probes, or people, have given up, with this grace period."""
        ...

    def grace_of(self, pod: PodState, probe: Probe) -> float:
        """The grace period of a container that this probe has given up."""
        ...

    def back_after(self, node: int) -> float:
        """Seconds until an agent that was away is in touch again, once nothing keeps it from that."""
        ...

    def restarts_at_boot(self, pod: PodState) -> bool:
        """Whether the agent of a node that has come up starts a pod that was on it; if not, somebody knows."""
        ...


class KubeletRules:
    """Those of the kubelet. Source: pkg/kubelet (pleg, prober, kuberuntime)."""

    ends_pods_at_shutdown = True
    admits_by_name = True

    def __init__(self, kernel: Kernel, timing: Timing) -> None:
        self._kernel = kernel
        self._timing = timing

    def timeline(self, pod: PodState, container: Container, startup: float, begin: float) -> ProbeTimeline:
        probed = container.startup is not None or container.liveness is not None
        phase = pod.slot.stream("probe-phase").random() if probed else 0.0
        return timeline(container, startup, phase, begin)

    def noticed_after(self, pod: PodState) -> float:
        return self._timing.pleg_relist_period * pod.slot.stream("pleg").random()

    def restart_after(self, pod: PodState, container: ContainerState, judged_by: float) -> float | None:
        wait = crash_loop.wait(pod, container, judged_by, self._kernel.now, self._timing)
        return wait + pod.slot.draw("restart", pod.pod_class.behaviour.restart)

    def awaits(self, pod: PodState, run: Callable[[], None]) -> bool:
        return False

    def holds(self, pod: PodState, run: Callable[[], None]) -> bool:
        return False

    def stop_times(self, pod: PodState, most: float) -> tuple[float, float]:
        """PreStop inside the grace period, then from SIGTERM of the main containers to the exit of all.

        The pod is taken to serve until the last of the main containers' hooks has returned.
        """
        grace = min(most, pod.pod_class.spec.termination_grace_period)
        taken = [hooks.pre_stop(pod, each.spec, grace) for each in pod.main_containers if each.running]
        pre_stop = max(taken, default=0.0)
        runs = any(each.running for each in pod.main_containers)
        stop = hooks.stop(pod, grace - pre_stop) if runs else 0.0
        if pod.sidecars:
            stop = max(stop, sidecars.ended(pod, pre_stop + stop, grace) - pre_stop)
        return pre_stop, stop

    def kill_times(self, pod: PodState, container: ContainerState, grace: float) -> tuple[float, float]:
        pre_stop = hooks.pre_stop(pod, container.spec, grace)
        return pre_stop, hooks.stop(pod, grace - pre_stop)

    def grace_of(self, pod: PodState, probe: Probe) -> float:
        return pod.pod_class.spec.grace_period(probe)

    def back_after(self, node: int) -> float:
        return 0.0

    def restarts_at_boot(self, pod: PodState) -> bool:
        return True

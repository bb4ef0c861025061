"""The agents: what the daemons of the nodes do otherwise than kubelets.

Source: moby daemon/cluster/executor/container (controller.go), swarmkit agent. A task whose container ends is over: its
manager replaces it, nothing is started in place, after a boot neither. A task that is to stop leaves the Services, then
its agent waits for the gossip, then comes the stop signal.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from models.pod import Container, Probe
from models.release import Shows
from simulator.kubelet import hooks
from simulator.kubelet.probes import ProbeTimeline
from simulator.state.cluster import ClusterState
from simulator.state.objects import ContainerState, PodState
from simulator.swarm import healthcheck
from simulator.swarm.latencies import ASSIGNMENT, END, ENDPOINT_WAIT, STOP_OVERHEAD

if TYPE_CHECKING:
    from simulator.swarm.dispatcher import Dispatcher
    from simulator.swarm.orchestrator import Orchestrator


class SwarmRules:
    """The rules of all agents; who they report to is known once there is an orchestrator."""

    ends_pods_at_shutdown = False
    admits_by_name = False

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        self.orchestrator: Orchestrator
        self.dispatcher: Dispatcher

    def timeline(self, pod: PodState, container: Container, startup: float, begin: float) -> ProbeTimeline:
        defect = pod.pod_class.template.defect
        if defect is not None and defect.shows is Shows.NEVER_READY and container.liveness is not None:
            startup = math.inf
        return healthcheck.timeline(container.liveness, startup)

    def noticed_after(self, pod: PodState) -> float:
        return END

    def restart_after(self, pod: PodState, container: ContainerState, judged_by: float) -> None:
        self.orchestrator.ended(pod)

    def awaits(self, pod: PodState, run: Callable[[], None]) -> bool:
        return False

    def holds(self, pod: PodState, run: Callable[[], None]) -> bool:
        return self.orchestrator.holds(pod, run)

    def stop_times(self, pod: PodState, most: float) -> tuple[float, float]:
        """The grace period counts from the stop signal."""
        grace = min(most, pod.pod_class.spec.termination_grace_period)
        return ASSIGNMENT + ENDPOINT_WAIT + STOP_OVERHEAD, hooks.stop(pod, grace)

    def kill_times(self, pod: PodState, container: ContainerState, grace: float) -> tuple[float, float]:
        """The task leaves the Services at once."""
        container.ready = False
        self._state.pods.set_ready(pod, False, pod.cause)
        return ENDPOINT_WAIT, hooks.stop(pod, grace)

    def grace_of(self, pod: PodState, probe: Probe) -> float:
        return pod.pod_class.spec.termination_grace_period

    def back_after(self, node: int) -> float:
        return self.dispatcher.back_after(node)

    def restarts_at_boot(self, pod: PodState) -> bool:
        self._state.pods.set_ready(pod, False, pod.cause)
        self.orchestrator.ended(pod)
        return False

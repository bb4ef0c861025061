"""swarm: Docker Swarm mode, wired in the order in which its parts react."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from models.cluster import Cluster
from models.load import Load
from simulator.component import Component
from simulator.control_plane import ControlPlane, Told
from simulator.control_planes.wiring import Parts
from simulator.controllers.disruption import CREATED, Verdict
from simulator.controllers.endpoints import EndpointController
from simulator.demand.stream import Stream
from simulator.demand.use import Use
from simulator.job_run import JobRun
from simulator.kernel import Event
from simulator.kubelet import obstacles
from simulator.kubelet.kubelet import Kubelet
from simulator.registry import register
from simulator.state.objects import Phase, PodState
from simulator.swarm.agent import SwarmRules
from simulator.swarm.dispatcher import Dispatcher
from simulator.swarm.gossip import gossip
from simulator.swarm.managers import leader
from simulator.swarm.options import RestartPolicy, UpdateConfig
from simulator.swarm.orchestrator import Orchestrator
from simulator.swarm.reading import as_tasks
from simulator.swarm.scheduler import TaskScheduler
from simulator.swarm.updater import Updater

_WITHOUT = {
    "memoryPressure": "no agent throws tasks out; what the kernel kills is oomKill and systemOOM",
    "diskPressure": "no agent throws tasks out",
    "kubeProxyOutage": "the daemon of a node keeps its rules itself; what hangs it is kubeletOutage",
    "dnsOutage": "every daemon answers for names by itself",
    "sandboxCrash": "a task is a container, without a sandbox",
    "forceDelete": "tasks of a node that is DOWN are replaced by themselves",
    "outOfService": "tasks of a node that is DOWN are replaced by themselves",
    "accessRefused": "a task gets its configs and secrets with its assignment",
    "volumeLoss": "no task uses a volume here",
    "scheduler": "its scheduler has no profile: it counts tasks",
    "nodeAutoscaler": "nothing adds nodes, or takes them away",
    "load": "nothing measures it, as there are no autoscalers",
}


@register("controlPlane", "swarm")
@dataclass(frozen=True)
class Swarm:
    """Docker Swarm mode: services of tasks, dispatcher heartbeats, gossip, and a restart supervisor.

    Deployments, StatefulSets, ReplicaSets and Pods are replicated services, DaemonSets are global ones. A node is DOWN
    9 to 16.5 s after it was lost, and its tasks start elsewhere `restart.delay` later; its peers drop it from the VIPs
    after 4.5 to 6 s. What manifests say that has no counterpart is named. The options are for all services.
    """

    called: ClassVar[str] = "swarm"
    without: ClassVar[Mapping[str, str]] = _WITHOUT
    restores: ClassVar[bool] = False
    heartbeat_period: float = 5.0
    """From one heartbeat of an agent to the next (docker swarm update --dispatcher-heartbeat)."""
    restart: RestartPolicy = field(default_factory=RestartPolicy)
    """restart_policy."""
    update: UpdateConfig = field(default_factory=UpdateConfig)
    """update_config."""
    rollback: UpdateConfig = field(default_factory=UpdateConfig)
    """rollback_config; a rollback that fails is paused."""
    start_period: float = 0.0
    """start_period of every healthcheck at least: so long after a start bad results do not count, and results come each
    5 s. By default what the start-up probe of a container gives it, or its delay."""
    stop_grace_period: float | None = None
    """From the stop signal to SIGKILL; by default terminationGracePeriodSeconds of the manifest, and 10 s where that is
    30 s, which is what Kubernetes has where nothing is said."""

    def __post_init__(self) -> None:
        if not self.heartbeat_period >= 1.0:
            raise ValueError("`heartbeatPeriod` must be 1 s or more")
        if self.start_period < 0 or (self.stop_grace_period or 0.0) < 0:
            raise ValueError("`startPeriod` and `stopGracePeriod` must not be negative")

    def as_read(self, cluster: Cluster) -> Cluster:
        return as_tasks(cluster, self.start_period, self.stop_grace_period)

    def wired(self, parts: Parts) -> ControlPlane:
        return SwarmControlPlane(parts, self)


class SwarmControlPlane:
    """The leader of the managers, and the daemons of all nodes."""

    def __init__(self, parts: Parts, options: Swarm) -> None:
        kernel, state, streams = parts.kernel, parts.state, parts.streams
        manager = self.api_server = Component(kernel)
        # Endpoints are the daemons' own business: they follow whatever becomes of managers.
        self.endpoints = EndpointController(Component(kernel), state)
        rules = SwarmRules(state)
        self.kubelet = Kubelet(kernel, state, parts.hazards, parts.behaviour.timing, rules)
        self.scheduler = TaskScheduler(manager, state, streams)
        self.updater = Updater(manager, state, options.update, options.rollback)
        self.orchestrator = Orchestrator(
            kernel, manager, state, parts.api, self.kubelet, self.scheduler, self.updater, options.restart
        )
        self.updater.make = self.orchestrator.make
        self.updater.shut_down, self.updater.stop_extra = self.orchestrator.shut_down, self.orchestrator.stop_extra
        self.dispatcher = Dispatcher(
            kernel,
            manager,
            state,
            streams,
            options.heartbeat_period,
            self.orchestrator.lost,
            self.orchestrator.in_touch,
            self.orchestrator.orphaned,
        )
        rules.orchestrator, rules.dispatcher = self.orchestrator, self.dispatcher
        self.gossip = gossip(kernel, state, streams, self.kubelet.hang.holds)
        self.processes = leader(kernel, state, manager)
        self.job_runs: list[JobRun] = []
        self._manager = manager

    def place(self, places: Mapping[str, int]) -> None:
        self.scheduler.place(places)

    def feed(self, load: Load) -> None:
        """Nothing measures it."""

    def follow(self, target: str, use: Use, stream: Stream) -> None:
        """Nothing measures it."""

    def evict(
        self, pods: Sequence[PodState], told: Told, deadline: float, cause: int, rng: np.random.Generator
    ) -> Event:
        """All at once, whatever an update_config says: nothing may forbid it."""
        over = self._manager.event()

        def drain() -> None:
            for pod in pods:
                told(pod, Verdict(CREATED), 1, self._manager.now)
                self.orchestrator.drained(pod, cause)
            over.succeed(True)

        if self._manager.is_down:
            self._manager.timer(0.0, drain)
        else:
            drain()
        return over

    def held_up_by(self, pod: PodState) -> str:
        if pod.node < 0:
            return self.scheduler.reason(pod)
        held_up = obstacles.reason(pod) if pod.phase is Phase.PENDING else ""
        return held_up or self.kubelet.access.reason(pod) or self.kubelet.image_registry.reason(pod)

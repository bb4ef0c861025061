"""kubernetes: its loops over the state of a cluster, wired in the order in which they react."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.cluster import Cluster
from models.load import Load
from simulator.component import Component, Components
from simulator.control_plane import ControlPlane, Told
from simulator.control_planes.wiring import Parts
from simulator.controllers.attach_detach import AttachDetachController
from simulator.controllers.autoscaling.autoscaler import AutoscalerController
from simulator.controllers.cronjob import CronJobController
from simulator.controllers.daemonset import DaemonSetController
from simulator.controllers.deployment import DeploymentController
from simulator.controllers.disruption import DisruptionController
from simulator.controllers.endpoints import EndpointController
from simulator.controllers.job import JobController
from simulator.controllers.legacy_eviction import LegacyEviction
from simulator.controllers.node_lifecycle import NodeLifecycle
from simulator.controllers.persistent_volume import PersistentVolumeController
from simulator.controllers.pod_gc import PodGC
from simulator.controllers.processes import ControlPlaneProcesses
from simulator.controllers.replicaset import ReplicaSetController
from simulator.controllers.resource_quota import ResourceQuotaController
from simulator.controllers.statefulset import StatefulSetController
from simulator.controllers.taint_eviction import TaintEviction
from simulator.demand.stream import Stream
from simulator.demand.use import Use
from simulator.job_run import JobRun
from simulator.kernel import Event
from simulator.kubelet import crash_loop, obstacles
from simulator.kubelet.kubelet import Kubelet
from simulator.node_autoscaling.fleet import Fleet
from simulator.phases import Phases
from simulator.registry import register
from simulator.scheduling.profile import default_profile
from simulator.scheduling.scheduler import Scheduler
from simulator.scheduling.ties import ties_of
from simulator.state.objects import Phase, PodState
from simulator.stories.evictions import Evictions


@register("controlPlane", "kubernetes")
@dataclass(frozen=True)
class Kubernetes:
    """Kubernetes: what runs the application if nothing else is said.

    Its time constants are those of `behaviour.timing`, its scheduler's profile is `scheduler`, and what adds and takes
    away nodes is `nodeAutoscaler`.
    """

    called: ClassVar[str] = "kubernetes"
    without: ClassVar[Mapping[str, str]] = {}
    restores: ClassVar[bool] = True

    def as_read(self, cluster: Cluster) -> Cluster:
        return cluster

    def wired(self, parts: Parts) -> ControlPlane:
        return KubernetesControlPlane(parts)


class KubernetesControlPlane:
    """The controllers, the scheduler and the kubelets of one cluster."""

    def __init__(self, parts: Parts) -> None:
        kernel, state, api, streams = parts.kernel, parts.state, parts.api, parts.streams
        timing = self._timing = parts.behaviour.timing
        phases = parts.phases or Phases.drawn(timing, streams, state.nodes.names)
        profile = parts.profile or default_profile()
        self._state = state
        self.components = Components(Component(kernel), Component(kernel), Component(kernel))
        self.api_server = self.components.api_server
        controllers = self.components.controller_manager
        # The order of listening is the order of reacting to one transition: endpoints follow pods at once,
        # ReplicaSets act before the Deployments that own them.
        self.endpoints = EndpointController(controllers, state)
        self.persistent_volumes = PersistentVolumeController(controllers, state)
        self.attach_detach = AttachDetachController(controllers, state, timing)
        self.kubelet = Kubelet(kernel, state, parts.hazards, timing)
        self.node_lifecycle = NodeLifecycle(controllers, state, timing, phases)
        self.taint_eviction = TaintEviction(controllers, state)
        if timing.pod_eviction_timeout is not None:
            LegacyEviction(controllers, state, self.node_lifecycle, timing.pod_eviction_timeout)
        self.pod_gc = PodGC(controllers, state, timing, phases)
        self.resource_quotas = ResourceQuotaController(controllers, state, timing, phases)
        self.replica_sets = ReplicaSetController(controllers, state, timing, streams)
        self.deployments = DeploymentController(controllers, state, timing, api.deployment_class)
        self.stateful_sets = StatefulSetController(controllers, state, timing, api.pod_class)
        self.daemon_sets = DaemonSetController(controllers, state, timing, streams, api.pod_class)
        self.job_runs: list[JobRun] = []
        self.jobs = JobController(controllers, state, timing, api.job_class, self.job_runs)
        self.cron_jobs = CronJobController(controllers, state, timing, self.job_runs)
        self.disruption = DisruptionController(controllers, state, timing)
        self.autoscalers = AutoscalerController(controllers, state, timing, streams, api.find)
        ties = parts.ties or ties_of(profile, streams)
        self.scheduler = Scheduler(self.components.scheduler, state, timing, profile, ties)
        self.processes = ControlPlaneProcesses(kernel, state, self.components)
        self.fleet: Fleet | None = None
        """The nodes as their autoscaler sees them; None without one."""
        if parts.node_autoscaler is not None:
            self.fleet = Fleet(self.api_server, state, streams, self.scheduler, self.disruption, profile, parts.pools)
            parts.node_autoscaler.install(self.fleet)

    def place(self, places: Mapping[str, int]) -> None:
        self.scheduler.settle(dict(places))

    def feed(self, load: Load) -> None:
        self.autoscalers.feed(load)

    def follow(self, target: str, use: Use, stream: Stream) -> None:
        self.autoscalers.follow(target, use, stream)

    def evict(
        self, pods: Sequence[PodState], told: Told, deadline: float, cause: int, rng: np.random.Generator
    ) -> Event:
        """Each pod by the eviction API, which its budgets may forbid."""
        return Evictions(self.api_server, self.disruption, told, pods, deadline, cause, rng).over

    def held_up_by(self, pod: PodState) -> str:
        if pod.node < 0:
            return self.kubelet.refusal(pod) or self.scheduler.reason(pod)
        held_up = ""
        if pod.phase is Phase.PENDING:
            held_up = obstacles.reason(pod) or self.kubelet.volume_reason(pod)
        held_up = held_up or self.kubelet.access.reason(pod) or self.kubelet.image_registry.reason(pod)
        return held_up or crash_loop.reason(pod, self._timing)

"""nomad: HashiCorp Nomad, its servers and clients, with a catalogue of services and their checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.cluster import Cluster
from models.load import Load
from simulator.component import Component
from simulator.control_plane import ControlPlane, Told
from simulator.control_planes.wiring import Parts
from simulator.controllers.endpoints import EndpointController
from simulator.demand.stream import Stream
from simulator.demand.use import Use
from simulator.job_run import JobRun
from simulator.kernel import Event
from simulator.kubelet import obstacles
from simulator.kubelet.kubelet import Kubelet
from simulator.log import Hold, Kind
from simulator.nomad.client import ClientRules
from simulator.nomad.deployments import Deployments
from simulator.nomad.drains import Drains
from simulator.nomad.heartbeats import HeartbeatOptions, Heartbeats
from simulator.nomad.lost_nodes import LostNodes
from simulator.nomad.options import (
    MIGRATE,
    RESCHEDULE,
    RESTART,
    UPDATE,
    Algorithm,
    Disconnect,
    Migrate,
    Provider,
    Reschedule,
    Restart,
    Update,
)
from simulator.nomad.placement import Placement
from simulator.nomad.predecessors import Predecessors
from simulator.nomad.reading import as_jobs
from simulator.nomad.reconciler import Reconciler
from simulator.nomad.restarts import RestartTracker
from simulator.nomad.serf import serf
from simulator.nomad.servers import leader
from simulator.nomad.system_jobs import SystemJobs
from simulator.registry import register
from simulator.state.objects import Phase, PodState

_SCHEDULER = "Nomad's scores cannot be chosen one by one; see `schedulerAlgorithm`"
_NO_VOLUMES = "volumes are not modelled under Nomad"
_PRESSURE = "clients evict nothing when a node is short of memory or disk: the kernel kills"


@register("controlPlane", "nomad")
@dataclass(frozen=True)
class Nomad:
    """HashiCorp Nomad, with a catalogue of services and their checks.

    Service jobs stand for Deployments, StatefulSets, ReplicaSets and Pods, system jobs for DaemonSets, and services in
    Consul's catalogue, or in Nomad's own, for endpoints.

    A node is down 10 to 30 s after its last sign of life (18 s on average), and what was on it is replaced at once; a
    task that ends is started again on its node after 15 to 18.75 s, twice in half an hour, then its allocation is
    rescheduled after 30 s, 60 s, up to an hour. Init containers are prestart tasks, preStop sleeps shutdown_delay, and
    kill_timeout the grace period if the manifest says another than 30 s. Manifests say the rest of a job; what a job
    file would say beside is here, for all jobs. Left out: batch jobs, canaries, preemption by system jobs, volumes.

    Source: nomad (nomad, scheduler, client); Consul for the catalogue.
    """

    called: ClassVar[str] = "nomad"
    without: ClassVar[Mapping[str, str]] = {
        "scheduler": _SCHEDULER,
        "nodeAutoscaler": "the Nomad Autoscaler is another program",
        "load": "the Nomad Autoscaler is another program: nothing is scaled by load",
        "volumeLoss": _NO_VOLUMES,
        "diskPressure": _PRESSURE,
        "memoryPressure": _PRESSURE,
        "kubeProxyOutage": "there is no proxy: clients ask the catalogue",
        "sandboxCrash": "a group's tasks have no sandbox that their client looks after",
        "forceDelete": "a lost allocation is replaced without anybody's help",
        "outOfService": "a lost allocation is replaced without anybody's help",
    }
    restores: ClassVar[bool] = False

    min_heartbeat_ttl: float = 10.0
    """The shortest time to live that a heartbeat is answered with; the longest is twice that."""
    max_heartbeats_per_second: int = 50
    """More nodes than so many for each second of it get a longer one."""
    heartbeat_grace: float = 10.0
    """So much longer servers wait for the next heartbeat."""
    failover_heartbeat_ttl: float = 300.0
    """What a new leader waits for each node."""
    scheduler_algorithm: Algorithm = Algorithm.BINPACK
    """binpack (full nodes first) or spread."""
    restart: Restart = RESTART
    """restart blocks: how often, and when, a task that has ended is started again on its node."""
    reschedule: Reschedule = RESCHEDULE
    """reschedule blocks: when an allocation that has failed is replaced."""
    update: Update = UPDATE
    """update blocks: how a new version comes to a job's allocations."""
    migrate: Migrate = MIGRATE
    """migrate blocks: how allocations leave a node that is drained."""
    disconnect: Disconnect | None = None
    """disconnect blocks: what becomes of allocations on a node that is silent; without it, they are lost."""
    drain_deadline: float = 3600.0
    """After this time of a drain all that is left on the node is stopped."""
    kill_timeout: float | None = None
    """From the kill signal to SIGKILL; by default terminationGracePeriodSeconds, if that is not 30, or else 5 s; 30 s
    at most."""
    service_provider: Provider = Provider.CONSUL
    """Who keeps the catalogue: consul (a lost node's services leave it after 5 to 10 s) or nomad (when it is down)."""

    def __post_init__(self) -> None:
        if self.max_heartbeats_per_second < 1:
            raise ValueError("`maxHeartbeatsPerSecond` must be at least 1")

    def as_read(self, cluster: Cluster) -> Cluster:
        return as_jobs(cluster, self.kill_timeout)

    def wired(self, parts: Parts) -> ControlPlane:
        return NomadControlPlane(self, parts)


class NomadControlPlane:
    """The servers, the clients, and the catalogue of one cluster."""

    def __init__(self, options: Nomad, parts: Parts) -> None:
        kernel, state, api, streams = parts.kernel, parts.state, parts.api, parts.streams
        self._state = state
        servers = self.api_server = Component(kernel)
        self.processes = leader(kernel, state, servers)
        self.job_runs: Sequence[JobRun] = ()
        # What is to be stopped leaves the catalogue first, so that it never is an endpoint that terminates.
        state.listen(Kind.POD_DELETING, lambda pod, new, cause: state.pods.set_ready(pod, False, cause))
        self.endpoints = EndpointController(Component(kernel), state)
        self.predecessors = Predecessors(kernel, state)
        tracker = RestartTracker(options.restart)
        rules = ClientRules(kernel, tracker, self.predecessors)
        self.kubelet = Kubelet(kernel, state, parts.hazards, parts.behaviour.timing, rules)
        rules.give_up = self.kubelet.give_up
        heartbeat = HeartbeatOptions(
            options.min_heartbeat_ttl,
            options.max_heartbeats_per_second,
            options.heartbeat_grace,
            options.failover_heartbeat_ttl,
        )
        self.heartbeats = Heartbeats(kernel, servers, state, streams, heartbeat)
        rules.register = self.heartbeats.back_after
        if options.service_provider is Provider.CONSUL:
            self.serf = serf(kernel, state, streams)
        self.deployments = Deployments(servers, state, options.update, options.migrate)
        self.reconciler = Reconciler(
            servers,
            state,
            options.reschedule,
            self.deployments,
            self.predecessors,
            lambda record: api.pod_class(record.workload, record.spec.template, {}),
        )
        self.placement = Placement(servers, state, options.scheduler_algorithm, self._penalty, self._placed)
        self.lost_nodes = LostNodes(
            kernel,
            servers,
            state,
            self.heartbeats,
            self.reconciler,
            self.predecessors,
            options.disconnect,
            options.service_provider,
            self.kubelet.give_up,
        )
        self.drains = Drains(servers, state, self.reconciler, options.migrate, options.drain_deadline)
        self.system_jobs = SystemJobs(
            servers, state, options.update, self.predecessors, api.pod_class, self.placement.suits
        )

        def forget(pod: PodState, phase: int, cause: int) -> None:
            if phase == Phase.ABSENT or pod.is_over:
                tracker.forget(pod)
                self.deployments.health.forget(pod)

        state.listen(Kind.POD_PHASE, forget)

    def _penalty(self, pod: PodState) -> frozenset[int]:
        allocation = self.reconciler.allocation(pod)
        return frozenset() if allocation is None else allocation.penalty

    def _placed(self, pod: PodState, score: float) -> None:
        if (allocation := self.reconciler.allocation(pod)) is not None:
            allocation.score = score

    def place(self, places: Mapping[str, int]) -> None:
        self.placement.place(places)

    def feed(self, load: Load) -> None:
        """Nothing is scaled by load."""

    def follow(self, target: str, use: Use, stream: Stream) -> None:
        """Nothing measures requests."""

    def evict(
        self, pods: Sequence[PodState], told: Told, deadline: float, cause: int, rng: np.random.Generator
    ) -> Event:
        """A drain of their nodes."""
        return self.drains.begin(pods, told, deadline, cause)

    def held_up_by(self, pod: PodState) -> str:
        if pod.node < 0:
            return self.placement.reason(pod)
        if pod.phase is Phase.PENDING and pod.held is Hold.NOT:
            return obstacles.reason(pod) or self.kubelet.access.reason(pod) or self.kubelet.image_registry.reason(pod)
        if pod.is_over:
            return "failed: its reschedule is due later, or not allowed"
        return ""

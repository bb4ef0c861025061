"""simulate(): puts a cluster together, lets time pass, and hands over what happened."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from models.behaviour import Behaviour
from models.cluster import Cluster
from simulator.api import Api
from simulator.controllers.deployment import DeploymentController
from simulator.controllers.endpoints import EndpointController
from simulator.controllers.kubelet import Kubelet
from simulator.controllers.node_lifecycle import NodeLifecycle
from simulator.controllers.replicaset import ReplicaSetController
from simulator.controllers.taint_eviction import TaintEviction
from simulator.hazards import Hazards
from simulator.kernel import Kernel
from simulator.log import Kind, StepFunction, TransitionLog
from simulator.nodes import NodeTable
from simulator.objects import ServiceState
from simulator.scheduling.profile import default_profile
from simulator.scheduling.scheduler import Scheduler
from simulator.state import ClusterState
from simulator.streams import Streams
from simulator.world import FailureMode, Operation, World

DEPLOYED_BEFORE = 86_400.0
"""The cluster is deployed so many seconds before time 0 and left alone, so it is settled when failures begin."""


@dataclass(frozen=True)
class ServiceHistory:
    """One Service over the measured window; the functions count endpoints, or replicas."""

    name: str
    answering: StepFunction
    """Ready endpoints that can answer: what users meet."""
    ready: StepFunction
    """Endpoints listed as ready: what the control plane believes."""
    desired: StepFunction
    """Replicas desired of the workloads behind the Service."""


@dataclass(frozen=True)
class Run:
    """What one replication left behind. Times are seconds since failures began."""

    seed: int
    replication: int
    start: float
    """Where measuring starts: the end of the warm-up."""
    end: float
    services: Mapping[str, ServiceHistory]
    """By name; by namespace/name if the cluster has Services in several namespaces."""
    transitions: int
    """State changes in all, those of the deployment before time 0 included."""
    strikes: Mapping[str, int]
    """How often each failure mode and operation struck."""
    pending: Mapping[str, str]
    """Pods that had no node at the end, and why, in Kubernetes' words."""
    exposure: Mapping[str, tuple[int, float, float]]
    """Per failure mode: clocks that fired, cumulative hazard and seconds that they were exposed to."""
    log: TransitionLog | None


def simulate(
    cluster: Cluster,
    *,
    duration: float,
    behaviour: Behaviour = Behaviour(),
    failures: Sequence[FailureMode] = (),
    operations: Sequence[Operation] = (),
    seed: int = 0,
    replication: int = 0,
    warmup: float = 0.0,
    keep_log: bool = False,
) -> Run:
    """Runs the cluster for `warmup` + `duration` seconds of failures and operations, measuring the latter part.

    The cluster starts settled: what fits was placed and started a day before time 0, when the failure clocks start at
    age 0. The same arguments give the same Run, byte for byte. Raises ValueError for an operation without a target.
    """
    if not duration > 0 or warmup < 0:
        raise ValueError(f"expected duration > 0 and warmup >= 0 (got {duration!r} and {warmup!r})")
    simulation = _Simulation(cluster, behaviour, Streams(seed, replication), warmup + duration, keep_log)
    with _garbage_collection_paused():
        simulation.deploy()
        simulation.run(failures, operations)
    return Run(
        seed=seed,
        replication=replication,
        start=warmup,
        end=warmup + duration,
        services=simulation.histories(warmup),
        transitions=simulation.state.transitions,
        strikes=simulation.strikes(),
        pending=simulation.pending(),
        exposure={name: (e.fired, e.hazard, e.seconds) for name, e in sorted(simulation.hazards.exposure.items())},
        log=simulation.log,
    )


@contextmanager
def _garbage_collection_paused() -> Iterator[None]:
    """What a run drops is freed by reference counts; the collector would only walk over all that is alive."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Simulation:
    """The composition root: every part of one run."""

    def __init__(self, cluster: Cluster, behaviour: Behaviour, streams: Streams, end: float, keep_log: bool) -> None:
        self.cluster = cluster
        self.behaviour = behaviour
        self.streams = streams
        self.end = end
        self.log = TransitionLog() if keep_log else None
        self.kernel = Kernel(-DEPLOYED_BEFORE, end)
        self.hazards = Hazards(self.kernel)
        self.state = ClusterState(self.kernel, NodeTable(cluster.nodes), self.log)
        self.api = Api(self.state, streams, behaviour)
        for service in cluster.services:
            self.api.apply(service)
        self._recorded = _Recorder(self.kernel, self.state)
        timing = behaviour.timing
        # The order of listening is the order of reacting to one transition: endpoints follow pods at once,
        # ReplicaSets act before the Deployments that own them.
        self.endpoints = EndpointController(self.state)
        self.kubelet = Kubelet(self.kernel, self.state, self.hazards, timing)
        self.node_lifecycle = NodeLifecycle(self.kernel, self.state, timing, streams)
        self.taint_eviction = TaintEviction(self.kernel, self.state)
        self.replica_sets = ReplicaSetController(self.kernel, self.state, streams)
        self.deployments = DeploymentController(self.kernel, self.state, self.api.deployment_class)
        self.scheduler = Scheduler(self.kernel, self.state, default_profile(), streams)
        self.world = World(self.kernel, self.state, self.api, self.hazards, streams, self.kubelet)

    # Before time 0

    def deploy(self) -> None:
        """Creates all workloads and lets them settle until time 0."""
        for spec in (*self.cluster.deployments, *self.cluster.replica_sets, *self.cluster.pods):
            self.api.apply(spec)
        self.kernel.run_until(0.0)

    # From time 0 on

    def run(self, failures: Sequence[FailureMode], operations: Sequence[Operation]) -> None:
        """Starts the failure clocks and the operations, and lets time pass to the end."""
        for story in (*failures, *operations):
            story.install(self.world)
        self.kernel.run_until(self.end)
        self.hazards.close()
        if self.log is not None:
            self.log.names = {
                "NODE": self.state.nodes.names,
                "POD": [
                    pod_class.workload.name if owner is None else f"{owner.name}-{ordinal}"
                    for owner, pod_class, ordinal in self.state.pod_names
                ],
                "REPLICASET": self.state.replica_set_names,
                "DEPLOYMENT": [deployment.workload.name for deployment in self.state.deployments],
                "SERVICE": service_names(self.state.services),
            }

    # What is left

    def histories(self, start: float) -> dict[str, ServiceHistory]:
        """Every Service over the measured window."""
        names = service_names(self.state.services)
        desired = dict.fromkeys(self.state.services, 0)
        for replica_set in self.state.replica_sets:
            deployment = replica_set.deployment
            if deployment is None or replica_set is deployment.replica_sets[-1]:
                replicas = replica_set.desired if deployment is None else deployment.spec.replicas
                for service in replica_set.pod_class.services:
                    desired[service] += replicas
        for pod in self.state.pods.values():
            if pod.owner is None:
                for service in pod.pod_class.services:
                    desired[service] += 1
        return {
            name: ServiceHistory(
                name,
                answering=self._recorded.function(Kind.SERVICE_ANSWERING, service, start, self.end),
                ready=self._recorded.function(Kind.SERVICE_READY, service, start, self.end),
                desired=StepFunction(np.array([start]), np.array([float(desired[service])]), self.end),
            )
            for name, service in zip(names, self.state.services, strict=True)
        }

    def strikes(self) -> dict[str, int]:
        """How often each failure mode and operation struck."""
        struck = dict(self.world.strikes)
        for name, exposure in self.hazards.exposure.items():
            struck[name] = max(struck.get(name, 0), exposure.fired)
        return dict(sorted(struck.items()))

    def pending(self) -> dict[str, str]:
        """Pods without a node, and why."""
        return {
            pod.name: self.scheduler.reason(pod)
            for pod in self.state.pods.values()
            if pod.node < 0 and not pod.deleting
        }


def service_names(services: Sequence[ServiceState]) -> list[str]:
    """Their names; with the namespace, "namespace/name", if there are several namespaces."""
    several = len({service.spec.namespace for service in services}) > 1
    return [f"{s.spec.namespace}/{s.spec.name}" if several else s.spec.name for s in services]


class _Recorder:
    """Keeps the counts of every Service's endpoints over time."""

    def __init__(self, kernel: Kernel, state: ClusterState) -> None:
        self._kernel = kernel
        self._changes: dict[tuple[Kind, int], tuple[list[float], list[float]]] = {
            (kind, service.index): ([], [])
            for kind in (Kind.SERVICE_ANSWERING, Kind.SERVICE_READY)
            for service in state.services
        }
        for kind in (Kind.SERVICE_ANSWERING, Kind.SERVICE_READY):
            state.listen(kind, lambda service, new, cause, kind=kind: self._record(kind, service, new))  # type: ignore[misc]

    def _record(self, kind: Kind, service: ServiceState, count: int) -> None:
        times, counts = self._changes[kind, service.index]
        times.append(self._kernel.now)
        counts.append(count)

    def function(self, kind: Kind, service: ServiceState, start: float, end: float) -> StepFunction:
        """The count of one Service from `start` to `end`."""
        times, counts = self._changes[kind, service.index]
        return StepFunction.of_changes(start, 0.0, np.array(times), np.array(counts, dtype=np.float64), end)

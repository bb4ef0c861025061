"""The composition root: every part of one run, put together."""

from collections.abc import Mapping, Sequence

from models.behaviour import Behaviour
from models.cluster import Cluster
from models.cronjob import CronJob
from models.job import Job
from models.load import Load
from models.namespace import Namespace
from models.people import People
from models.service import service_names
from models.traffic import Traffic
from simulator.control_planes.kubernetes import Kubernetes
from simulator.control_planes.wiring import Orchestrator, Parts
from simulator.controllers.refusals import refused
from simulator.demand.overload import OVERLOAD
from simulator.demand.users import Users
from simulator.hazards import Hazards
from simulator.kernel import Kernel
from simulator.log import Kind, TransitionLog
from simulator.node_autoscaling.fleet import NodeAutoscaler
from simulator.node_autoscaling.pool_members import PoolMembers
from simulator.phases import Phases
from simulator.processes import Process
from simulator.scheduling.framework import Profile
from simulator.scheduling.ties import Ties
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.state.desired import DesiredReplicas
from simulator.state.history import Recorder
from simulator.state.objects import DaemonSetState, DeploymentState, StatefulSetState
from simulator.state.objects.record import record_classes
from simulator.stories.protocols import FailureMode, Operation
from simulator.stories.world import World
from simulator.streams import Streams

DEPLOYED_BEFORE = 86_400.0
"""The cluster is deployed so many seconds before time 0 and left alone, so it is settled when failures begin."""


class Simulation:
    """One run: `deploy`, then `run`; then the records tell what happened.

    `phases` fixes where the periodic loops stand, and `ties` which of the best nodes is taken; by default both are
    drawn. `places` says on which nodes replicas are deployed, whatever the scheduler would say: slot -> node; the
    others are placed by it. `began` says how many seconds of the operations' schedules are over at its time 0.
    """

    def __init__(
        self,
        cluster: Cluster,
        behaviour: Behaviour,
        streams: Streams,
        end: float,
        keep_log: bool,
        phases: Phases | None = None,
        ties: Ties | None = None,
        loads: Sequence[Load] = (),
        profile: Profile | None = None,
        traffic: Sequence[Traffic] = (),
        node_autoscaler: NodeAutoscaler | None = None,
        places: Mapping[str, str] = {},
        began: float = 0.0,
        people: People = People(),
        orchestrator: Orchestrator | None = None,
    ) -> None:
        orchestrator = self.orchestrator = orchestrator or Kubernetes()
        cluster = self.cluster = orchestrator.as_read(cluster)
        self.loads = loads
        self.end = end
        self.log = TransitionLog() if keep_log else None
        self.kernel = Kernel(-DEPLOYED_BEFORE, end)
        self.hazards = Hazards(self.kernel)
        self.state = ClusterState(self.kernel, cluster.nodes, self.log)
        self.api = Api(self.state, streams, behaviour)
        for spec in (*cluster.of_kind(Namespace), *cluster.services):
            self.api.apply(spec)
        self.recorder = Recorder(self.kernel, self.state)
        self.desired = DesiredReplicas(self.state)
        self.users = Users(self.kernel, self.state, cluster, traffic)
        self.timing = behaviour.timing
        self.pools = PoolMembers(self.state, cluster.pools)
        parts = Parts(
            self.kernel,
            self.state,
            self.api,
            self.hazards,
            streams,
            behaviour,
            self.pools,
            phases,
            ties,
            profile,
            node_autoscaler,
        )
        self.control_plane = orchestrator.wired(parts)
        self.control_plane.place({slot: self.state.nodes.index[node] for slot, node in places.items()})
        kinds = () if node_autoscaler is None else cluster.possible_nodes()
        self.world = World(
            self.kernel,
            self.state,
            self.api,
            self.hazards,
            streams,
            self.control_plane,
            cluster,
            self.users,
            kinds,
            began,
            people,
        )

    def deploy(self) -> None:
        """Creates all workloads and lets them settle until time 0, when the users come, and Jobs are begun."""
        for spec in self.cluster.controlled():
            if not isinstance(spec, Job | CronJob):
                self.api.apply(spec)
        for load in self.loads:
            self.control_plane.feed(load)
        self.users.show(self.control_plane.follow)
        for pod in self.state.pods.values():
            if pod.owner is None:
                self.desired.want_pod(pod.pod_class)
        self.kernel.run_until(0.0)
        self.users.come(self.control_plane.kubelet.slow_probes.delay)
        for spec in (*self.cluster.jobs, *self.cluster.cron_jobs):
            self.api.apply(spec)

    def run(self, failures: Sequence[FailureMode], operations: Sequence[Operation]) -> None:
        """Starts the failure clocks and the operations, and lets time pass to the end."""
        self.begin(failures, operations)
        self.kernel.run_until(self.end)
        self.hazards.close()
        self.completed_log()

    def begin(self, failures: Sequence[FailureMode], operations: Sequence[Operation]) -> None:
        """Starts the failure clocks and the operations, and lets no time pass."""
        for story in (*failures, *operations):
            self.world.strikes[story.name] += 0  # so that one that never struck is seen not to have
            story.install(self.world)
        self.kernel.run_until(self.kernel.now)

    def completed_log(self) -> TransitionLog | None:
        """The log so far, which now says whom its numbers stand for; None if none is kept."""
        state, log = self.state, self.log
        if log is None:
            return None
        log.control_plane = self.orchestrator.called
        log.names = {
            "NODE": state.nodes.names,
            "POD": [
                pod_class.workload.name if owner is None else f"{owner.name}-{ordinal}"
                for owner, pod_class, ordinal in state.pods.names
            ],
            "REPLICASET": state.workloads.replica_set_names,
            "COMPONENT": list(Process),
            "DNS": ["dns"],
        }
        by_generation = {record.GENERATION: state.workloads.names_of(record) for record in record_classes()}
        log.names |= {"CLAIM": state.volumes.claim_names, "VOLUME": state.volumes.names}
        by_generation[Kind.SERVICE_GENERATION] = service_names([service.spec for service in state.services])
        for kind in sorted(by_generation):
            log.names[kind.name.removesuffix("_GENERATION")] = by_generation[kind]
        if rollouts := [each.index for each in state.workloads.of(DeploymentState) if each.spec.kind == "Rollout"]:
            names = log.names["DEPLOYMENT"]
            log.names["DEPLOYMENT"] = [f"Rollout/{name}" if i in rollouts else name for i, name in enumerate(names)]
        log.zones = [zone for _, zone in self.state.nodes.regions_and_zones]
        log.prices = self.pools.prices()
        log.selected_by = [tuple(s.index for s in pod_class.services) for _, pod_class, _ in self.state.pods.names]
        log.endpoint_of = [tuple(s.index for s in pod_class.endpoint_of) for _, pod_class, _ in self.state.pods.names]
        log.in_front_of = {
            record.GENERATION.name.removesuffix("_GENERATION"): [
                tuple(service.index for service in self.state.services.selecting(spec.namespace, spec.template.labels))
                for spec in (each.spec for each in state.workloads.of(record))
            ]
            for record in (DeploymentState, StatefulSetState, DaemonSetState)
        }
        log.headless = frozenset(s.index for s in self.state.services if s.spec.headless)
        log.publishing = frozenset(s.index for s in self.state.services if s.spec.publish_not_ready_addresses)
        return log

    def strikes(self) -> dict[str, int]:
        """How often each failure mode and operation struck."""
        struck = dict(self.world.strikes)
        for name, exposure in self.hazards.exposure.items():
            struck[name] = max(struck.get(name, 0), exposure.fired)
        if overloads := self.control_plane.kubelet.slow_probes.strikes:
            struck[OVERLOAD] = struck.get(OVERLOAD, 0) + overloads
        return dict(sorted(struck.items()))

    def pending(self) -> dict[str, str]:
        """Pods that are refused, have no node, cannot start on it, or crash over and over, and why."""
        held_up = refused(self.state, self.api.refused)
        for pod in self.state.pods.values():
            reason = "" if pod.deleting else self.control_plane.held_up_by(pod)
            if reason:
                held_up[pod.name] = reason
        return held_up

"""The state of the cluster: the only thing in a run that changes, and only through the verbs below.

Each verb makes one change and emits one transition: it is appended to the log, and told to those who listen to its
kind. Listeners get the record that changed, the new value and the cause.
"""

from collections.abc import Callable, Mapping
from typing import Any

from models.autoscaling import HorizontalPodAutoscaler
from models.daemonset import DaemonSet
from models.deployment import Deployment
from models.disruption import PodDisruptionBudget
from models.node import NOT_READY, UNREACHABLE, UNSCHEDULABLE, Taint, TaintEffect
from models.service import Service
from models.statefulset import StatefulSet
from simulator.kernel import Kernel
from simulator.log import Kind, TransitionLog
from simulator.state.nodes import NodeTable
from simulator.state.objects import (
    AutoscalerState,
    BudgetState,
    DaemonSetState,
    DeploymentState,
    Disruption,
    Phase,
    PodClass,
    PodOwner,
    PodState,
    ReplicaSetState,
    Rollout,
    ServiceState,
    StatefulSetState,
)

Listener = Callable[[Any, int, int], None]
"""(the record or node index that changed, its new value, the cause)."""


class ClusterState:
    """Nodes, workloads, pods and Services as they are now."""

    def __init__(self, kernel: Kernel, nodes: NodeTable, log: TransitionLog | None) -> None:
        self._kernel = kernel
        self.nodes = nodes
        self.log = log
        self._append = log.append if log is not None else None
        self.deployments: list[DeploymentState] = []
        self.replica_sets: list[ReplicaSetState] = []
        """Those that exist, of Deployments and alone."""
        self.stateful_sets: list[StatefulSetState] = []
        self.daemon_sets: list[DaemonSetState] = []
        self.autoscalers: list[AutoscalerState] = []
        self.budgets: list[BudgetState] = []
        self.services: list[ServiceState] = []
        self._services_by_label: dict[tuple[str, str, str], list[ServiceState]] = {}
        self.pods: dict[int, PodState] = {}
        """Those that exist, by uid, in order of creation."""
        self.pod_names: list[tuple[PodOwner | None, PodClass, int]] = []
        self.replica_set_names: list[str] = []
        self.causes: list[str] = [""] if log is None else log.causes
        self._cause_ids = {"": 0}
        self._listeners: list[list[Listener]] = [[] for _ in Kind]
        self.transitions = 0

    def listen(self, kind: Kind, listener: Listener) -> None:
        """Calls `listener` after each transition of this kind, in the order of listening."""
        self._listeners[kind].append(listener)

    def cause(self, name: str) -> int:
        """The number of the cause with this name."""
        known = self._cause_ids.get(name)
        if known is None:
            known = self._cause_ids[name] = len(self.causes)
            self.causes.append(name)
        return known

    def _emit(self, kind: Kind, subject: object, number: int, old: int, new: int, cause: int) -> None:
        self.transitions += 1
        if self._append is not None:
            self._append((self._kernel.now, kind, number, old, new, cause))
        for listener in self._listeners[kind]:
            listener(subject, new, cause)

    # Nodes

    def add_down_cause(self, node: int, owner: object, cause: int) -> None:
        """Gives the node a reason to be down; it loses power with the first."""
        causes = self.nodes.down_causes[node]
        causes[owner] = cause
        if len(causes) == 1:
            self.nodes.powered[node] = False
            self._emit(Kind.NODE_POWER, node, node, 1, 0, cause)
            self._update_reporting(node, cause)

    def remove_down_cause(self, node: int, owner: object) -> None:
        """Takes one reason away; the node comes up with the last."""
        causes = self.nodes.down_causes[node]
        cause = causes.pop(owner)
        if not causes:
            self.nodes.powered[node] = True
            self._emit(Kind.NODE_POWER, node, node, 0, 1, cause)
            self._update_reporting(node, cause)

    def add_silent_cause(self, node: int, owner: object, cause: int) -> None:
        """Gives the node's kubelet a reason to be cut off; its containers run on."""
        self.nodes.silent_causes[node][owner] = cause
        self._update_reporting(node, cause)

    def remove_silent_cause(self, node: int, owner: object) -> None:
        """Takes one such reason away."""
        self._update_reporting(node, self.nodes.silent_causes[node].pop(owner))

    def _update_reporting(self, node: int, cause: int) -> None:
        old = self.nodes.reporting[node]
        new = self.nodes.powered[node] and not self.nodes.silent_causes[node]
        if old is not new:
            self.nodes.reporting[node] = new
            self._emit(Kind.NODE_REPORTING, node, node, old, new, cause)

    def set_healthy(self, node: int, healthy: bool, cause: int) -> None:
        """What the node's kubelet says of itself (runtime, network, storage)."""
        old = self.nodes.healthy[node]
        if old is not healthy:
            self.nodes.healthy[node] = healthy
            self._emit(Kind.NODE_HEALTHY, node, node, old, healthy, cause)

    def set_node_ready(self, node: int, ready: int, cause: int) -> None:
        """Sets the node's Ready condition (0 False, 1 True, 2 Unknown)."""
        old = self.nodes.ready[node]
        if old != ready:
            self.nodes.ready[node] = ready
            self._emit(Kind.NODE_READY, node, node, old, ready, cause)

    def set_taints(self, node: int, taints: frozenset[Taint], cause: int) -> None:
        """Replaces the node's taints."""
        old = self.nodes.taints_of(node)
        if old != taints:
            self.nodes.taint_set[node] = self.nodes.taint_set_id(taints)
            self.nodes.journal.append(node)
            self.nodes.taint_journal.append(node)
            self._emit(Kind.NODE_TAINTS, node, node, len(old), len(taints), cause)
            evicted, evicting = _evicts(old), _evicts(taints)
            if evicted is not evicting:
                self._emit(Kind.NODE_EVICTING, node, node, evicted, evicting, cause)

    # Pods

    def create_pod(
        self,
        pod_class: PodClass,
        owner: PodOwner | None,
        cause: int,
        ordinal: int | None = None,
        only_node: int | None = None,
    ) -> PodState:
        """A new pod, Pending and unbound.

        With an `ordinal` it takes that slot and is named by it. With `only_node` it goes to that node or nowhere, and
        takes the slot of that number, or the one so many nodes on while its predecessor is there.
        """
        uid = len(self.pod_names)
        workload = pod_class.workload
        if ordinal is not None:
            slot = workload.take_slot_number(ordinal)
        elif only_node is not None:
            slot = workload.take_slot_number(only_node + (0 if workload.has_free(only_node) else len(self.nodes)))
        else:
            slot = workload.take_slot()
        if ordinal is None:
            ordinal = 0 if owner is None else owner.created_pods
        pod = PodState(uid, ordinal, pod_class, owner, slot, self._kernel.now)
        pod.only_node = only_node
        pod.cause = cause
        pod.phase = Phase.PENDING
        self.pods[uid] = pod
        self.pod_names.append((owner, pod_class, ordinal))
        if owner is not None:
            owner.created_pods += 1
            owner.pods[uid] = owner.objects[uid] = pod
        self._emit(Kind.POD_PHASE, pod, uid, Phase.ABSENT, Phase.PENDING, cause)
        return pod

    def set_unschedulable(self, node: int, unschedulable: bool, cause: int) -> None:
        """Cordons or uncordons the node (spec.unschedulable; the taint that goes with it is set too)."""
        old = bool(self.nodes.unschedulable[node])
        if old is unschedulable:
            return
        self.nodes.unschedulable[node] = unschedulable
        self.nodes.journal.append(node)
        self.nodes.taint_journal.append(node)
        self._emit(Kind.NODE_UNSCHEDULABLE, node, node, old, unschedulable, cause)
        taint = Taint(UNSCHEDULABLE, TaintEffect.NO_SCHEDULE)
        taints = self.nodes.taints_of(node)
        self.set_taints(node, taints | {taint} if unschedulable else taints - {taint}, cause)

    def bind(self, pod: PodState, node: int) -> None:
        """Puts the pod on a node; its requests count there until it is removed."""
        pod.node = node
        pod.start_time = self._kernel.now
        self.nodes.running[node][pod.uid] = pod
        self.nodes.use(node, pod.pod_class, 1)
        self._emit(Kind.POD_NODE, pod, pod.uid, -1, node, pod.cause)

    def set_running(self, pod: PodState) -> None:
        """Pending to Running."""
        pod.phase = Phase.RUNNING
        self._emit(Kind.POD_PHASE, pod, pod.uid, Phase.PENDING, Phase.RUNNING, pod.cause)

    def set_pulling(self, pod: PodState, pulling: bool, cause: int) -> None:
        """Whether the pod waits for images."""
        if pod.pulling is not pulling:
            pod.pulling = pulling
            self._emit(Kind.POD_PULLING, pod, pod.uid, not pulling, pulling, cause)

    def set_containers(self, pod: PodState, running: int, cause: int) -> None:
        """The number of the pod's containers that run."""
        old = pod.running
        if old != running:
            pod.running = running
            if old == 0:
                pod.running_since = self._kernel.now
            self._emit(Kind.POD_CONTAINERS, pod, pod.uid, old, running, cause)

    def set_answering(self, pod: PodState, answering: bool, cause: int) -> None:
        """Whether the pod can answer requests that reach it."""
        if pod.answering is not answering:
            pod.answering = answering
            self._emit(Kind.POD_ANSWERING, pod, pod.uid, not answering, answering, cause)

    def set_ready(self, pod: PodState, ready: bool, cause: int) -> None:
        """The pod's Ready condition."""
        if pod.ready is not ready:
            pod.ready = ready
            pod.ready_since = self._kernel.now
            self._emit(Kind.POD_READY, pod, pod.uid, not ready, ready, cause)

    def set_available(self, pod: PodState, available: bool, cause: int) -> None:
        """Whether the pod's ReplicaSet counts it as available."""
        if pod.available is not available:
            pod.available = available
            self._emit(Kind.POD_AVAILABLE, pod, pod.uid, not available, available, cause)

    def set_deletion_cost(self, pod: PodState, deletion_cost: int, cause: int) -> None:
        """The pod's controller.kubernetes.io/pod-deletion-cost."""
        old, pod.deletion_cost = pod.deletion_cost, deletion_cost
        self._emit(Kind.POD_DELETION_COST, pod, pod.uid, old, deletion_cost, cause)

    def set_disruption_target(self, pod: PodState, reason: Disruption, cause: int) -> None:
        """The pod is about to be disrupted, by whom."""
        if pod.disruption is not reason:
            old, pod.disruption = pod.disruption, reason
            self._emit(Kind.POD_DISRUPTION_TARGET, pod, pod.uid, old, reason, cause)

    def mark_deleting(self, pod: PodState, cause: int) -> None:
        """Gives the pod a deletionTimestamp: its owner stops counting it, its slot is free for the next."""
        pod.deleting = True
        pod.cause = cause
        pod.pod_class.workload.free_slot(pod.slot)
        if pod.owner is not None:
            del pod.owner.pods[pod.uid]
        self._emit(Kind.POD_DELETING, pod, pod.uid, 0, 1, cause)

    def fail(self, pod: PodState, cause: int) -> None:
        """The pod's containers are down for good: it turns Failed and holds its node's resources no longer."""
        old, pod.phase = pod.phase, Phase.FAILED
        del self.nodes.running[pod.node][pod.uid]
        self.nodes.use(pod.node, pod.pod_class, -1)
        self._emit(Kind.POD_PHASE, pod, pod.uid, old, Phase.FAILED, cause)

    def remove(self, pod: PodState) -> None:
        """The pod, which is being deleted, is gone."""
        old, pod.phase = pod.phase, Phase.ABSENT
        if pod.node >= 0 and old is not Phase.FAILED:
            del self.nodes.running[pod.node][pod.uid]
            self.nodes.use(pod.node, pod.pod_class, -1)
        del self.pods[pod.uid]
        if pod.owner is not None:
            del pod.owner.objects[pod.uid]
        self._emit(Kind.POD_PHASE, pod, pod.uid, old, Phase.ABSENT, pod.cause)

    # Workloads and Services

    def add_service(self, spec: Service) -> None:
        """A new Service, without endpoints."""
        service = ServiceState(len(self.services), spec)
        self.services.append(service)
        if spec.selector:
            key, value = min(spec.selector.items())
            self._services_by_label.setdefault((spec.namespace, key, value), []).append(service)
        self._emit(Kind.SERVICE_GENERATION, service, service.index, 0, 1, 0)

    def services_of(self, namespace: str, labels: Mapping[str, str]) -> tuple[ServiceState, ...]:
        """The Services that select pods with these labels, in the order of their creation."""
        candidates = (self._services_by_label.get((namespace, key, value), ()) for key, value in labels.items())
        matching = [s for services in candidates for s in services if s.spec.selects(namespace, labels)]
        return tuple(sorted(matching, key=lambda service: service.index))

    def scale(self, replica_set: ReplicaSetState, replicas: int, cause: int) -> None:
        """Sets spec.replicas of a ReplicaSet."""
        old = replica_set.desired
        if old != replicas:
            replica_set.desired = replicas
            self._emit(Kind.REPLICASET_DESIRED, replica_set, replica_set.index, old, replicas, cause)

    def add_replica_set(self, replica_set: ReplicaSetState) -> None:
        """A new ReplicaSet, with no pods yet."""
        self.replica_sets.append(replica_set)
        self.replica_set_names.append(replica_set.name)

    def remove_replica_set(self, replica_set: ReplicaSetState) -> None:
        """An empty ReplicaSet goes."""
        self.replica_sets.remove(replica_set)

    def add_deployment(self, deployment: DeploymentState) -> None:
        """A new Deployment, with no ReplicaSet yet."""
        self.deployments.append(deployment)
        self._emit(Kind.DEPLOYMENT_GENERATION, deployment, deployment.index, 0, 1, 0)

    def update_deployment(self, deployment: DeploymentState, spec: Deployment, cause: int) -> None:
        """The Deployment gets another spec, whatever part of it changed; another template is another revision."""
        old, deployment.spec = deployment.spec, spec
        deployment.cause = cause
        if spec.template != old.template:
            deployment.revision += 1
            revision = deployment.revision
            self._emit(Kind.DEPLOYMENT_REVISION, deployment, deployment.index, revision - 1, revision, cause)
        deployment.generation += 1
        generation = deployment.generation
        self._emit(Kind.DEPLOYMENT_GENERATION, deployment, deployment.index, generation - 1, generation, cause)

    def add_stateful_set(self, stateful_set: StatefulSetState) -> None:
        """A new StatefulSet, with no pods yet."""
        self.stateful_sets.append(stateful_set)
        self._emit(Kind.STATEFULSET_GENERATION, stateful_set, stateful_set.index, 0, 1, 0)

    def update_stateful_set(self, stateful_set: StatefulSetState, spec: StatefulSet, cause: int) -> None:
        """The StatefulSet gets another spec, whatever part of it changed."""
        stateful_set.spec = spec
        stateful_set.cause = cause
        stateful_set.generation += 1
        new = stateful_set.generation
        self._emit(Kind.STATEFULSET_GENERATION, stateful_set, stateful_set.index, new - 1, new, cause)

    def add_daemon_set(self, daemon_set: DaemonSetState) -> None:
        """A new DaemonSet, with no pods yet."""
        self.daemon_sets.append(daemon_set)
        self._emit(Kind.DAEMONSET_GENERATION, daemon_set, daemon_set.index, 0, 1, 0)

    def update_daemon_set(self, daemon_set: DaemonSetState, spec: DaemonSet, cause: int) -> None:
        """The DaemonSet gets another spec, whatever part of it changed."""
        daemon_set.spec = spec
        daemon_set.cause = cause
        daemon_set.generation += 1
        new = daemon_set.generation
        self._emit(Kind.DAEMONSET_GENERATION, daemon_set, daemon_set.index, new - 1, new, cause)

    def set_daemons_desired(self, daemon_set: DaemonSetState, desired: int, cause: int) -> None:
        """How many nodes are meant to run a pod of the DaemonSet."""
        old = daemon_set.desired
        if old != desired:
            daemon_set.desired = desired
            self._emit(Kind.DAEMONSET_DESIRED, daemon_set, daemon_set.index, old, desired, cause)

    def set_complete(self, deployment: DeploymentState, complete: bool, cause: int) -> None:
        """Whether a Deployment's rollout is complete."""
        if deployment.complete is not complete:
            deployment.complete = complete
            self._emit(Kind.DEPLOYMENT_COMPLETE, deployment, deployment.index, not complete, complete, cause)

    def set_progress(self, deployment: DeploymentState, reason: Rollout, cause: int) -> None:
        """The reason of a Deployment's Progressing condition; a transition when its status turns False or back."""
        old, deployment.progress.reason = deployment.progress.reason, reason
        late = reason is Rollout.DEADLINE_EXCEEDED
        if late is not (old is Rollout.DEADLINE_EXCEEDED):
            self._emit(Kind.DEPLOYMENT_PROGRESSING, deployment, deployment.index, late, not late, cause)

    def add_budget(self, budget: BudgetState) -> None:
        """A new PodDisruptionBudget, of which nothing is counted yet."""
        self.budgets.append(budget)
        self._emit(Kind.BUDGET_GENERATION, budget, budget.index, 0, 1, 0)

    def update_budget(self, budget: BudgetState, spec: PodDisruptionBudget, cause: int) -> None:
        """The budget gets another spec, whatever part of it changed."""
        budget.spec = spec
        budget.generation += 1
        self._emit(Kind.BUDGET_GENERATION, budget, budget.index, budget.generation - 1, budget.generation, cause)

    def set_allowed(self, budget: BudgetState, allowed: int, cause: int) -> None:
        """How many of the budget's pods may be evicted now."""
        old = budget.allowed
        if old != allowed:
            budget.allowed = allowed
            self._emit(Kind.BUDGET_ALLOWED, budget, budget.index, old, allowed, cause)

    def add_autoscaler(self, autoscaler: AutoscalerState) -> None:
        """A new HorizontalPodAutoscaler, which has not looked at anything yet."""
        self.autoscalers.append(autoscaler)
        self._emit(Kind.AUTOSCALER_GENERATION, autoscaler, autoscaler.index, 0, 1, 0)

    def update_autoscaler(self, autoscaler: AutoscalerState, spec: HorizontalPodAutoscaler, cause: int) -> None:
        """The HorizontalPodAutoscaler gets another spec, whatever part of it changed."""
        autoscaler.spec = spec
        autoscaler.generation += 1
        generation = autoscaler.generation
        self._emit(Kind.AUTOSCALER_GENERATION, autoscaler, autoscaler.index, generation - 1, generation, cause)

    def set_autoscaler_status(self, autoscaler: AutoscalerState, current: int, desired: int, cause: int) -> None:
        """The replicas that the HorizontalPodAutoscaler found, and those that it wants."""
        autoscaler.current_replicas = current
        old = autoscaler.desired_replicas
        if old != desired:
            autoscaler.desired_replicas = desired
            self._emit(Kind.AUTOSCALER_DESIRED, autoscaler, autoscaler.index, old, desired, cause)

    def list_endpoint(self, service: ServiceState, pod: PodState, cause: int) -> None:
        """The pod becomes a ready endpoint of the Service."""
        count = len(service.endpoints)
        service.endpoints[pod.uid] = pod
        self._emit(Kind.SERVICE_READY, service, service.index, count, count + 1, cause)

    def unlist_endpoint(self, service: ServiceState, pod: PodState, cause: int) -> None:
        """The pod is no longer a ready endpoint of the Service."""
        count = len(service.endpoints)
        del service.endpoints[pod.uid]
        self._emit(Kind.SERVICE_READY, service, service.index, count, count - 1, cause)

    def set_service_answering(self, service: ServiceState, count: int, cause: int) -> None:
        """How many ready endpoints of the Service can answer."""
        old = service.answering
        if old != count:
            service.answering = count
            self._emit(Kind.SERVICE_ANSWERING, service, service.index, old, count, cause)

    def set_service_desired(self, service: ServiceState, replicas: int, cause: int) -> None:
        """How many replicas are desired of the workloads behind the Service."""
        old = service.desired
        if old != replicas:
            service.desired = replicas
            self._emit(Kind.SERVICE_DESIRED, service, service.index, old, replicas, cause)


def _evicts(taints: frozenset[Taint]) -> bool:
    return any(taint.effect is TaintEffect.NO_EXECUTE and taint.key in (NOT_READY, UNREACHABLE) for taint in taints)

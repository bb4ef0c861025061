"""The API server: objects come, and their specs change.

`apply` is what `kubectl apply` is: it makes an object, or gives the one of that name another spec. What follows from it
is the controllers' business; they are woken by the transitions.
"""

from collections.abc import Mapping
from functools import singledispatchmethod

from models.autoscaling import HorizontalPodAutoscaler
from models.behaviour import Behaviour
from models.daemonset import DaemonSet
from models.deployment import Deployment, ReplicaSet
from models.disruption import PodDisruptionBudget
from models.input.problems import did_you_mean
from models.pod import Pod, PodTemplate
from models.service import Service
from models.statefulset import StatefulSet
from simulator.state.cluster import ClusterState
from simulator.state.objects import (
    AutoscalerState,
    BudgetState,
    DaemonSetState,
    DeploymentState,
    PodClass,
    PodState,
    ReplicaSetState,
    StatefulSetState,
    Workload,
)
from simulator.streams import Streams


class Api:
    """Makes and changes the objects of a run."""

    def __init__(self, state: ClusterState, streams: Streams, behaviour: Behaviour) -> None:
        self._state = state
        self._streams = streams
        self._behaviour = behaviour
        self._objects: dict[tuple[str, str, str], object] = {}
        """Records by kind, namespace and name."""
        self._workloads = 0

    @singledispatchmethod
    def apply(self, spec: object, cause: int = 0) -> None:
        """Makes the object, or changes the one of its kind, namespace and name."""
        raise TypeError(f"there is no {type(spec).__name__} in this model")

    def find(self, kind: str, name: str, namespace: str = "default") -> object:
        """The record of an object; raises KeyError if there is none."""
        return self._objects[kind, namespace, name]

    @apply.register
    def _(self, spec: Deployment, cause: int = 0) -> None:
        known = self._objects.get(("Deployment", spec.namespace, spec.name))
        if isinstance(known, DeploymentState):
            self._state.update_deployment(known, spec, cause)
            return
        workload = self.workload("Deployment", spec.namespace, spec.name)
        deployment = DeploymentState(len(self._state.deployments), workload, spec)
        self._objects["Deployment", spec.namespace, spec.name] = deployment
        self._state.add_deployment(deployment)

    @apply.register
    def _(self, spec: ReplicaSet, cause: int = 0) -> None:
        known = self._objects.get(("ReplicaSet", spec.namespace, spec.name))
        if not isinstance(known, ReplicaSetState):
            workload = self.workload("ReplicaSet", spec.namespace, spec.name)
            pod_class = self.pod_class(workload, spec.template, {})
            index = len(self._state.replica_set_names)
            known = ReplicaSetState(index, workload, pod_class, 1, spec.min_ready_seconds, None)
            self._objects["ReplicaSet", spec.namespace, spec.name] = known
            self._state.add_replica_set(known)
        self._state.scale(known, spec.replicas, cause)

    @apply.register
    def _(self, spec: StatefulSet, cause: int = 0) -> None:
        known = self._objects.get(("StatefulSet", spec.namespace, spec.name))
        if isinstance(known, StatefulSetState):
            self._state.update_stateful_set(known, spec, cause)
            return
        workload = self.workload("StatefulSet", spec.namespace, spec.name)
        stateful_set = StatefulSetState(len(self._state.stateful_sets), workload, spec)
        self._objects["StatefulSet", spec.namespace, spec.name] = stateful_set
        self._state.add_stateful_set(stateful_set)

    @apply.register
    def _(self, spec: DaemonSet, cause: int = 0) -> None:
        known = self._objects.get(("DaemonSet", spec.namespace, spec.name))
        if isinstance(known, DaemonSetState):
            self._state.update_daemon_set(known, spec, cause)
            return
        workload = self.workload("DaemonSet", spec.namespace, spec.name)
        daemon_set = DaemonSetState(len(self._state.daemon_sets), workload, spec)
        self._objects["DaemonSet", spec.namespace, spec.name] = daemon_set
        self._state.add_daemon_set(daemon_set)

    @apply.register
    def _(self, spec: Pod, cause: int = 0) -> None:
        workload = self.workload("Pod", spec.namespace, spec.name)
        self._state.create_pod(self.pod_class(workload, spec.template, {}), None, cause)

    @apply.register
    def _(self, spec: Service, cause: int = 0) -> None:
        self._state.add_service(spec)

    @apply.register
    def _(self, spec: PodDisruptionBudget, cause: int = 0) -> None:
        known = self._objects.get(("PodDisruptionBudget", spec.namespace, spec.name))
        if isinstance(known, BudgetState):
            self._state.update_budget(known, spec, cause)
            return
        budget = BudgetState(len(self._state.budgets), spec)
        self._objects["PodDisruptionBudget", spec.namespace, spec.name] = budget
        self._state.add_budget(budget)

    @apply.register
    def _(self, spec: HorizontalPodAutoscaler, cause: int = 0) -> None:
        known = self._objects.get(("HorizontalPodAutoscaler", spec.namespace, spec.name))
        if isinstance(known, AutoscalerState):
            self._state.update_autoscaler(known, spec, cause)
            return
        autoscaler = AutoscalerState(len(self._state.autoscalers), spec)
        self._objects["HorizontalPodAutoscaler", spec.namespace, spec.name] = autoscaler
        self._state.add_autoscaler(autoscaler)

    # What controllers make

    def workload(self, kind: str, namespace: str, name: str) -> Workload:
        """A new maker of pods."""
        self._workloads += 1
        return Workload(self._workloads - 1, kind, namespace, name, self._streams.stream)

    def pod_class(self, workload: Workload, template: PodTemplate, extra_labels: Mapping[str, str]) -> PodClass:
        """What pods of this template in this workload share; `extra_labels` are the controller's own."""
        labels = {**template.labels, **extra_labels}
        services = self._state.services_of(workload.namespace, labels)
        behaviour = self._behaviour.of(workload.kind, workload.name, workload.namespace, template)
        return PodClass(workload, template, labels, behaviour, services)

    def deployment_class(self, deployment: DeploymentState) -> PodClass:
        """The pods of the Deployment's present template; their hash is that of the ReplicaSet about to be made."""
        hashed = {"pod-template-hash": f"r{len(self._state.replica_set_names)}"}
        return self.pod_class(deployment.workload, deployment.spec.template, hashed)

    def deployment(self, target: str) -> DeploymentState:
        """The Deployment meant by "Deployment/name" or "Deployment/namespace/name"; raises ValueError if none is."""
        known = {}
        for deployment in self._state.deployments:
            workload = deployment.workload
            known[f"Deployment/{workload.namespace}/{workload.name}"] = deployment
            known.setdefault(f"Deployment/{workload.name}", deployment)
        if target not in known:
            raise ValueError(f"there is no {target}{did_you_mean(target, known)}")
        return known[target]

    def pods(self) -> list[PodState]:
        """All pods that exist, oldest first."""
        return list(self._state.pods.values())

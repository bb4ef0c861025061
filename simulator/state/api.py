"""The API server: objects come, and their specs change.

`apply` is what `kubectl apply` is: it makes an object, or gives the one of that name another spec. What follows from it
is the controllers' business; they are woken by the transitions.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import singledispatchmethod
from typing import Any

from models.behaviour import ASSUMED_RUN, Behaviour, PodBehaviour
from models.claim import PersistentVolumeClaim
from models.deployment import ReplicaSet
from models.input.problems import did_you_mean
from models.namespace import Namespace
from models.pod import Pod, PodTemplate
from models.service import Service
from models.volume import PersistentVolume, StorageClass
from simulator.state.cluster import ClusterState
from simulator.state.objects import (
    TEMPLATE_HASH_LABEL,
    DaemonSetState,
    DeploymentState,
    PodClass,
    PodState,
    ReplicaSetState,
    StatefulSetState,
    Workload,
)
from simulator.state.objects.record import record_class
from simulator.streams import Streams


class Api:
    """Makes and changes the objects of a run."""

    def __init__(self, state: ClusterState, streams: Streams, behaviour: Behaviour) -> None:
        self._state = state
        self._streams = streams
        self._behaviour = behaviour
        self._objects: dict[tuple[str, str, str], Any] = {}
        """Records by kind, namespace and name."""
        self._namespaces: dict[str, Mapping[str, str]] = {}
        """The labels of those that are declared, by name."""
        self._workloads = 0
        self.refused: dict[str, str] = {}
        """Pods of their own that were not made, by name: why, in Kubernetes' words."""

    @singledispatchmethod
    def apply(self, spec: Any, cause: int = 0) -> None:
        """Makes the object, or changes the one of its kind, namespace and name."""
        kept_in = record_class(type(spec))
        if kept_in is None:
            raise TypeError(f"there is no {type(spec).__name__} in this model")
        key = (getattr(spec, "kind", type(spec).__name__), spec.namespace, spec.name)
        known = self._objects.get(key)
        if known is None:
            record = kept_in.made(len(self._state.workloads.names_of(kept_in)), spec, self.workload)
            self._objects[key] = record
            self._state.workloads.add(record)
        else:
            self._state.workloads.update(known, spec, cause)

    @apply.register
    def _(self, spec: ReplicaSet, cause: int = 0) -> None:
        """It comes with its template; what may change is its scale."""
        key = (spec.kind, spec.namespace, spec.name)
        known = self._objects.get(key)
        if known is None:
            workload = self.workload(*key)
            pod_class = self.pod_class(workload, spec.template, {})
            index = len(self._state.workloads.replica_set_names)
            known = ReplicaSetState(index, workload, spec.selector, pod_class, 1, spec.min_ready_seconds, None)
            self._objects[key] = known
            self._state.workloads.add_replica_set(known)
        self._state.workloads.scale(known, spec.replicas, cause)

    @apply.register
    def _(self, spec: Pod, cause: int = 0) -> None:
        """It is made, unless refused; of one that exists, labels and deletion cost may change, and gates be removed."""
        key = ("Pod", spec.namespace, spec.name)
        known = self._objects.get(key)
        if isinstance(known, PodState) and known.uid in self._state.pods and not known.deleting:
            if spec.template.labels != known.pod_class.labels:
                self.label(known, spec.template.labels, cause)
            self._state.pods.set_deletion_cost(known, spec.template.deletion_cost, cause)
            self._state.pods.set_scheduling_gates(known, spec.template.spec.scheduling_gates, cause)
            return
        pod_class = self.pod_class(self.workload(*key), spec.template, {})
        refused = self._state.admission.refusal(pod_class)
        if refused:
            self.refused[spec.name] = refused.replace("{}", spec.name, 1)
        else:
            self.refused.pop(spec.name, None)
            self._objects[key] = self._state.pods.create(pod_class, None, cause)

    @apply.register
    def _(self, spec: Service, cause: int = 0) -> None:
        self._state.services.add(spec)

    @apply.register
    def _(self, spec: Namespace, cause: int = 0) -> None:
        self._namespaces[spec.name] = spec.labels

    @apply.register
    def _(self, spec: StorageClass, cause: int = 0) -> None:
        self._state.volumes.classes[spec.name] = spec

    @apply.register
    def _(self, spec: PersistentVolume, cause: int = 0) -> None:
        self._state.volumes.add(spec)

    @apply.register
    def _(self, spec: PersistentVolumeClaim, cause: int = 0) -> None:
        self._state.volumes.claim(spec)

    def label(self, pod: PodState, labels: Mapping[str, str], cause: int = 0) -> None:
        """Kubectl label: from now on these are the pod's labels."""
        template = replace(pod.pod_class.template, labels=labels)
        self._state.pods.set_labels(pod, self.pod_class(pod.pod_class.workload, template, {}), cause)

    def delete_budget(self, name: str, namespace: str = "default") -> None:
        """The PodDisruptionBudget of this name is gone; raises KeyError if there is none."""
        self._state.workloads.remove(self._objects.pop(("PodDisruptionBudget", namespace, name)))

    def find(self, kind: str, name: str, namespace: str = "default") -> object:
        """The record of an object; raises KeyError if there is none."""
        return self._objects[kind, namespace, name]

    # What controllers make

    def workload(self, kind: str, namespace: str, name: str) -> Workload:
        """A new maker of pods."""
        self._workloads += 1
        return Workload(self._workloads - 1, kind, namespace, name, self._streams.stream)

    def pod_class(self, workload: Workload, template: PodTemplate, extra_labels: Mapping[str, str]) -> PodClass:
        """What pods of this template in this workload share; `extra_labels` are the controller's own."""
        behaviour = self._behaviour.of(workload.kind, workload.name, workload.namespace, template)
        return self._class_of(workload, template, extra_labels, behaviour)

    def _class_of(
        self, workload: Workload, template: PodTemplate, extra_labels: Mapping[str, str], behaviour: PodBehaviour
    ) -> PodClass:
        labels = {**template.labels, **extra_labels}
        services = self._state.services.selecting(workload.namespace, labels)
        return PodClass(workload, template, labels, behaviour, services, self._namespaces)

    def job_class(self, workload: Workload, template: PodTemplate, extra_labels: Mapping[str, str]) -> PodClass:
        """The pods of a Job of this template; if nobody says how long they run, that is assumed."""
        behaviour = self._behaviour.of(workload.kind, workload.name, workload.namespace, template)
        return self._class_of(workload, template, extra_labels, replace(behaviour, run=behaviour.run or ASSUMED_RUN))

    def deployment_class(self, deployment: DeploymentState) -> PodClass:
        """The pods of the Deployment's present template; their hash is that of the ReplicaSet about to be made."""
        hashed = {TEMPLATE_HASH_LABEL: f"r{len(self._state.workloads.replica_set_names)}"}
        return self.pod_class(deployment.workload, deployment.spec.template, hashed)

    def rollable(self, target: str) -> DeploymentState | StatefulSetState | DaemonSetState:
        """The Deployment, StatefulSet, DaemonSet or Rollout meant by "Kind/name" or "Kind/namespace/name".

        Of several that have the kind and the name, the first; raises ValueError if there is none.
        """
        known: dict[str, DeploymentState | StatefulSetState | DaemonSetState] = {}
        records: list[DeploymentState | StatefulSetState | DaemonSetState] = []
        for kind in (DeploymentState, StatefulSetState, DaemonSetState):
            records += self._state.workloads.of(kind)
        for record in records:
            workload = record.workload
            known[f"{workload.kind}/{workload.namespace}/{workload.name}"] = record
            known.setdefault(f"{workload.kind}/{workload.name}", record)
        if target not in known:
            raise ValueError(f"there is no {target}{did_you_mean(target, known)}")
        return known[target]

    def pods(self) -> list[PodState]:
        """All pods that exist, oldest first."""
        return list(self._state.pods.values())

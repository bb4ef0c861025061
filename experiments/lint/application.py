"""What rules look at: objects as they are written beside what they mean, and the cluster that is to run them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from experiments.lint.trial import Trial
from models.autoscaling import HorizontalPodAutoscaler
from models.behaviour import Behaviour, PodBehaviour
from models.cluster import Cluster, PodMaker, kind_of, services_by_name, title
from models.cronjob import CronJob
from models.daemonset import DaemonSet
from models.deployment import Deployment, ReplicaSet
from models.disruption import PodDisruptionBudget
from models.distributions import Distribution
from models.input.problems import Path
from models.job import Job
from models.manifests import Manifest, Named
from models.manifests.conversion import converters
from models.node import Node
from models.pod import Container, Pod, PodSpec
from models.service import Service
from models.statefulset import StatefulSet


class Place(NamedTuple):
    """A container, and where it is written."""

    path: Path
    written: Mapping[str, Any]
    means: Container


@dataclass(frozen=True, eq=False)
class Workload:
    """What is a pod or makes pods, with all that is about its pods."""

    manifest: Manifest
    maker: PodMaker
    services: tuple[Service, ...]
    """Those that select its pods."""
    budgets: tuple[PodDisruptionBudget, ...]
    autoscaler: HorizontalPodAutoscaler | None

    @property
    def title(self) -> str:
        """Its name in messages."""
        return title(self.maker)

    @property
    def spec(self) -> PodSpec:
        """What its pods are."""
        return self.maker.template.spec

    @property
    def pod(self) -> Path:
        """Where the spec of its pods is written."""
        if isinstance(self.maker, CronJob):
            return ("spec", "jobTemplate", "spec", "template", "spec")
        return ("spec",) if isinstance(self.maker, Pod) else ("spec", "template", "spec")

    @property
    def is_replicated(self) -> bool:
        """Whether it keeps a number of replicas that are there to be used: no DaemonSet, no Job, no pod of its own."""
        return isinstance(self.maker, Deployment | ReplicaSet | StatefulSet)

    @property
    def runs_to_an_end(self) -> bool:
        """Whether its pods are done some day."""
        return isinstance(self.maker, Job | CronJob) or self.spec.restart_policy != "Always"

    @property
    def serves(self) -> bool:
        """Whether clients come to its pods through a Service that sends them to pods that are ready."""
        return bool(self.proxied or self.looked_up) and not isinstance(self.maker, DaemonSet | Job | CronJob)

    @property
    def proxied(self) -> tuple[Service, ...]:
        """The Services with a proxy before its pods."""
        return tuple(service for service in self.services if not service.headless)

    @property
    def looked_up(self) -> tuple[Service, ...]:
        """The headless Services by which clients look up those of its pods that are ready."""
        return tuple(one for one in self.services if one.headless and not one.publish_not_ready_addresses)

    @property
    def replicas(self) -> int:
        """How many pods it is written to have; 1 for a pod of its own."""
        return self.maker.replicas if isinstance(self.maker, Deployment | ReplicaSet | StatefulSet) else 1

    @property
    def fewest(self) -> int:
        """How many pods it has at the least: an autoscaler may leave that many."""
        return self.replicas if self.autoscaler is None else self.autoscaler.min_replicas

    @property
    def most(self) -> int:
        """How many pods it has at the most."""
        return self.replicas if self.autoscaler is None else self.autoscaler.max_replicas

    @property
    def containers(self) -> Iterator[Place]:
        """Its containers that run all the time: the ordinary ones, then the sidecars."""
        for key, made in (("containers", self.spec.containers), ("initContainers", self.spec.init_containers)):
            written = self.written(*self.pod, key) or []
            for i, (means, value) in enumerate(zip(made, written, strict=False)):
                if key == "containers" or means.restart_policy == "Always":
                    yield Place((*self.pod, key, i), value, means)

    def written(self, *path: str | int) -> Any:
        """What is written at a path of its manifest; None if nothing is."""
        return written(self.manifest, *path)


def titles(workloads: Iterable[Workload]) -> str:
    """The names of workloads in messages."""
    return ", ".join(workload.title for workload in workloads)


def written(manifest: Manifest, *path: str | int) -> Any:
    """What is written at a path of an object; None if nothing is."""
    value: Any = manifest.value
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


@dataclass(frozen=True, eq=False)
class Application:
    """Objects that belong together, and the nodes that they are to run on, if these are known."""

    objects: tuple[Manifest, ...]
    cluster: Cluster
    trial: Trial
    """The cluster, started with nothing that breaks it."""
    behaviour: Behaviour = field(default_factory=Behaviour)
    named: tuple[Named, ...] = ()
    """What the objects say that may matter and is not in the cluster."""
    lags: Mapping[str, Distribution] = field(default_factory=dict)
    """By Service, as runs call it: how late clients hear of a change of its endpoints, where an experiment says so."""

    @property
    def has_nodes(self) -> bool:
        """Whether it is known where the pods are to run."""
        return bool(self.nodes)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes that there are, and one of each kind that may be added."""
        return self.cluster.possible_nodes()

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """All that makes pods and is written in an object."""
        found = []
        for maker in self.cluster.pod_makers():
            manifest = self._written_as(maker)
            if manifest is not None:
                budgets = [one for one in self.cluster.budgets if one.selects(maker.namespace, maker.template.labels)]
                scaled_by = self._scaled_by(manifest)
                found.append(Workload(manifest, maker, self._services(maker), tuple(budgets), scaled_by))
        return tuple(found)

    def behaviour_of(self, workload: Workload) -> PodBehaviour:
        """How its pods behave, as far as an experiment says."""
        maker = workload.maker
        return self.behaviour.of(kind_of(maker), maker.name, maker.namespace, maker.template)

    def running(self) -> Iterator[tuple[Workload, Place]]:
        """The containers of pods that are to run for ever."""
        for workload in self.workloads:
            for place in () if workload.runs_to_an_end else workload.containers:
                yield workload, place

    def services(self) -> Iterator[tuple[Manifest, Service]]:
        """The Services that select pods, with their objects."""
        for service in self.cluster.services:
            manifest = self.manifest_of("Service", service.namespace, service.name)
            if manifest is not None and service.selector:
                yield manifest, service

    def budgets(self) -> Iterator[tuple[Manifest, PodDisruptionBudget, tuple[Workload, ...]]]:
        """The disruption budgets, with their objects and the workloads whose pods they cover."""
        for budget in self.cluster.budgets:
            manifest = self.manifest_of("PodDisruptionBudget", budget.namespace, budget.name)
            if manifest is not None:
                yield manifest, budget, tuple(one for one in self.workloads if budget in one.budgets)

    def autoscalers(self) -> Iterator[tuple[Manifest, HorizontalPodAutoscaler, Workload | None]]:
        """The autoscalers, with their objects and the workloads that they scale, if these are given."""
        by_target = {_target(one.manifest): one for one in self.workloads}
        for autoscaler in self.cluster.autoscalers:
            manifest = self.manifest_of("HorizontalPodAutoscaler", autoscaler.namespace, autoscaler.name)
            if manifest is not None:
                yield manifest, autoscaler, by_target.get(autoscaler.target)

    def manifest_of(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """The object of this kind and name, if it is given."""
        return self._by_name.get((kind, namespace, name))

    def of_kind(self, kind: str) -> tuple[Manifest, ...]:
        """All objects of a kind."""
        return tuple(manifest for manifest in self.objects if manifest.kind == kind)

    @cached_property
    def makers_without_model(self) -> tuple[tuple[Manifest, Mapping[str, str]], ...]:
        """Objects of kinds without a model that have a pod template, with its labels: they make pods all the same."""
        templates = [(one, written(one, "spec", "template", "metadata", "labels")) for one in self.objects]
        return tuple((one, labels) for one, labels in templates if one.kind not in converters() and labels)

    @cached_property
    def lag_by_service(self) -> Mapping[tuple[str, str], Distribution]:
        """By namespace and name of the Service: how late its clients hear of a change, where that is said."""
        named = services_by_name(self.cluster)
        return {(named[name].namespace, named[name].name): lag for name, lag in self.lags.items() if name in named}

    @cached_property
    def _by_name(self) -> dict[tuple[str, str, str], Manifest]:
        return {(one.kind, one.namespace, one.name): one for one in self.objects}

    def _services(self, maker: PodMaker) -> tuple[Service, ...]:
        labels = [maker.pod_labels(i) for i in maker.ordinals] if isinstance(maker, StatefulSet) else []
        labels = labels or [dict(maker.template.labels)]
        return tuple(
            service for service in self.cluster.services if any(service.selects(maker.namespace, one) for one in labels)
        )

    def _scaled_by(self, manifest: Manifest) -> HorizontalPodAutoscaler | None:
        return next((one for one in self.cluster.autoscalers if one.target == _target(manifest)), None)

    def _written_as(self, maker: PodMaker) -> Manifest | None:
        """The object that it was made of: of its own kind, or a custom resource that is read as one."""
        manifest = self.manifest_of(kind_of(maker), maker.namespace, maker.name)
        named = (one for one in self.objects if (one.namespace, one.name) == (maker.namespace, maker.name))
        return manifest or next((one for one in named if isinstance(written(one, "spec", "template"), dict)), None)


def _target(manifest: Manifest) -> str:
    """How an autoscaler refers to it."""
    return f"{manifest.kind}/{manifest.namespace}/{manifest.name}"

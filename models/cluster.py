"""A cluster: nodes, and all that runs on them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from models.autoscaling import HorizontalPodAutoscaler
from models.behaviour import Behaviour
from models.claim import PersistentVolumeClaim
from models.cronjob import CronJob
from models.daemonset import DaemonSet
from models.deployment import Deployment, ReplicaSet
from models.disruption import PodDisruptionBudget
from models.job import Job
from models.node import Node
from models.node_pool import NodePool
from models.pod import Pod
from models.quota import ResourceQuota
from models.service import Service, service_names
from models.statefulset import StatefulSet
from models.volume import PersistentVolume, StorageClass

PodMaker = CronJob | DaemonSet | Deployment | Job | ReplicaSet | StatefulSet | Pod
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything that a simulation starts from. Order, of the fields and within them, is the order of creation."""

    nodes: tuple[Node, ...] = ()
    services: tuple[Service, ...] = ()
    storage_classes: tuple[StorageClass, ...] = ()
    volumes: tuple[PersistentVolume, ...] = ()
    claims: tuple[PersistentVolumeClaim, ...] = ()
    quotas: tuple[ResourceQuota, ...] = field(default=(), metadata={"optional": True})
    budgets: tuple[PodDisruptionBudget, ...] = ()
    daemon_sets: tuple[DaemonSet, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    replica_sets: tuple[ReplicaSet, ...] = ()
    stateful_sets: tuple[StatefulSet, ...] = ()
    pods: tuple[Pod, ...] = ()
    jobs: tuple[Job, ...] = field(default=(), metadata={"optional": True})
    cron_jobs: tuple[CronJob, ...] = field(default=(), metadata={"optional": True})
    autoscalers: tuple[HorizontalPodAutoscaler, ...] = ()
    pools: tuple[NodePool, ...] = field(default=(), metadata={"optional": True})
    """Of the nodes, those pools that may change, or that have a price."""
    others: tuple[object, ...] = field(default=(), metadata={"optional": True})
    """Objects that no controller looks after: they are only read, see `of_kind`."""

    @classmethod
    def of(cls, values: Iterable[object]) -> "Cluster":
        """The cluster of these values, each in the field of its type; what has none is among the `others`."""
        homes = _homes()
        sorted_out: dict[str, list[Any]] = {}
        for value in values:
            sorted_out.setdefault(homes.get(type(value), "others"), []).append(value)
        return cls(**{name: tuple(found) for name, found in sorted_out.items()})

    def with_values(self, values: Iterable[object]) -> "Cluster":
        """The cluster with these values besides."""
        return Cluster.of([*(value for f in fields(self) for value in getattr(self, f.name)), *values])

    def of_kind(self, kind: type[T]) -> tuple[T, ...]:
        """All its values of one type, in order of creation."""
        return tuple(value for f in fields(self) for value in getattr(self, f.name) if isinstance(value, kind))

    def controlled(self) -> Iterator[object]:
        """What controllers look after, in order of creation: all but nodes and their pools, Services and `others`."""
        for f in fields(self):
            if f.name not in ("nodes", "services", "pools", "others"):
                yield from getattr(self, f.name)

    def possible_nodes(self) -> tuple[Node, ...]:
        """The nodes that it has, and one of each kind that an autoscaler may add."""
        growing = [pool for pool in self.pools if pool.autoscaled]
        return (*self.nodes, *(pool.node(0, zone) for pool in growing for zone in pool.zones or ("",)))

    def pod_makers(self) -> "Iterator[PodMaker]":
        """What is a pod, or makes pods of a template, in order of creation."""
        for value in self.controlled():
            if isinstance(value, PodMaker):
                yield value


def services_by_name(cluster: Cluster) -> dict[str, Service]:
    """The Services by the names that runs and traffic give them; see `service_names`."""
    return dict(zip(service_names(cluster.services), cluster.services, strict=True))


def title(maker: PodMaker) -> str:
    """How messages name it: "Deployment/web", with the namespace where that is not the default one."""
    middle = f"{maker.namespace}/" if maker.namespace != "default" else ""
    return f"{kind_of(maker)}/{middle}{maker.name}"


def kind_of(maker: PodMaker) -> str:
    """The kind of its object: "Deployment"."""
    return maker.kind if isinstance(maker, ReplicaSet | Deployment) else type(maker).__name__


def without_their_node(cluster: Cluster) -> tuple[str, ...]:
    """A sentence on every object whose pods name a node that is not there: nobody runs them."""
    names = {node.name for node in cluster.nodes}
    notes = []
    for maker in cluster.pod_makers():
        node = maker.template.spec.node_name
        if node is not None and node not in names:
            notes.append(f'{title(maker)}: spec.nodeName: there is no node "{node}": the pods never run')
    return tuple(notes)


def without_pods(cluster: Cluster) -> tuple[str, ...]:
    """A sentence on every workload that makes no pods as it is written: there is no pod that could say why.

    Source: pkg/controller/deployment/sync.go (a paused Deployment makes no ReplicaSet that is not there yet).
    """
    notes = []
    for maker in cluster.pod_makers():
        if isinstance(maker, Deployment) and maker.paused:
            why = "spec.paused: it makes no pods until it is resumed, which nothing here does"
        elif isinstance(maker, Deployment | ReplicaSet | StatefulSet) and maker.replicas == 0:
            why = "spec.replicas is 0: it makes no pods"
        elif isinstance(maker, Job | CronJob) and maker.suspended:
            why = "spec.suspend: it makes no pods until it is resumed, which nothing here does"
        else:
            continue
        notes.append(f"{title(maker)}: {why}")
    return tuple(notes)


def without_known_end(cluster: Cluster, behaviour: Behaviour) -> tuple[str, ...]:
    """A sentence on whatever runs to an end of which nobody says when it is: Jobs, CronJobs and pods of their own."""
    notes = []
    for maker in cluster.pod_makers():
        if behaviour.of(type(maker).__name__, maker.name, maker.namespace, maker.template).run is not None:
            continue
        spec = maker.template.spec
        if isinstance(maker, Job | CronJob):
            notes.append(
                f"{title(maker)}: nothing says how long its pods run (behaviour.run): a minute is assumed, 5 in one of "
                "20, for which they take room, and no failure but those of the experiment"
            )
        elif isinstance(maker, Pod) and any(not spec.restarts(each, failed=False) for each in spec.containers):
            notes.append(
                f"{title(maker)}: restartPolicy {spec.restart_policy}, and nothing says how long it runs "
                "(behaviour.run): it is taken to run for ever"
            )
    return tuple(notes)


def under_several_budgets(cluster: Cluster) -> tuple[str, ...]:
    """A sentence on every workload whose pods more than one budget covers: the API server evicts none of them."""
    notes = []
    for maker in cluster.pod_makers():
        names = [budget.name for budget in cluster.budgets if budget.selects(maker.namespace, maker.template.labels)]
        if len(names) > 1:
            notes.append(
                f"{title(maker)}: more than one PodDisruptionBudget covers its pods ({', '.join(names)}): "
                "every eviction fails"
            )
    return tuple(notes)


@cache
def _homes() -> dict[type, str]:
    """By type of value, the field that it belongs in."""
    return {get_args(hint)[0]: name for name, hint in get_type_hints(Cluster).items() if name != "others"}

"""Small clusters with claims: what tests of volumes share."""

from collections.abc import Sequence
from typing import Any

from models.behaviour import Behaviour
from models.claim import AccessMode, PersistentVolumeClaim
from models.cluster import Cluster
from models.deployment import Deployment
from models.distributions import Fixed
from models.labels import LabelSelector, Operator, Requirement
from models.node import HOSTNAME_LABEL, ZONE_LABEL, Node
from models.pod import NodeSelectorTerm, Pod
from models.service import Service
from models.statefulset import StatefulSet
from models.volume import PersistentVolume, StorageClass, VolumeBindingMode
from simulator.log import Kind
from tests.simulator.clusters import DAY, Lab, behaviour, nodes, template

WAITS = VolumeBindingMode.WAIT_FOR_FIRST_CONSUMER
DISKS = StorageClass("disks", "ebs.csi.aws.com", WAITS, is_default=True)
LOCAL = StorageClass("local", "kubernetes.io/no-provisioner", WAITS)
ATTACH, DETACH, PROVISION = 20.0, 10.0, 2.5
SLOW = behaviour(attach=Fixed(ATTACH), detach=Fixed(DETACH), provision=Fixed(PROVISION))
GIB = 1024**3


def claim(name: str = "data", *modes: AccessMode, **other: Any) -> PersistentVolumeClaim:
    return PersistentVolumeClaim(name, access_modes=modes or (AccessMode.READ_WRITE_ONCE,), **other)


def volume(name: str, where: str = "", key: str = ZONE_LABEL, **other: Any) -> PersistentVolume:
    """A volume that nodes with this value of the label reach; without one, all."""
    terms = (NodeSelectorTerm((Requirement(key, Operator.IN, (where,)),)),) if where else None
    return PersistentVolume(name, other.pop("capacity", 10 * GIB), node_affinity=terms, **other)


def local_volume(name: str, node: str) -> PersistentVolume:
    return volume(name, node, HOSTNAME_LABEL, storage_class="local", attaches=False)


def stateful_set(name: str = "db", replicas: int = 1, **other: Any) -> StatefulSet:
    """Each pod has a claim data-NAME-ORDINAL."""
    other.setdefault("volume_claim_templates", (claim(),))
    pods = other.pop("pods", template(name))
    return StatefulSet(name, pods, LabelSelector.of({"app": name}), replicas=replicas, **other)


def stored(*values: object, machines: Sequence[Node] = nodes(4, "aabb")) -> Cluster:
    """These on the nodes, and a Service in front of each workload."""
    workloads = [value for value in values if isinstance(value, Deployment | StatefulSet | Pod)]
    services = (Service(one.name, selector={"app": one.name}) for one in workloads)
    return Cluster.of([*machines, *services, *values])


def settled(*values: object, machines: Sequence[Node] = nodes(4, "aabb"), laws: Behaviour = SLOW, **other: Any) -> Lab:
    return Lab(stored(*values, machines=machines), laws, **other)


def where(lab: Lab, name: str | None = None) -> list[str]:
    """The nodes of the pods that have one."""
    return [lab.state.nodes.names[pod.node] for pod in lab.pods(name) if pod.node >= 0]


def ready_at(lab: Lab, since: float = 0.0) -> list[float]:
    return lab.times(Kind.POD_READY, 1, since)


BEGINNING = -DAY
"""When the cluster is deployed."""

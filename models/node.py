"""Nodes, and the taints they carry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ZONE_LABEL = "topology.kubernetes.io/zone"
REGION_LABEL = "topology.kubernetes.io/region"
HOSTNAME_LABEL = "kubernetes.io/hostname"
OS_LABEL = "kubernetes.io/os"
ARCH_LABEL = "kubernetes.io/arch"

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"


def volume_limit(driver: str) -> str:
    """The resource by which a node says how many volumes of a driver it takes (volume/util, GetCSIAttachLimitKey)."""
    return f"attachable-volumes-csi-{driver}"


class TaintEffect(StrEnum):
    """What a taint does to pods that do not tolerate it."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


@dataclass(frozen=True, slots=True, order=True)
class Taint:
    """`key=value:effect`."""

    key: str
    effect: TaintEffect
    value: str = ""

    def __str__(self) -> str:
        return f"{self.key}{'=' + self.value if self.value else ''}:{self.effect}"


@dataclass(frozen=True, slots=True)
class Resources:
    """Amounts of resources: CPU in millicores, memory in bytes, others (extended, ephemeral) by name."""

    cpu: int = 0
    memory: int = 0
    other: Mapping[str, int] = field(default_factory=dict)

    def amount(self, resource: str) -> int:
        """The amount of one resource, by its name; 0 where it is not there."""
        if resource == "cpu":
            return self.cpu
        return self.memory if resource == "memory" else self.other.get(resource, 0)


@dataclass(frozen=True, slots=True)
class Node:
    """A machine that runs pods.

    `allocatable` is what pods may request on it; `pods` how many fit (110 by default, the kubelet's maxPods).
    """

    name: str
    allocatable: Resources
    pods: int = 110
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False
    images: Mapping[str, int] = field(default_factory=dict)
    """Container images that it has, by every name, with their sizes in bytes (status.images)."""

    @property
    def zone(self) -> str:
        """The zone label's value, or "" (nodes without one share one zone)."""
        return self.labels.get(ZONE_LABEL, "")

    @property
    def region(self) -> str:
        """The region label's value, or ""."""
        return self.labels.get(REGION_LABEL, "")

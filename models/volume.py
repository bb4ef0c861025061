"""Persistent volumes, and the classes by which they are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from models.claim import AccessMode, PersistentVolumeClaim
from models.node import ZONE_LABEL
from models.pod import NodeSelectorTerm

NO_PROVISIONER = "kubernetes.io/no-provisioner"
"""The provisioner of classes whose volumes people make by hand."""


class VolumeBindingMode(StrEnum):
    """When claims of a class get their volume."""

    IMMEDIATE = "Immediate"
    """At once: the volume's zone is chosen before its pod's node."""
    WAIT_FOR_FIRST_CONSUMER = "WaitForFirstConsumer"
    """When a pod that uses the claim is placed: the volume is where the pod is."""


class ReclaimPolicy(StrEnum):
    """What becomes of a volume whose claim is deleted."""

    DELETE = "Delete"
    RETAIN = "Retain"


@dataclass(frozen=True, slots=True)
class StorageClass:
    """How volumes of one class are made, and what holds of them."""

    name: str
    provisioner: str = ""
    binding_mode: VolumeBindingMode = VolumeBindingMode.IMMEDIATE
    reclaim_policy: ReclaimPolicy = ReclaimPolicy.DELETE
    allowed_topologies: tuple[NodeSelectorTerm, ...] = ()
    """Volumes are made for nodes that one of these matches; none: for every node."""
    is_default: bool = False
    topology_key: str = ZONE_LABEL
    """Nodes reach a volume of the class that share this label with the node it was made for; "": all do."""
    attaches: bool = True
    """A volume has to be attached to a node before pods there can use it."""

    @property
    def provisions(self) -> bool:
        """Whether volumes are made as they are asked for."""
        return self.provisioner != NO_PROVISIONER


@dataclass(frozen=True, slots=True)
class PersistentVolume:
    """A piece of storage in the cluster."""

    name: str
    capacity: int = 0
    """Bytes."""
    access_modes: tuple[AccessMode, ...] = (AccessMode.READ_WRITE_ONCE,)
    storage_class: str = ""
    node_affinity: tuple[NodeSelectorTerm, ...] | None = None
    """Nodes that reach it: those that one of the terms matches. None: all."""
    claim: tuple[str, str] | None = None
    """(namespace, name) of the claim that it is kept for."""
    reclaim_policy: ReclaimPolicy = ReclaimPolicy.RETAIN
    labels: Mapping[str, str] = field(default_factory=dict)
    volume_mode: str = "Filesystem"
    driver: str = ""
    """The CSI driver (or the plug-in of Kubernetes) that looks after it; limits of nodes are by driver."""
    attaches: bool = True
    """It has to be attached to a node before pods there can use it."""

    @property
    def is_exclusive(self) -> bool:
        """Whether it is attached to one node at a time (pkg/volume/util, IsMultiAttachForbidden)."""
        shared = (AccessMode.READ_WRITE_MANY, AccessMode.READ_ONLY_MANY)
        return self.attaches and bool(self.access_modes) and not any(mode in shared for mode in self.access_modes)

    def suits(self, claim: PersistentVolumeClaim, storage_class: str) -> bool:
        """Whether it could serve a claim of this class, wherever its pod is and whoever else asks for it.

        Source: k8s.io/component-helpers/storage/volume/pv_helpers.go (FindMatchingVolume, CheckAccessModes).
        """
        return (
            self.capacity >= claim.request
            and self.storage_class == storage_class
            and self.volume_mode == claim.volume_mode
            and all(mode in self.access_modes for mode in claim.access_modes)
            and (claim.selector is None or claim.selector.matches(self.labels))
        )

    def reaches(self, labels: Mapping[str, str], name: str) -> bool:
        """Whether a node with these labels and this name reaches it."""
        return self.node_affinity is None or any(term.matches(labels, name) for term in self.node_affinity)

"""PersistentVolumes and PersistentVolumeClaims."""

from enum import IntEnum
from typing import TYPE_CHECKING

from models.claim import PersistentVolumeClaim
from models.volume import PersistentVolume, StorageClass, VolumeBindingMode

if TYPE_CHECKING:
    from simulator.state.objects.pod import PodState

ClaimKey = tuple[str, str]
"""(namespace, name)."""


class ClaimPhase(IntEnum):
    """Whether a claim has a volume; ABSENT before creation and after removal."""

    ABSENT = 0
    PENDING = 1
    BOUND = 2


class VolumePhase(IntEnum):
    """Whether a volume is free; ABSENT before creation and after removal."""

    ABSENT = 0
    AVAILABLE = 1
    BOUND = 2
    RELEASED = 3
    """Its claim is gone; nobody makes it free again."""


class VolumeState:
    """A PersistentVolume: what it is, whose it is, and where it is."""

    __slots__ = ("attached", "claim", "index", "losses", "phase", "spec", "under_way")

    def __init__(self, index: int, spec: PersistentVolume) -> None:
        self.index = index
        self.spec = spec
        self.phase = VolumePhase.AVAILABLE
        self.claim: ClaimKey | None = spec.claim
        """The claim that it is bound to, or kept for."""
        self.attached: dict[int, None] = {}
        """The nodes that it is attached to."""
        self.under_way: set[int] = set()
        """Nodes that it is being attached to, or detached from."""
        self.losses: dict[object, None] = {}
        """What has destroyed its data, as far as that is not made good."""

    @property
    def lost(self) -> bool:
        """Whether its data is gone."""
        return bool(self.losses)

    def is_free_for(self, claim: ClaimKey) -> bool:
        """Whether it may be bound to a claim: it has none, and is not kept for another."""
        return self.phase is VolumePhase.AVAILABLE and self.claim in (None, claim)

    def serves(self, node: int) -> bool:
        """Whether pods on the node can use it now."""
        return not self.spec.attaches or (node in self.attached and node not in self.under_way)

    def is_held_from(self, node: int) -> bool:
        """Whether another node has it, or is about to, and it can only be at one."""
        return self.spec.is_exclusive and any(other != node for other in (*self.attached, *self.under_way))


class ClaimState:
    """A PersistentVolumeClaim, its volume, and how far it is from having one."""

    __slots__ = ("index", "owner", "selected_by", "selected_node", "spec", "storage_class", "volume")

    def __init__(
        self,
        index: int,
        spec: PersistentVolumeClaim,
        storage_class: StorageClass | None,
        owner: "PodState | None" = None,
    ) -> None:
        self.index = index
        self.spec = spec
        self.owner = owner
        """The pod whose own it is, which it goes with; None: it is nobody's."""
        self.storage_class = storage_class
        """None: there is no class of that name, or it asks for none."""
        self.volume: VolumeState | None = None
        """None: it is Pending."""
        self.selected_node = -1
        """The node that a volume is being made for (volume.kubernetes.io/selected-node)."""
        self.selected_by: PodState | None = None
        """The pod that goes there."""

    @property
    def key(self) -> ClaimKey:
        """What pods find it by."""
        return self.spec.namespace, self.spec.name

    @property
    def class_name(self) -> str:
        """The class of volumes that will do."""
        return self.storage_class.name if self.storage_class is not None else self.spec.storage_class or ""

    @property
    def is_provisioned(self) -> bool:
        """Whether a volume can be made for it; for one that selects among volumes, none is."""
        return self.storage_class is not None and self.storage_class.provisions and self.spec.selector is None

    @property
    def waits_for_pod(self) -> bool:
        """Whether it gets its volume only when a pod that uses it is placed."""
        storage_class = self.storage_class
        return (
            self.volume is None
            and not self.spec.volume_name
            and storage_class is not None
            and storage_class.binding_mode is VolumeBindingMode.WAIT_FOR_FIRST_CONSUMER
        )

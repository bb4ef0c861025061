"""Storage: classes, volumes and claims, and all that can happen to them."""

from collections.abc import Sequence

from models.claim import PersistentVolumeClaim
from models.volume import PersistentVolume, ReclaimPolicy, StorageClass
from simulator.log import Kind
from simulator.state.objects import ClaimKey, ClaimPhase, ClaimState, PodState, VolumePhase, VolumeState, VolumeWait
from simulator.state.transitions import Transitions


class Volumes:
    """The volumes that exist and the claims on them; they change by the verbs below alone."""

    def __init__(self, transitions: Transitions, node_names: Sequence[str]) -> None:
        self._emit = transitions.emit
        self.node_names = node_names
        """Of the nodes that volumes and claims speak of by their numbers."""
        self.classes: dict[str, StorageClass] = {}
        """By name."""
        self.existing: list[VolumeState] = []
        """The volumes, in order of creation."""
        self.claims: dict[ClaimKey, ClaimState] = {}
        """Those that exist, in order of creation."""
        self.names: list[str] = []
        """Of all volumes that ever were, by index."""
        self.claim_names: list[str] = []
        """Of all claims that ever were, by index."""

    # What there is

    def of_pod(self, pod: PodState) -> list[ClaimState]:
        """The claims of a pod that exist, those of its own last."""
        return [self.claims[key] for key in keys_of(pod) if key in self.claims]

    def attachable(self, pod: PodState) -> list[VolumeState]:
        """The volumes of a pod that have to be attached to its node."""
        volumes = (claim.volume for claim in self.of_pod(pod))
        return list(dict.fromkeys(volume for volume in volumes if volume is not None and volume.spec.attaches))

    def wait(self, pod: PodState) -> VolumeWait:
        """What the volumes of a pod, which has a node, keep it waiting for."""
        volumes = [claim.volume for claim in self.of_pod(pod) if claim.volume is not None]
        if len(volumes) < len(keys_of(pod)):
            return VolumeWait.BINDING
        if any(volume.lost for volume in volumes):
            return VolumeWait.LOST
        if any(volume.is_held_from(pod.node) for volume in volumes):
            return VolumeWait.HELD
        return VolumeWait.NOTHING if all(volume.serves(pod.node) for volume in volumes) else VolumeWait.ATTACHING

    def free(self, claim: ClaimState) -> Sequence[VolumeState]:
        """The volumes that would do for a claim, the smallest first, wherever they are."""
        name = claim.class_name
        suitable = (v for v in self.existing if v.is_free_for(claim.key) and v.spec.suits(claim.spec, name))
        return sorted(suitable, key=lambda volume: volume.spec.capacity)

    def class_of(self, claim: PersistentVolumeClaim) -> StorageClass | None:
        """The class of a claim; of several default classes the one that was made last, of equals the first by name.

        Source: plugin/pkg/admission/storage/storageclass/setdefault, pkg/volume/util (GetDefaultClass). Classes made
        together are told apart by name.
        """
        if claim.storage_class is not None:
            return self.classes.get(claim.storage_class)
        return min((c for c in self.classes.values() if c.is_default), key=lambda c: c.name, default=None)

    def draft(self, spec: PersistentVolumeClaim) -> ClaimState:
        """A claim that is not made yet."""
        return ClaimState(-1, spec, self.class_of(spec))

    def has_quorum(self, claim: ClaimState) -> bool:
        """Whether more than half of the claims that differ from this one in the ordinal at most have their data."""
        stem = claim.spec.name.rpartition("-")[0] if claim.spec.name.rpartition("-")[2].isdecimal() else None
        siblings = [
            other
            for (namespace, name), other in self.claims.items()
            if namespace == claim.spec.namespace
            if other is claim or (name.rpartition("-")[0] == stem and name.rpartition("-")[2].isdecimal())
        ]
        intact = [other for other in siblings if other.volume is not None and not other.volume.lost]
        return 2 * len(intact) > len(siblings)

    # What happens

    def add(self, spec: PersistentVolume) -> VolumeState:
        """A new volume, free and attached to no node."""
        volume = VolumeState(len(self.names), spec)
        self.existing.append(volume)
        self.names.append(spec.name)
        self._emit(Kind.VOLUME_PHASE, volume, volume.index, VolumePhase.ABSENT, VolumePhase.AVAILABLE, 0)
        return volume

    def claim(self, spec: PersistentVolumeClaim, owner: PodState | None = None) -> ClaimState:
        """A new claim, without a volume, of a pod's own if it has an `owner`; or the one of its name that there is."""
        known = self.claims.get((spec.namespace, spec.name))
        if known is not None:
            return known
        claim = ClaimState(len(self.claim_names), spec, self.class_of(spec), owner)
        self.claims[claim.key] = claim
        self.claim_names.append(f"{spec.namespace}/{spec.name}")
        self._emit(Kind.CLAIM_PHASE, claim, claim.index, ClaimPhase.ABSENT, ClaimPhase.PENDING, 0)
        return claim

    def select_node(self, claim: ClaimState, node: int, pod: PodState) -> None:
        """A volume is to be made for the claim where this node reaches it; `pod` goes there."""
        claim.selected_node, claim.selected_by = node, pod
        self._emit(Kind.CLAIM_NODE, claim, claim.index, -1, node, pod.cause)

    def deselect_node(self, claim: ClaimState, cause: int) -> None:
        """No volume can be made for the claim where it was to be: its pod is to go elsewhere."""
        node, claim.selected_node, claim.selected_by = claim.selected_node, -1, None
        self._emit(Kind.CLAIM_NODE, claim, claim.index, node, -1, cause)

    def bind(self, claim: ClaimState, volume: VolumeState) -> None:
        """The claim has its volume, for good."""
        claim.volume, claim.selected_by, volume.claim = volume, None, claim.key
        self._set_phase(volume, VolumePhase.BOUND)
        self._emit(Kind.CLAIM_PHASE, claim, claim.index, ClaimPhase.PENDING, ClaimPhase.BOUND, 0)

    def delete(self, claim: ClaimState, cause: int) -> None:
        """The claim, which no pod uses, is gone; its volume goes too, unless its class retains it."""
        del self.claims[claim.key]
        volume = claim.volume
        old = ClaimPhase.PENDING if volume is None else ClaimPhase.BOUND
        self._emit(Kind.CLAIM_PHASE, claim, claim.index, old, ClaimPhase.ABSENT, cause)
        if volume is not None:
            self._set_phase(volume, VolumePhase.RELEASED)
            if volume.spec.reclaim_policy is ReclaimPolicy.DELETE:
                self.existing.remove(volume)
                self._set_phase(volume, VolumePhase.ABSENT)

    def _set_phase(self, volume: VolumeState, phase: VolumePhase) -> None:
        old, volume.phase = volume.phase, phase
        self._emit(Kind.VOLUME_PHASE, volume, volume.index, old, phase, 0)

    def attach(self, volume: VolumeState, node: int, cause: int) -> None:
        """The volume, which is on its way to the node, is there."""
        count = len(volume.attached)
        volume.under_way.discard(node)
        volume.attached[node] = None
        self._emit(Kind.VOLUME_ATTACHED, volume, volume.index, count, count + 1, cause)

    def detach(self, volume: VolumeState, node: int, cause: int) -> None:
        """The volume, which is being taken away from the node, is free for others."""
        count = len(volume.attached)
        volume.under_way.discard(node)
        del volume.attached[node]
        self._emit(Kind.VOLUME_ATTACHED, volume, volume.index, count, count - 1, cause)

    def lose(self, volume: VolumeState, owner: object, cause: int) -> None:
        """The data of the volume is gone, for the first or for one more reason: its `owner`."""
        was_lost = volume.lost
        volume.losses[owner] = None
        if not was_lost:
            self._emit(Kind.VOLUME_LOST, volume, volume.index, 0, 1, cause)

    def restore(self, volume: VolumeState, owner: object, cause: int) -> None:
        """What the owner has done to the volume is made good; it has its data with the last."""
        del volume.losses[owner]
        if not volume.lost:
            self._emit(Kind.VOLUME_LOST, volume, volume.index, 1, 0, cause)


def keys_of(pod: PodState) -> tuple[ClaimKey, ...]:
    """What the claims of a pod are found by, those of its own last."""
    keys, own = pod.pod_class.claims, pod.pod_class.spec.ephemeral_claims
    return (*keys, *((pod.pod_class.namespace, ephemeral_name(pod, claim)) for claim in own)) if own else keys


def ephemeral_name(pod: PodState, claim: PersistentVolumeClaim) -> str:
    """The name of a claim that is the pod's own (component-helpers/storage/ephemeral)."""
    return f"{pod.name}-{claim.name}"

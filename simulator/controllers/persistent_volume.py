"""The PersistentVolume controller and the provisioners: how claims get their volumes.

Source: pkg/controller/volume/persistentvolume (pv_controller.go), kubernetes-csi/external-provisioner (topology.go),
pkg/controller/volume/ephemeral, sig-storage-lib-external-provisioner (controller.go). Provisioning fails only for a
node that is gone: the claim is given up for it then (ProvisioningReschedule). Volumes of Immediate classes are there at
once.
"""

from models.claim import AccessMode
from models.labels import Operator, Requirement
from models.pod import NodeSelectorTerm
from models.volume import PersistentVolume, StorageClass
from simulator.component import Component
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import ClaimPhase, ClaimState, Phase, PodState, VolumePhase, VolumeState


class PersistentVolumeController:
    """Binds claims to volumes, and has volumes made; those that wait for a pod are left to the scheduler."""

    def __init__(self, kernel: Component, state: ClusterState) -> None:
        self._kernel = kernel
        self._state = state
        self._collects = False
        """It looks for pods that leave claims of their own behind."""
        state.listen(Kind.CLAIM_PHASE, self._claim_changed)
        state.listen(Kind.VOLUME_PHASE, self._volume_changed)
        state.listen(Kind.CLAIM_NODE, lambda claim, node, cause: self._provision_later(claim) if node >= 0 else None)

    def _claim_changed(self, claim: ClaimState, phase: int, cause: int) -> None:
        if phase == ClaimPhase.PENDING:
            if not self._collects:
                self._collects = True
                self._state.listen(Kind.POD_PHASE, self._pod_changed)
            self._sync(claim)

    def _volume_changed(self, volume: VolumeState, phase: int, cause: int) -> None:
        """A volume that people made may be what claims wait for; one made for a claim is bound by its maker."""
        if phase == VolumePhase.AVAILABLE and volume.claim not in self._state.volumes.claims:
            for claim in list(self._state.volumes.claims.values()):
                if claim.volume is None:
                    self._sync(claim)

    def _pod_changed(self, pod: PodState, phase: int, cause: int) -> None:
        """The claims that are a pod's own go with it."""
        if phase == Phase.ABSENT and pod.pod_class.spec.ephemeral_claims:
            for claim in [claim for claim in self._state.volumes.of_pod(pod) if claim.owner is pod]:
                self._state.volumes.delete(claim, cause)

    def _sync(self, claim: ClaimState) -> None:
        """The volume that the claim names, or that is kept for it, or the smallest that will do, or a new one."""
        volumes, storage_class, name = self._state.volumes, claim.storage_class, claim.spec.volume_name
        free = [volume for volume in volumes.existing if volume.is_free_for(claim.key)]
        wanted = (v for v in free if (v.spec.name == name if name else v.claim == claim.key))
        volume = next(wanted, None)
        if volume is None and not name and not claim.waits_for_pod:
            volume = next(iter(volumes.free(claim)), None)
            if volume is None and storage_class is not None and claim.is_provisioned:
                volume = volumes.add(_made_for(claim, storage_class, self._spread_topology(claim, storage_class)))
        if volume is not None:
            volumes.bind(claim, volume)

    def _provision_later(self, claim: ClaimState) -> None:
        pod = claim.selected_by
        assert pod is not None
        delay = pod.slot.draw("provision", pod.pod_class.behaviour.provision)
        self._kernel.timer(delay, lambda: self._provision(claim))

    def _provision(self, claim: ClaimState) -> None:
        volumes, storage_class, nodes = self._state.volumes, claim.storage_class, self._state.nodes
        if volumes.claims.get(claim.key) is not claim or claim.volume is not None or storage_class is None:
            return
        if nodes.exists[claim.selected_node]:
            topology = nodes.labels[claim.selected_node].get(storage_class.topology_key)
            volumes.bind(claim, volumes.add(_made_for(claim, storage_class, topology)))
        else:
            volumes.deselect_node(claim, 0)

    def _spread_topology(self, claim: ClaimState, storage_class: StorageClass) -> str | None:
        """Where a volume is made that no pod has chosen a node for: claims of a StatefulSet go round the zones."""
        allowed = storage_class.allowed_topologies
        nodes = self._state.nodes
        values = {
            labels[storage_class.topology_key]
            for labels, name in zip(nodes.labels, nodes.names, strict=True)
            if storage_class.topology_key in labels
            and (not allowed or any(term.matches(labels, name) for term in allowed))
        }
        if not values:
            return None
        return sorted(values)[sum(_hash_and_index(claim.spec.name)) % len(values)]


def _made_for(claim: ClaimState, storage_class: StorageClass, topology: str | None) -> PersistentVolume:
    """A new volume for the claim; with a `topology`, nodes that have this value of the class's key reach it.

    What many nodes may write to is a share, whatever else the class makes: no node is nearer, and none attaches it.
    """
    spec, affinity = claim.spec, None
    is_share = AccessMode.READ_WRITE_MANY in spec.access_modes
    if topology is not None and not is_share:
        requirement = Requirement(storage_class.topology_key, Operator.IN, (topology,))
        affinity = (NodeSelectorTerm(expressions=(requirement,)),)
    return PersistentVolume(
        name=f"pvc-{spec.namespace}-{spec.name}",
        capacity=spec.request,
        access_modes=spec.access_modes,
        storage_class=storage_class.name,
        node_affinity=affinity,
        claim=claim.key,
        reclaim_policy=storage_class.reclaim_policy,
        volume_mode=spec.volume_mode,
        driver=storage_class.provisioner,
        attaches=storage_class.attaches and not is_share,
    )


def _hash_and_index(name: str) -> tuple[int, int]:
    """The FNV-1 hash of a claim's name, or of its StatefulSet's name where it ends in an ordinal, and that ordinal.

    Source: external-provisioner/pkg/controller/topology.go (getPVCNameHashAndIndexOffset).
    """
    prefix, _, ordinal = name.rpartition("-")
    if ordinal.isdecimal():
        return _fnv1(prefix.rpartition("-")[2]), int(ordinal)
    return _fnv1(name), 0


def _fnv1(text: str) -> int:
    value = 2166136261
    for byte in text.encode():
        value = value * 16777619 % 2**32 ^ byte
    return value

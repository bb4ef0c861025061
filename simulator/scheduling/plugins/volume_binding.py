"""VolumeBinding: a pod goes where its volumes are, or can be."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.arrays import Bools
from simulator.registry import register
from simulator.scheduling.framework import Filter, PreFilter, Reads
from simulator.scheduling.views import ClusterView, NodeView, PodView


@register("plugin", "VolumeBinding")
@dataclass(frozen=True)
class VolumeBinding:
    """Nodes that do not reach the volumes of the pod's claims are out, and those where its other claims can have none.

    Claims have to exist, and those that do not wait for a pod to have a volume already. What is bound when a node is
    chosen is the binder's business (`simulator.scheduling.binder`). It does not score, as by default
    (StorageCapacityScoring is off); capacities of drivers (CSIStorageCapacity) are not looked at.
    Source: pkg/scheduler/framework/plugins/volumebinding.
    """

    filter_reads: ClassVar[Reads] = Reads.CLUSTER

    def signature(self, pod: PodView) -> Hashable:
        return pod.claims, pod.spec.ephemeral_claims

    def pre_filter(self, pod: PodView, cluster: ClusterView) -> PreFilter | None:
        if not pod.claims:
            return None
        storage = cluster.storage

        def reason() -> str:
            if name := storage.missing(pod.claims):
                return f'persistentvolumeclaim "{name}" not found'
            if any(claim.volume is None and not claim.waits_for_pod for claim in storage.claims(pod.claims)):
                return "pod has unbound immediate PersistentVolumeClaims"
            return ""

        return reason

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        if not (pod.claims or pod.spec.ephemeral_claims):
            return None
        storage = cluster.storage

        def rejects(nodes: NodeView) -> list[tuple[str, Bools]]:
            claims = [*storage.claims(pod.claims), *storage.drafts(pod.spec.ephemeral_claims)]
            unbound = [claim for claim in claims if claim.volume is None]
            reached = [storage.reach(claim.volume) for claim in claims if claim.volume is not None]
            verdicts: list[tuple[str, Bools]] = []
            if reached:
                out_of_reach = ~np.logical_and.reduce(reached)
                verdicts.append(("node(s) didn't match PersistentVolume's node affinity", nodes.take(out_of_reach)))
            if unbound:
                without = ~storage.bindable(unbound)
                reason = "node(s) didn't find available persistent volumes to bind"
                verdicts.append((reason, nodes.take(without)))
            return verdicts

        return rejects

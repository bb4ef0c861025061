"""VolumeRestrictions: claims that one pod may use at a time."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.arrays import Bools
from simulator.registry import register
from simulator.scheduling.framework import Filter, Reads
from simulator.scheduling.views import ClusterView, NodeView, PodView

_IN_USE = (
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
)


@register("plugin", "VolumeRestrictions")
@dataclass(frozen=True)
class VolumeRestrictions:
    """No node takes a pod while another one, also one that is being deleted, uses its ReadWriteOncePod claim.

    Disks that pods name themselves are not looked at (pkg/scheduler/framework/plugins/volumerestrictions).
    """

    filter_reads: ClassVar[Reads] = Reads.CLUSTER

    def signature(self, pod: PodView) -> Hashable:
        return pod.claims

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        if not pod.claims:
            return None
        storage = cluster.storage

        def rejects(nodes: NodeView) -> list[tuple[str, Bools]]:
            alone = [claim.key for claim in storage.claims(pod.claims) if claim.spec.is_for_one_pod]
            if not any(storage.users(key) for key in alone):
                return []
            return [(_IN_USE, np.ones(len(nodes), dtype=np.bool_))]

        return rejects

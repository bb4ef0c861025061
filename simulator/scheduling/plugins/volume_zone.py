"""VolumeZone: volumes whose labels say in which zones they are."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.arrays import Bools
from models.node import REGION_LABEL, ZONE_LABEL
from models.volume import PersistentVolume
from simulator.registry import register
from simulator.scheduling.framework import Filter, Reads
from simulator.scheduling.views import ClusterView, NodeView, PodView

_KEYS = (
    *(ZONE_LABEL, REGION_LABEL),
    *("failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region"),
)


@register("plugin", "VolumeZone")
@dataclass(frozen=True)
class VolumeZone:
    """Nodes are out whose zone or region a bound volume's label does not name ("a__b" names two).

    Nodes without such labels pass (pkg/scheduler/framework/plugins/volumezone).
    """

    filter_reads: ClassVar[Reads] = Reads.CLUSTER

    def signature(self, pod: PodView) -> Hashable:
        return pod.claims

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        if not pod.claims:
            return None

        def rejects(nodes: NodeView) -> list[tuple[str, Bools]]:
            bound = [claim.volume.spec for claim in cluster.storage.claims(pod.claims) if claim.volume is not None]
            labelled = [volume for volume in bound if any(key in volume.labels for key in _KEYS)]
            if not labelled:
                return []
            rejected = np.array([any(_conflicts(v, labels) for v in labelled) for labels in cluster.labels], np.bool_)
            return [("node(s) had no available volume zone", nodes.take(rejected))]

        return rejects


def _conflicts(volume: PersistentVolume, labels: Mapping[str, str]) -> bool:
    if not any(key in labels for key in _KEYS):
        return False
    return any(labels.get(key) not in volume.labels[key].split("__") for key in _KEYS if key in volume.labels)

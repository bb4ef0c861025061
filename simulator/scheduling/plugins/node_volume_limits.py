"""NodeVolumeLimits: how many volumes of a driver a node takes."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.arrays import Bools
from models.node import volume_limit
from simulator.registry import register
from simulator.scheduling.framework import Filter, Reads
from simulator.scheduling.views import ClusterView, NodeView, PodView


@register("plugin", "NodeVolumeLimits")
@dataclass(frozen=True)
class NodeVolumeLimits:
    """A node is out where the pod's volumes would be more of one driver than its limit.

    Each volume counts once, whoever uses it, and while it is attached. The limit is what the node's CSINode says, or
    its allocatable "attachable-volumes-csi-DRIVER"; nodes that say nothing have none.
    Source: pkg/scheduler/framework/plugins/nodevolumelimits/csi.go.
    """

    filter_reads: ClassVar[Reads] = Reads.CLUSTER

    def signature(self, pod: PodView) -> Hashable:
        return pod.claims, pod.spec.ephemeral_claims

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        if not (pod.claims or pod.spec.ephemeral_claims) or not cluster.nodes.has_volume_limits:
            return None
        storage = cluster.storage

        def rejects(nodes: NodeView) -> list[tuple[str, Bools]]:
            asked: defaultdict[str, list[Hashable]] = defaultdict(list)
            for claim in (*storage.claims(pod.claims), *storage.drafts(pod.spec.ephemeral_claims)):
                asked[storage.driver_of(claim)].append(claim.key)
            full = np.zeros(len(nodes), dtype=np.bool_)
            for driver, keys in asked.items():
                used, limit = storage.used_volumes(driver), nodes.allocatable(volume_limit(driver))
                total = sum((nodes.take(there) for there in used.values()), start=np.zeros(len(nodes), dtype=np.int64))
                more = len(keys) - sum(
                    (nodes.take(used[key]).astype(np.int64) for key in keys if key in used),
                    start=np.zeros(len(nodes), dtype=np.int64),
                )
                full |= (limit > 0) & (more > 0) & (total + more > limit)
            return [("node(s) exceed max volume count", full)]

        return rejects

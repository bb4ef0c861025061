"""NodeName: spec.nodeName."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulator.registry import register
from simulator.scheduling.framework import Filter, Reads
from simulator.scheduling.views import ClusterView, PodView


@register("plugin", "NodeName")
@dataclass(frozen=True)
class NodeName:
    """A pod that names its node goes there or nowhere."""

    filter_reads: ClassVar[Reads] = Reads.LABELS

    def signature(self, pod: PodView) -> Hashable:
        return pod.spec.node_name

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        if pod.spec.node_name is None:
            return None
        other = np.array([name != pod.spec.node_name for name in cluster.names], dtype=np.bool_)
        return lambda nodes: [("node(s) didn't match the requested node name", nodes.take(other))]

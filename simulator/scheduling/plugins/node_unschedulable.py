"""NodeUnschedulable: cordoned nodes."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

from models.node import UNSCHEDULABLE, Taint, TaintEffect
from simulator.registry import register
from simulator.scheduling.framework import Filter, Reads
from simulator.scheduling.views import ClusterView, PodView

_TAINT = Taint(UNSCHEDULABLE, TaintEffect.NO_SCHEDULE)


@register("plugin", "NodeUnschedulable")
@dataclass(frozen=True)
class NodeUnschedulable:
    """A cordoned node takes only pods that tolerate node.kubernetes.io/unschedulable:NoSchedule."""

    filter_reads: ClassVar[Reads] = Reads.TAINTS

    def signature(self, pod: PodView) -> Hashable:
        return pod.spec.tolerations

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        if any(toleration.tolerates(_TAINT) for toleration in pod.spec.tolerations):
            return None
        return lambda nodes: [("node(s) were unschedulable", nodes.unschedulable)]

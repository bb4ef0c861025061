"""NodePorts: ports of the node that containers take."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

from models.arrays import Bools
from simulator.registry import register
from simulator.scheduling.framework import Filter, Reads
from simulator.scheduling.views import ClusterView, NodeView, PodView

_EVERY_IP = "0.0.0.0"


@register("plugin", "NodePorts")
@dataclass(frozen=True)
class NodePorts:
    """A node where a port of the pod is taken is out: the same protocol, and the same IP or any on either side."""

    filter_reads: ClassVar[Reads] = Reads.NODE

    def signature(self, pod: PodView) -> Hashable:
        return pod.host_ports

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        if not pod.host_ports:
            return None

        def rejects(nodes: NodeView) -> list[tuple[str, Bools]]:
            pods = sum(
                (
                    taken
                    for port, protocol, ip in pod.host_ports
                    for other, taken in nodes.host_ports(port, protocol).items()
                    if _EVERY_IP in (ip, other) or ip == other
                ),
                start=0 * nodes.used_pods,
            )
            return [("node(s) didn't have free ports for the requested pod ports", pods > 0)]

        return rejects

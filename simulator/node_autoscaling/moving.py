"""Which pods have to find another node when a node goes."""

from simulator.state.nodes import NodeTable
from simulator.state.objects import PodState


def pods_to_move(nodes: NodeTable, node: int) -> list[PodState]:
    """The pods that have to find another node: not those of DaemonSets, static ones, or those that end anyway."""
    return [
        pod
        for pod in nodes.running[node].values()
        if not (pod.deleting or pod.pod_class.workload.kind == "DaemonSet" or pod.pod_class.template.is_static)
    ]

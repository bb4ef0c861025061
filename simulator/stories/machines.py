"""What stories do to machines: they join, leave for good, or are declared out of service."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from models.node import HOSTNAME_LABEL, OUT_OF_SERVICE, Node, Taint, TaintEffect
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState


class Machines:
    """Adds nodes to the cluster, and takes them away."""

    def __init__(self, state: ClusterState, strikes: Counter[str]) -> None:
        self._state = state
        self._strikes = strikes
        self.leaving: set[int] = set()
        """Nodes that somebody is about to remove: nobody else chooses them."""

    def exists(self, node: int) -> bool:
        """Whether the node has not been taken away."""
        return self._state.nodes.exists[node]

    def add_node(self, like: Node, mode: str, subject: str) -> None:
        """A node like this joins, Ready, without what taints and cordons say of the moment.

        It has the name if no node had it, else that with a number: node-1, node-1.2, node-1.3.
        """
        nodes, name, number = self._state.nodes, like.name, 1
        base, _, last = name.rpartition(".")
        while name in nodes.index:
            number += 1
            name = f"{base if last.isdigit() else like.name}.{number}"
        labels = {**like.labels, HOSTNAME_LABEL: name}
        taints = tuple(taint for taint in like.taints if not taint.key.startswith("node.kubernetes.io/"))
        nodes.join(
            replace(like, name=name, labels=labels, taints=taints, unschedulable=False),
            self._state.cause(f"{mode}/{subject}"),
        )

    def remove_node(self, node: int, mode: str, subject: str) -> bool:
        """The machine is gone for good, and its Node object too; says whether it was there until now."""
        was_there = self._state.nodes.exists[node]
        self._state.nodes.delete(node, self._state.cause(f"{mode}/{subject}"))
        return was_there

    def delete_pods(self, pods: Sequence[PodState], mode: str, subject: str) -> None:
        """Pods are deleted whatever their budgets say, each with its grace period."""
        cause = self._state.cause(f"{mode}/{subject}")
        for pod in pods:
            if pod.uid in self._state.pods and not pod.deleting:
                self._state.pods.mark_deleting(pod, cause)

    def set_out_of_service(self, node: int, out: bool, operation: str) -> None:
        """Puts the taint out-of-service on a node, if it is there, or takes it away.

        What follows is due to why the node is away.
        """
        nodes = self._state.nodes
        if not nodes.exists[node]:
            return
        self._strikes[operation] += out
        taint = Taint(OUT_OF_SERVICE, TaintEffect.NO_EXECUTE, "nodeshutdown")
        cause = next(iter((*nodes.down_causes[node].values(), *nodes.silent_causes[node].values())), 0)
        nodes.set_taints(node, nodes.taints_of(node) - {taint} | ({taint} if out else set()), cause)

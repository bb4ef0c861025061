"""On which nodes a DaemonSet runs: by name, labels and taints, before any scheduler is asked.

Source: pkg/controller/daemon/daemon_controller.go (NodeShouldRunDaemonPod).
"""

from dataclasses import dataclass

from models.node import NOT_READY, OUT_OF_SERVICE, UNREACHABLE, Taint, TaintEffect
from models.pod import PodSpec
from simulator.state.nodes import NodeTable

_UNWELL = (NOT_READY, UNREACHABLE, OUT_OF_SERVICE)
"""Taints that say that a node is not well, not what it is for."""


@dataclass(frozen=True, slots=True)
class Suitability:
    """What a DaemonSet may do on a node."""

    should_run: bool
    """A pod should run there."""
    should_continue_running: bool
    """A pod that is there may stay."""
    meant: bool
    """A pod should run there, were the node well."""


_NOWHERE = Suitability(should_run=False, should_continue_running=False, meant=False)


class DaemonPlacement:
    """The nodes that suit pods of one template; the labels of a node do not change, its taints do."""

    def __init__(self, spec: PodSpec, table: NodeTable) -> None:
        self._spec = spec
        self._table = table
        self._matching = [self._matches(node) for node in range(len(table))]
        self._by_taints: list[Suitability] = []
        """Per set of taints."""

    def joined_or_gone(self, node: int) -> None:
        """A node, the last one, has come, or one is gone: that one suits no pod any more."""
        self._matching[node : node + 1] = [self._matches(node)]

    def _matches(self, node: int) -> bool:
        name, spec = self._table.names[node], self._spec
        return (
            self._table.exists[node]
            and spec.node_name in (None, name)
            and spec.allows_node(self._table.labels[node], name)
        )

    def __getitem__(self, node: int) -> Suitability:
        if not self._matching[node]:
            return _NOWHERE
        sets = self._table.taint_sets
        while len(self._by_taints) < len(sets):
            self._by_taints.append(self._judge(sets[len(self._by_taints)]))
        return self._by_taints[int(self._table.taint_set[node])]

    def _judge(self, taints: frozenset[Taint]) -> Suitability:
        in_the_way = [
            taint
            for taint in taints
            if taint.effect is not TaintEffect.PREFER_NO_SCHEDULE
            and not any(toleration.tolerates(taint) for toleration in self._spec.tolerations)
        ]
        return Suitability(
            should_run=not in_the_way,
            should_continue_running=all(taint.effect is not TaintEffect.NO_EXECUTE for taint in in_the_way),
            meant=all(taint.key in _UNWELL for taint in in_the_way),
        )

"""Cordons: nodes that take no new pods."""

from collections import Counter
from collections.abc import Iterable

from simulator.state.nodes import Nodes


class Cordon:
    """Nodes that were cordoned together. A node is uncordoned when every cordon that holds it has ended."""

    def __init__(self, nodes: Nodes, holders: Counter[int], cordoned: Iterable[int], cause: int) -> None:
        self._nodes = nodes
        self._holders = holders
        self._cordoned = tuple(cordoned)
        self._cause = cause
        for node in self._cordoned:
            holders[node] += 1
            nodes.set_unschedulable(node, True, cause)

    def end(self) -> None:
        """Lets go of its nodes. To be called once, as `Outage.end`."""
        for node in self._cordoned:
            self._holders[node] -= 1
            if not self._holders[node]:
                self._nodes.set_unschedulable(node, False, self._cause)

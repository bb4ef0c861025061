"""Outages: nodes without power."""

from collections.abc import Iterable

from simulator.state.nodes import Nodes


class Outage:
    """Nodes that were taken down together. A node is up again when every outage that holds it has ended."""

    def __init__(self, nodes: Nodes, down: Iterable[int], cause: int) -> None:
        self._nodes = nodes
        self._down = tuple(down)
        for node in self._down:
            nodes.add_down_cause(node, self, cause)

    def end(self) -> None:
        """Takes this cause away from its nodes.

        To be called once, never from a `finally` or `with`: a story that is still waiting when the run ends would
        report a repair that never was.
        """
        for node in self._down:
            self._nodes.remove_down_cause(node, self)

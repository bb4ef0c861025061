"""Outages: nodes without power."""

from collections.abc import Collection

from simulator.state.nodes import Nodes


class Outage:
    """Nodes that were taken down together. A node is up again when every outage that holds it has ended."""

    def __init__(self, nodes: Nodes, down: Collection[int], cause: int) -> None:
        self._nodes = nodes
        self._members = down
        self._cause = cause
        self._down: dict[int, None] = {}
        self.over = False
        self.extend()

    def extend(self) -> None:
        """Takes down the nodes that have joined what failed (a zone) since; to be called while it is not over."""
        for node in self._members:
            if node not in self._down:
                self._down[node] = None
                self._nodes.add_down_cause(node, self, self._cause)

    def end(self) -> None:
        """Takes this cause away from its nodes.

        To be called once, never from a `finally` or `with`: a story that is still waiting when the run ends would
        report a repair that never was.
        """
        self.over = True
        for node in self._down:
            self._nodes.remove_down_cause(node, self)

"""Outages: nodes that lack something together, power above all."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from simulator.state.nodes import Nodes


class Effect(NamedTuple):
    """What an outage does to each of its nodes, for as long as it lasts."""

    begin: Callable[[int, object, int], object]
    """begin(node, owner, cause): the node has one more reason for it, by whom."""
    end: Callable[[int, object], object]
    """end(node, owner): that reason is gone."""


def without_power(nodes: Nodes) -> Effect:
    """Nodes are off."""
    return Effect(nodes.add_down_cause, nodes.remove_down_cause)


class Outage:
    """Nodes that were struck together. A node is well again when every outage that holds it has ended."""

    def __init__(self, effects: Sequence[Effect], struck: Collection[int], cause: int) -> None:
        self._effects = effects
        self._members = struck
        self._cause = cause
        self._struck: dict[int, None] = {}
        self.over = False
        self.extend()

    def extend(self) -> None:
        """Strikes the nodes that have joined what failed (a zone) since; to be called while it is not over."""
        for node in self._members:
            if node not in self._struck:
                self._struck[node] = None
                for effect in self._effects:
                    effect.begin(node, self, self._cause)

    def end(self) -> None:
        """Takes this cause away from its nodes.

        To be called once, never from a `finally` or `with`: a story that is still waiting when the run ends would
        report a repair that never was.
        """
        self.over = True
        for node in self._struck:
            for effect in self._effects:
                effect.end(node, self)

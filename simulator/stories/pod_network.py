"""The network between pods, as stories see it: which nodes it does not join to the others.

Kubernetes knows nothing of it: probes come from a pod's own node, and kubelets speak to the API server. What it does to
requests is worked out after the run, from the log (`simulator.traffic`); pods and endpoints do not change.
"""

from dataclasses import dataclass, field
from functools import partial

from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.stories.outage import Effect


@dataclass(eq=False)
class _Cut:
    number: int
    cause: int
    nodes: set[int] = field(default_factory=set)


class PodNetwork:
    """What is cut off from what; every cut has a number, by which the log knows who is cut off together."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        self._cuts: dict[tuple[Kind, object], _Cut] = {}
        self._made = 0
        self.no_way_in = self._effect(Kind.NODE_CUT_IN)
        """Pods of other nodes do not reach those of the nodes, which reach one another."""
        self.no_way_out = self._effect(Kind.NODE_CUT_OUT)
        """Pods of the nodes do not reach those of others."""

    @property
    def is_well(self) -> bool:
        """Whether nothing is the matter."""
        return not self._cuts

    def _effect(self, kind: Kind) -> Effect:
        return Effect(partial(self._begin, kind), partial(self._end, kind))

    def _begin(self, kind: Kind, node: int, owner: object, cause: int) -> None:
        if (kind, owner) not in self._cuts:
            self._made += 1
            self._cuts[kind, owner] = _Cut(self._made, cause)
        cut = self._cuts[kind, owner]
        cut.nodes.add(node)
        self._state.transitions.emit(kind, node, node, 0, cut.number, cause)

    def _end(self, kind: Kind, node: int, owner: object) -> None:
        cut = self._cuts[kind, owner]
        cut.nodes.remove(node)
        if not cut.nodes:
            del self._cuts[kind, owner]
        self._state.transitions.emit(kind, node, node, cut.number, 0, cut.cause)

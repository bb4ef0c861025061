"""Where the network between pods is cut: which endpoints clients do not reach, by where they are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints
from simulator.log import Kind, TransitionLog
from simulator.traffic.routing import OUTSIDE


@dataclass(frozen=True)
class Cut:
    """Nodes that are cut off together, in one direction, for some time."""

    since: float
    until: float
    nodes: frozenset[int]
    inward: bool
    """Whoever is not on them does not reach the pods there; else whoever is on them does not reach pods elsewhere."""
    cause: str

    def parts(self, client: int, node: int) -> bool:
        """Whether a client on one node does not reach a pod on another; clients outside of the cluster reach all."""
        if client == OUTSIDE:
            return False
        here, there = (client, node) if self.inward else (node, client)
        return here not in self.nodes and there in self.nodes


def cuts(log: TransitionLog, start: float, end: float) -> tuple[Cut, ...]:
    """All of them within the window, in order of time; one whose nodes change is another from then on."""
    found = []
    for kind in (Kind.NODE_CUT_IN, Kind.NODE_CUT_OUT):
        now: dict[int, Cut] = {}
        for time, _, node, old, new, cause in log.of_kind(kind).tolist():
            before = now.get(number := int(new or old), Cut(time, end, frozenset(), False, ""))
            found.append((before, time))
            nodes = before.nodes | {int(node)} if new else before.nodes - {int(node)}
            now[number] = Cut(time, end, nodes, kind is Kind.NODE_CUT_IN, log.causes[int(cause)])
        found += [(cut, end) for cut in now.values()]
    return tuple(
        sorted(
            (
                Cut(max(cut.since, start), min(until, end), cut.nodes, cut.inward, cut.cause)
                for cut, until in found
                if cut.nodes and min(until, end) > max(cut.since, start)
            ),
            key=lambda cut: (cut.since, cut.until),
        )
    )


def sides(cuts: Sequence[Cut], nodes: Sequence[int]) -> Mapping[int, object]:
    """By node (or OUTSIDE): the same for those from which the same endpoints are reached at all times."""
    sets = dict.fromkeys(cut.nodes for cut in cuts)
    return {
        node: None if node == OUTSIDE and sets else tuple(i for i, one in enumerate(sets) if node in one)
        for node in nodes
    }


class Reach:
    """Which endpoints are out of reach over time; `nodes` are those of the endpoints, by endpoint."""

    def __init__(self, cuts: Sequence[Cut], nodes: Ints) -> None:
        self.all: list[Mapping[int, str]] = [{}]
        """Endpoints that are out of reach -> why; the first: none is."""
        self._numbers: dict[tuple[tuple[int, str], ...], int] = {(): 0}
        self._of_node: defaultdict[int, list[int]] = defaultdict(list)
        for endpoint, node in enumerate(nodes.tolist()):
            self._of_node[node].append(endpoint)
        edges: defaultdict[float, list[tuple[Cut, bool]]] = defaultdict(list)
        for cut in cuts:
            edges[cut.since].append((cut, True))
            edges[cut.until].append((cut, False))
        self.times: Floats = np.array(sorted(edges))
        """When the network changes; nothing is cut before."""
        self._cut: list[tuple[Cut, ...]] = [()]
        """What is, before the first of the times and from each of them on."""
        now: dict[Cut, None] = {}
        for time in self.times.tolist():
            for cut, begins in edges[time]:
                if begins:
                    now[cut] = None
                else:
                    del now[cut]
            self._cut.append(tuple(now))

    def of(self, client: int) -> Ints:
        """For clients on a node: which of `all` holds, before the first of `times` and from each of them on."""
        return np.array([self._number(client, cuts) for cuts in self._cut])

    def _number(self, client: int, cuts: Sequence[Cut]) -> int:
        parted: dict[int, str] = {}
        for cut in cuts:
            for node, endpoints in self._of_node.items():
                if cut.parts(client, node):
                    for endpoint in endpoints:
                        parted.setdefault(endpoint, cut.cause)  # the first to part them is to blame
        key = tuple(sorted(parted.items()))
        if key not in self._numbers:
            self._numbers[key] = len(self.all)
            self.all.append(parted)
        return self._numbers[key]

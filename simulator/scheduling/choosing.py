"""Choosing nodes by a profile: the feasible ones among a sample, and the best of them."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from models.arrays import Ints
from simulator.scheduling.answers import Answers, Survey
from simulator.scheduling.cache import EquivalenceCache
from simulator.scheduling.framework import Filter, Profile, Reads, Score, nodes_to_find, passes
from simulator.scheduling.views import ClusterView, NodeView, PodView
from simulator.state.nodes import NodeTable

_NO_NODES = np.zeros(0, dtype=np.int64)


@dataclass
class CycleState:
    """What the plugins worked out in PreFilter and PreScore, for all scheduling cycles of pods of one template.

    Upstream's CycleState lasts one cycle; this one brings itself up to date instead.
    """

    pod: PodView
    answers: Answers
    cache: EquivalenceCache
    other_filters: list[Filter]
    other_scores: list[tuple[Score, int]]


class Chooser:
    """Finds feasible nodes and scores them.

    Above 100 nodes the search stops when enough are found, and the next pod's search goes on where it stopped
    (schedule_one.go, findNodesThatPassFilters).
    """

    def __init__(self, profile: Profile, table: NodeTable, cluster: ClusterView) -> None:
        self._survey = Survey(profile, cluster)
        self._table = table
        self._rows = np.flatnonzero(table.exists)
        self._all = NodeView(table) if len(self._rows) == len(table) else NodeView(table, self._rows)
        """Nodes that exist."""
        self._order = node_order(table)
        self._enough = nodes_to_find(len(self._rows), profile.percentage_of_nodes_to_score)
        self._start = 0
        """Where in the list the next search begins."""
        self._caches: dict[Hashable, EquivalenceCache] = {}
        """By the answers about single nodes."""

    def prepare(self, pod: PodView) -> CycleState:
        """What the plugins answer about a pod template."""
        answers = self._survey.ask(pod)
        alike = answers.on_single_nodes
        cache = self._caches.get(alike)
        if cache is None:
            cache = self._caches[alike] = EquivalenceCache(answers, self._table, self._order)
        others = answers.filters_that_read(Reads.CLUSTER), answers.scores_that_read(Reads.CLUSTER)
        return CycleState(pod, answers, cache, *others)

    def feasible(self, cycle_state: CycleState) -> Ints:
        """Nodes that pass every filter, in the order of the list; of many nodes only as many as are enough."""
        if cycle_state.answers.pre_filters and cycle_state.answers.refusal():
            return _NO_NODES
        cache = cycle_state.cache
        cache.update()
        listed, positions, enough = cache.listed, cache.positions, self._enough
        if cycle_state.other_filters:
            nodes, rejected = NodeView(self._table, listed), None
            for filter_ in cycle_state.other_filters:
                for _, here in filter_(nodes):
                    rejected = here if rejected is None else rejected | here
            if rejected is not None:
                passing = np.logical_not(rejected)
                listed, positions = listed[passing], positions[passing]
        first = int(positions.searchsorted(self._start)) if self._start else 0
        last = first + enough
        if last < len(listed):
            self._start = positions.item(last)
            return listed[first:last]
        if len(listed) > enough:
            last -= len(listed)
            self._start = positions.item(last)
            return np.concatenate((listed[first:], listed[:last]))
        return np.concatenate((listed[first:], listed[:first])) if first else listed

    def fits(self, cycle_state: CycleState, node: int) -> bool:
        """Whether a node passes every filter as things are now, asked anew."""
        if cycle_state.answers.refusal():
            return False
        alone = NodeView(self._table, np.array([node]))
        filters = [filter_ for _, filter_ in cycle_state.answers.filters]
        return self._table.exists[node] and bool(passes(filters, alone)[0])

    def best(self, cycle_state: CycleState, feasible: Ints) -> Ints:
        """The nodes that score highest among `feasible` (at least one, just determined), in their order."""
        if len(feasible) == 1:
            return feasible
        total = cycle_state.cache.total.take(feasible)
        nodes = NodeView(self._table, feasible)
        for score, weight in cycle_state.other_scores:
            scores = score(nodes)
            if not isinstance(scores, int):
                total += weight * scores
        best: Ints = feasible[(total == total[total.argmax()]).nonzero()[0]]
        return best

    def scores(self, cycle_state: CycleState, feasible: Ints) -> dict[str, Ints]:
        """Each plugin's weighted scores of the feasible nodes, asked anew; plugins that do not score are left out."""
        nodes = NodeView(self._table, feasible)
        return {
            name: weight * (score(nodes) + np.zeros(len(feasible), dtype=np.int64))
            for name, weight, _, score in cycle_state.answers.scores
        }

    def resolvable(self, cycle_state: CycleState) -> Sequence[int]:
        """The nodes whose labels and taints allow the pod: there, fewer pods may help."""
        static = cycle_state.answers.filters_that_read(Reads.LABELS, Reads.TAINTS)
        rows: list[int] = self._rows[passes(static, self._all)].tolist()
        return rows

    def reasons(self, cycle_state: CycleState, only_node: int | None = None) -> str:
        """Why no node is feasible, in Kubernetes' words: "0/6 nodes are available: 6 Insufficient cpu."."""
        if refusal := cycle_state.answers.refusal():
            return f"0/{len(self._rows)} nodes are available: {refusal}."
        left = np.ones(len(self._rows), dtype=np.bool_)
        counts: dict[str, int] = {}
        if only_node is not None:
            counts["node(s) didn't satisfy plugin(s) [NodeAffinity]"] = len(left) - 1
            left = self._rows == only_node
        for _, filter_ in cycle_state.answers.filters:
            passed = left.copy()
            for reason, rejected in filter_(self._all):
                counts[reason] = counts.get(reason, 0) + int((left & rejected).sum())
                passed &= np.logical_not(rejected)
            left = passed
        listed = ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items() if count))
        return f"0/{len(self._rows)} nodes are available: {listed or 'there are none'}."


def node_order(table: NodeTable) -> Ints:
    """The scheduler's list: zones in turn, each with its nodes in order of creation (backend/cache/node_tree.go).

    Of the nodes that exist; zones come in the order of the first of theirs.
    """
    zones: dict[tuple[str, str], list[int]] = {}
    for node in np.flatnonzero(table.exists).tolist():
        zones.setdefault(table.regions_and_zones[node], []).append(node)
    turns = zip_longest(*zones.values())
    return np.array([node for turn in turns for node in turn if node is not None], dtype=np.int64)

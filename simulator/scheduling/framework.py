"""The scheduling framework: what a plugin is, and how filters and scores make a choice.

Source: pkg/scheduler/schedule_one.go, pkg/scheduler/framework. A plugin is asked once a pod template (as in `PreFilter`
and `PreScore`); it answers with a function over columns of nodes, or with None where it has nothing to say. Answers
that depend on a node's own columns only are kept, shared by all templates that are alike to the plugin, and worked out
again only for the nodes that changed.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from simulator.nodes import Bools, Ints, NodeTable
from simulator.views import ClusterView, NodeView, PodView

Filter = Callable[[NodeView], Iterable[tuple[str, Bools]]]
"""(reason in Kubernetes' words, which of the rows are rejected for it), for each reason there may be."""
Score = Callable[[NodeView], Ints]
"""A score of 0-100 for each row, all of them feasible; higher is better."""

MANY_CHANGES = 8
"""Above one node in so many, everything is worked out anew, which costs less than picking rows."""


class Reads(Enum):
    """What an answer about a node depends on."""

    LABELS = "labels"
    """The node's name and labels: they never change during a run."""
    TAINTS = "taints"
    """Those, its taints and whether it is cordoned."""
    NODE = "node"
    """All columns of the node itself."""
    CLUSTER = "cluster"
    """Other nodes, or where pods are, too. Such answers are not kept."""


@runtime_checkable
class FilterPlugin(Protocol):
    """Rules nodes out."""

    filter_reads: ClassVar[Reads]

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        """Called once a pod template. None: every node passes, always."""
        ...

    def signature(self, pod: PodView) -> Hashable:
        """All of the pod that answers depend on: templates with equal signatures share them."""
        ...


@runtime_checkable
class ScorePlugin(Protocol):
    """Prefers nodes."""

    score_reads: ClassVar[Reads]
    """CLUSTER, if the score is normalised over the feasible nodes."""

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        """Called once a pod template. None: all nodes are equal to it, always."""
        ...

    def signature(self, pod: PodView) -> Hashable:
        """All of the pod that answers depend on: templates with equal signatures share them."""
        ...


@dataclass(frozen=True)
class Profile:
    """The plugins in the order of asking, and the weights of their scores."""

    filters: tuple[FilterPlugin, ...]
    scores: tuple[tuple[ScorePlugin, int], ...]


class _Kept:
    """An answer for every node, brought up to date from a journal of the nodes that changed."""

    def __init__(
        self, answer: Callable[[NodeView], npt.NDArray[Any]], table: NodeTable, journal: Sequence[int]
    ) -> None:
        self._answer = answer
        self._table = table
        self._journal = journal
        self._seen = len(journal)
        self._values = answer(NodeView(table)).copy()

    def values(self) -> npt.NDArray[Any]:
        """One entry a node; not to be written to."""
        journal = self._journal
        if self._seen != len(journal):
            changed = set(journal[self._seen :])
            self._seen = len(journal)
            if len(changed) * MANY_CHANGES < len(self._table):
                rows = np.array(sorted(changed), dtype=np.int64)
                self._values[rows] = self._answer(NodeView(self._table, rows))
            else:
                self._values[:] = self._answer(NodeView(self._table))
        return self._values


@dataclass
class Prepared:
    """What the plugins answered for one pod template."""

    filters: Sequence[Filter]
    """All of them, in order, for the reasons."""
    kept_filters: Sequence[_Kept]
    other_filters: Sequence[Filter]
    kept_scores: Sequence[tuple[_Kept, int]]
    other_scores: Sequence[tuple[Score, int]]


class Framework:
    """Chooses nodes by a profile."""

    def __init__(self, profile: Profile, table: NodeTable, cluster: ClusterView) -> None:
        self._profile = profile
        self._table = table
        self._cluster = cluster
        self._all = NodeView(table)
        self._kept: dict[Hashable, _Kept] = {}
        self._journals: dict[Reads, Sequence[int]] = {
            Reads.LABELS: (),
            Reads.TAINTS: table.taint_journal,
            Reads.NODE: table.journal,
        }

    def prepare(self, pod: PodView) -> Prepared:
        """Asks every plugin about a pod template."""
        filters, kept_filters, other_filters = [], [], []
        for plugin in self._profile.filters:
            filter_ = plugin.filter(pod, self._cluster)
            if filter_ is None:
                continue
            filters.append(filter_)
            if plugin.filter_reads is Reads.CLUSTER:
                other_filters.append(filter_)
            else:
                key: Hashable = ("filter", plugin, plugin.signature(pod))
                kept_filters.append(self._keep(key, plugin.filter_reads, _passes(filter_)))
        kept_scores, other_scores = [], []
        for scorer, weight in self._profile.scores:
            score = scorer.score(pod, self._cluster)
            if score is None:
                continue
            if scorer.score_reads is Reads.CLUSTER:
                other_scores.append((score, weight))
            else:
                key = ("score", scorer, scorer.signature(pod))
                kept_scores.append((self._keep(key, scorer.score_reads, score), weight))
        return Prepared(filters, kept_filters, other_filters, kept_scores, other_scores)

    def _keep(self, key: Hashable, reads: Reads, answer: Callable[[NodeView], npt.NDArray[Any]]) -> _Kept:
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = _Kept(answer, self._table, self._journals[reads])
        return kept

    def feasible(self, prepared: Prepared, only_node: int | None = None) -> Ints:
        """The nodes that pass every filter, in order; with `only_node` no other is looked at."""
        if only_node is not None:
            return self._feasible_alone(prepared, only_node)
        passing = np.ones(len(self._table), dtype=np.bool_)
        for kept in prepared.kept_filters:
            passing &= kept.values()
        for filter_ in prepared.other_filters:
            for _, rejected in filter_(self._all):
                passing &= ~rejected
        return np.flatnonzero(passing)

    def _feasible_alone(self, prepared: Prepared, node: int) -> Ints:
        row = np.array([node])
        alone = NodeView(self._table, row)
        passing = all(kept.values()[node] for kept in prepared.kept_filters) and not any(
            rejected[0] for filter_ in prepared.other_filters for _, rejected in filter_(alone)
        )
        return row if passing else row[:0]

    def best(self, prepared: Prepared, feasible: Ints) -> Ints:
        """Those of the feasible nodes (at least one, just determined) that score highest, in order."""
        if len(feasible) == 1:
            return feasible
        total = np.zeros(len(feasible), dtype=np.int64)
        for kept, weight in prepared.kept_scores:
            total += weight * kept.values()[feasible]
        nodes = NodeView(self._table, feasible if len(feasible) < len(self._table) else None)
        for score, weight in prepared.other_scores:
            total += weight * score(nodes)
        best: Ints = feasible[total == total.max()]
        return best

    def reasons(self, prepared: Prepared, only_node: int | None = None) -> str:
        """Why no node is feasible, in Kubernetes' words: "0/6 nodes are available: 6 Insufficient cpu."."""
        left = np.ones(len(self._table), dtype=np.bool_)
        counts: dict[str, int] = {}
        if only_node is not None:
            counts["node(s) didn't satisfy plugin(s) [NodeAffinity]"] = len(left) - 1
            left = np.arange(len(left)) == only_node
        for filter_ in prepared.filters:
            passed = left.copy()
            for reason, rejected in filter_(self._all):
                hit = int((left & rejected).sum())
                if hit:
                    counts[reason] = counts.get(reason, 0) + hit
                passed &= ~rejected
            left = passed
        listed = ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items() if count))
        return f"0/{len(self._table)} nodes are available: {listed or 'there are none'}."


def _passes(filter_: Filter) -> Callable[[NodeView], Bools]:
    def passes(nodes: NodeView) -> Bools:
        passing = np.ones(len(nodes), dtype=np.bool_)
        for _, rejected in filter_(nodes):
            passing &= ~rejected
        return passing

    return passes

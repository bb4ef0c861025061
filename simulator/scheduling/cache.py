"""Results of plugins that look at each node by itself, kept up to date from the journals of what changed."""

from collections.abc import Mapping, Sequence

import numpy as np

from models.arrays import Ints
from simulator.scheduling.answers import Answers
from simulator.scheduling.framework import Filter, Reads, Score, passes
from simulator.scheduling.views import NodeInfo, NodeView
from simulator.state.nodes import NodeTable

FEW = 8
"""Up to so many changed nodes are worked out one by one: an array costs more than a handful of numbers."""
KEPT = 512
"""So many results for single nodes are remembered, then forgotten all at once."""
MANY = 8
"""Above one changed node in so many, all are worked out anew, which costs less than picking rows."""


class EquivalenceCache:
    """For every node, whether it passes the filters that look at it alone, and the sum of the scores that do.

    One for all templates with the same answers about single nodes (an equivalence class, as upstream's package of that
    name had it). `order` is the scheduler's list of nodes, as row numbers of `table`. Static results depend on labels
    and taints and are worked out anew only when some taint changes; dynamic ones also on what is used of the node.
    """

    def __init__(self, answers: Answers, table: NodeTable, order: Ints) -> None:
        self._table = table
        self._order = order
        self._static = _Plugins(answers, table, Reads.LABELS, Reads.TAINTS)
        self._dynamic = _Plugins(answers, table, Reads.NODE)
        self._seen = len(table.journal)
        self._seen_taints = len(table.taint_journal)
        everything = NodeView(table)
        self._static_passing = passes(self._static.filters, everything)
        self._static_total = self._static.total(everything)
        self.passing = np.empty(len(table), dtype=np.bool_)
        self.total = np.empty(len(table), dtype=np.int64)
        """The weighted sum; of no meaning where `passing` is false."""
        self._update_all()

    def update(self) -> None:
        """Takes in what changed since the last time."""
        taints, journal = self._table.taint_journal, self._table.journal
        changed: Sequence[int] = journal[self._seen :]
        if not changed:
            return
        retainted = taints[self._seen_taints :]  # they are among the changed
        self._seen, self._seen_taints = len(journal), len(taints)
        if len(changed) > 1:
            changed = list(dict.fromkeys(changed))
        if len(changed) <= FEW:
            for node in retainted:
                self._update_static(node)
            for node in changed:
                self._update_one(node)
        elif retainted:
            everything = NodeView(self._table)
            self._static_passing = passes(self._static.filters, everything)
            self._static_total = self._static.total(everything)
            self._update_all()
        elif len(changed) * MANY < len(self._table):
            self._update_rows(np.array(changed, dtype=np.int64))
        else:
            self._update_all()

    def is_kept_from(self, node: int) -> bool:
        """Whether at the last update a node was out for its labels or taints, whatever its room."""
        return not self._static_passing.item(node)

    def lacks_room(self, node: int) -> bool:
        """Whether at the last update a node was out for what is used of it, and for nothing else."""
        return self._static_passing.item(node) and not self.passing.item(node)

    def _update_static(self, node: int) -> None:
        total = self._static.total_of(node)
        self._static_passing[node] = total is not None
        if total is not None:
            self._static_total[node] = total

    def _update_one(self, node: int) -> None:
        total = self._dynamic.total_of(node) if self._static_passing.item(node) else None
        passing = total is not None
        if total is not None:
            self.total[node] = self._static_total.item(node) + total
        if passing is not self.passing.item(node):
            self.passing[node] = passing
            self._list()

    def _update_rows(self, rows: Ints) -> None:
        view = NodeView(self._table, rows)
        passing = self._static_passing[rows] & passes(self._dynamic.filters, view)
        self.total[rows] = self._static_total[rows] + self._dynamic.total(view)
        if (passing != self.passing[rows]).any():
            self.passing[rows] = passing
            self._list()

    def _update_all(self) -> None:
        view = NodeView(self._table)
        self.passing = self._static_passing & passes(self._dynamic.filters, view)
        self.total = self._static_total + self._dynamic.total(view)
        self._list()

    def _list(self) -> None:
        self.positions = np.flatnonzero(self.passing[self._order])
        """Where in the scheduler's list the passing nodes are, ascending."""
        self.listed = self._order[self.positions]
        """The passing nodes, in the order of the scheduler's list."""


class _Plugins:
    """The filters and scores among some answers that read certain things."""

    def __init__(self, answers: Answers, table: NodeTable, *reads: Reads) -> None:
        self._table = table
        self._columns = [table.taint_set, table.unschedulable]
        """What they read that may change, and is always there."""
        self._host_ports: Mapping[tuple[int, str], Mapping[str, Ints]] = {}
        if Reads.NODE in reads:
            self._columns += [*table.columns["used"].values(), *table.columns["scored"].values(), table.used_pods]
            self._host_ports = table.host_ports
        self._known: dict[tuple[int, ...], int | None] = {}
        """By a node and what its columns said, what came out."""
        self.filters: list[Filter] = answers.filters_that_read(*reads)
        self._scores: list[tuple[Score, int]] = answers.scores_that_read(*reads)

    def total(self, nodes: NodeView) -> Ints:
        """The weighted sum of the scores, one entry a row."""
        total = np.zeros(len(nodes), dtype=np.int64)
        for score, weight in self._scores:
            total += weight * score(nodes)
        return total

    def total_of(self, node: int) -> int | None:
        """The weighted sum of a single node's scores; None where it does not pass all the filters.

        As pods of one kind come and go, a node is again and again what it was before, and nobody is asked.
        """
        columns = self._columns
        if self._host_ports:
            columns = [*columns, *(taken for by_ip in self._host_ports.values() for taken in by_ip.values())]
        key, known = (node, *[column.item(node) for column in columns]), self._known
        if key not in known:
            if len(known) == KEPT:
                known.clear()
            known[key] = self._ask(NodeInfo(self._table, node))
        return known[key]

    def _ask(self, info: NodeInfo) -> int | None:
        for filter_ in self.filters:
            for _, rejected in filter_(info):
                if rejected:
                    return None
        total = 0
        for score, weight in self._scores:
            total += weight * int(score(info))
        return total

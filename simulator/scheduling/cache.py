"""What the plugins say about nodes one by one, kept up to date from the journals of what changed."""

from collections.abc import Sequence

import numpy as np

from simulator.scheduling.framework import Answers, Filter, Reads, Score, passes
from simulator.scheduling.views import NodeView, OneNode
from simulator.state.nodes import Ints, NodeTable

FEW = 8
"""Up to so many changed nodes are worked out one by one: an array costs more than a handful of numbers."""
MANY = 8
"""Above one changed node in so many, all are worked out anew, which costs less than picking rows."""


class Kept:
    """For every node, whether it passes the filters that look at it alone, and the sum of the scores that do.

    `order` is the scheduler's list of nodes. Shared by all templates of one kin.
    """

    def __init__(self, answers: Answers, table: NodeTable, order: Ints) -> None:
        self._table = table
        self._order = order
        self._quiet = _Part(answers, Reads.LABELS, Reads.TAINTS)
        self._lively = _Part(answers, Reads.NODE)
        self._seen = len(table.journal)
        self._seen_taints = len(table.taint_journal)
        everything = NodeView(table)
        self._quiet_passing = passes(self._quiet.filters, everything)
        self._quiet_total = self._quiet.total(everything)
        self.passing = np.empty(len(table), dtype=np.bool_)
        self.total = np.empty(len(table), dtype=np.int64)
        """The weighted sum; of no meaning where `passing` is false."""
        self._update_all()

    def update(self) -> None:
        """Takes in what changed since the last time."""
        taints, journal = self._table.taint_journal, self._table.journal
        if self._seen_taints != len(taints):
            everything = NodeView(self._table)
            self._seen_taints = len(taints)
            self._quiet_passing = passes(self._quiet.filters, everything)
            self._quiet_total = self._quiet.total(everything)
            self._seen = len(journal)
            self._update_all()
        elif self._seen != len(journal):
            changed: Sequence[int] = journal[self._seen :]
            self._seen = len(journal)
            if len(changed) > 1:
                changed = list(dict.fromkeys(changed))
            if len(changed) <= FEW:
                for node in changed:
                    self._update_one(node)
            elif len(changed) * MANY < len(self._table):
                self._update_rows(np.array(changed, dtype=np.int64))
            else:
                self._update_all()

    def _update_one(self, node: int) -> None:
        passing = self._quiet_passing.item(node)
        if passing:
            view = OneNode(self._table, node)
            passing = self._lively.passes_one(view)
            if passing:
                self.total[node] = self._quiet_total.item(node) + self._lively.total_of_one(view)
        if passing is not self.passing.item(node):
            self.passing[node] = passing
            self._list()

    def _update_rows(self, rows: Ints) -> None:
        view = NodeView(self._table, rows)
        passing = self._quiet_passing[rows] & passes(self._lively.filters, view)
        self.total[rows] = self._quiet_total[rows] + self._lively.total(view)
        if (passing != self.passing[rows]).any():
            self.passing[rows] = passing
            self._list()

    def _update_all(self) -> None:
        view = NodeView(self._table)
        self.passing = self._quiet_passing & passes(self._lively.filters, view)
        self.total = self._quiet_total + self._lively.total(view)
        self._list()

    def _list(self) -> None:
        self.positions = np.flatnonzero(self.passing[self._order])
        """Where in the scheduler's list the passing nodes are, ascending."""
        self.listed = self._order[self.positions]
        """Those nodes, in that order."""


class _Part:
    """The answers that read the same."""

    def __init__(self, answers: Answers, *reads: Reads) -> None:
        self.filters: list[Filter] = answers.filters_that_read(*reads)
        self._scores: list[tuple[Score, int]] = answers.scores_that_read(*reads)

    def total(self, nodes: NodeView) -> Ints:
        """The weighted sum of the scores."""
        total = np.zeros(len(nodes), dtype=np.int64)
        for score, weight in self._scores:
            total += weight * score(nodes)
        return total

    def passes_one(self, node: NodeView) -> bool:
        """The same for a single node."""
        for filter_ in self.filters:
            for _, rejected in filter_(node):
                if rejected:
                    return False
        return True

    def total_of_one(self, node: NodeView) -> int:
        """The same for a single node."""
        total = 0
        for score, weight in self._scores:
            total += weight * int(score(node))
        return total

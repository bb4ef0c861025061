"""The scheduling framework: what a plugin is, and how filters and scores make a choice.

Source: pkg/scheduler/schedule_one.go, pkg/scheduler/framework. A plugin is asked once about all pod templates of equal
signature (`answers.py`; as in `PreFilter` and `PreScore`); it answers with a function over columns of nodes, or with
None where it has nothing to say. What answers say that depend on a node's own columns only is kept (`cache.py`), and
worked out again only for the nodes that changed.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from models.arrays import Bools, Ints
from simulator.scheduling.views import ClusterView, DryRun, NodeView, PodView
from simulator.state.objects import PodClass

Filter = Callable[[NodeView], Iterable[tuple[str, Bools]]]
"""(reason in Kubernetes' words, which of the rows are rejected for it), for each reason there may be.

A row has as many reasons as upstream's Filter returns for a node: mostly one, see `one_reason_each`.
"""
Helps = Callable[[PodClass], bool]
"""Whether a pod of this template may help one that fits nowhere, by coming or going."""
PreFilter = Callable[[], str]
"""Why no node will do, in Kubernetes' words, as things are now; "" if some may."""
Score = Callable[[NodeView], Ints | int]
"""A score of 0-100 for each row, all of them feasible, or one for all; higher is better."""


class Reads(Enum):
    """What an answer about a node depends on.

    Where it is only on the node itself, the answer is also asked about single nodes (`NodeInfo`). A plugin is written
    over columns all the same: it combines them by operators and by the view's `minimum`, `sqrt` and `whole`.
    """

    LABELS = "labels"
    """The node's name, labels and images: they never change during a run."""
    TAINTS = "taints"
    """The node's name, labels, images and taints, and whether it is cordoned."""
    NODE = "node"
    """All columns of the node itself."""
    CLUSTER = "cluster"
    """Other nodes, or where pods are, too. Such answers are not kept."""


@runtime_checkable
class FilterPlugin(Protocol):
    """Rules nodes out."""

    filter_reads: ClassVar[Reads]

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        """Called once a signature. None: every node passes, always."""
        ...

    def signature(self, pod: PodView) -> Hashable:
        """All of the pod that answers of any kind depend on: templates with equal signatures share them.

        None: they are shared with no other template.
        """
        ...


@runtime_checkable
class PreFilterPlugin(Protocol):
    """A filter that may know without looking at any node."""

    def pre_filter(self, pod: PodView, cluster: ClusterView) -> PreFilter | None:
        """Called once a signature. None: nothing of the kind, ever."""
        ...


@runtime_checkable
class EnqueueExtensions(Protocol):
    """A filter that says what may help the pods that it rejects; called once a signature.

    Pods that a filter rejects which reads the cluster and does not say are tried whenever a pod is gone or a node's
    taints change.
    """

    def helped_by(self, pod: PodView, cluster: ClusterView) -> Sequence[Helps]:
        """Which pods may help as they come or are about to go: those that it counts."""
        ...

    def helped_by_absence(self, pod: PodView, cluster: ClusterView) -> Sequence[Helps]:
        """Which pods may help once they are gone, but by their room on the node."""
        ...

    def counts_by_taints(self, pod: PodView) -> bool:
        """Whether it is also by their taints that nodes count, so that a new taint may help."""
        ...


@runtime_checkable
class ScorePlugin(Protocol):
    """Prefers nodes."""

    score_reads: ClassVar[Reads]
    """CLUSTER, if the score is normalised over the feasible nodes."""

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        """Called once a signature. None: all nodes are equal to it, always."""
        ...

    def signature(self, pod: PodView) -> Hashable:
        """All of the pod that answers of any kind depend on: templates with equal signatures share them.

        None: they are shared with no other template.
        """
        ...


@runtime_checkable
class PostFilterPlugin(Protocol):
    """Makes room for a pod that no node can take."""

    def post_filter(self, pod: PodView, dry_run: DryRun) -> tuple[int, Sequence[int]] | None:
        """(the node to make room on, uids of the pods that have to go); None: there is no way."""
        ...


@dataclass(frozen=True)
class Roles:
    """A plugin as each of the things that a profile has it do; None for what it does not."""

    plugin: FilterPlugin | ScorePlugin
    filter: FilterPlugin | None
    pre_filter: PreFilterPlugin | None
    enqueue_extension: EnqueueExtensions | None
    score: tuple[ScorePlugin, int] | None
    """With its weight."""


@dataclass(frozen=True)
class Profile:
    """The plugins in the order of asking, and the weights of their scores."""

    filters: tuple[FilterPlugin, ...]
    scores: tuple[tuple[ScorePlugin, int], ...]
    post_filters: tuple[PostFilterPlugin, ...] = ()
    percentage_of_nodes_to_score: int = 0
    """0: Kubernetes' own choice, by the number of nodes."""
    ties: str = "random"
    """Which of the best nodes is taken: "random" or "first"."""

    @cached_property
    def roles(self) -> "tuple[Roles, ...]":
        """All that filter or score, the filters first. Found out once: to ask what an object can do takes long."""
        plugins: list[FilterPlugin | ScorePlugin] = [
            *self.filters,
            *(scorer for scorer, weight in self.scores if weight),
        ]
        return tuple(self._roles_of(plugin) for i, plugin in enumerate(plugins) if plugin not in plugins[:i])

    def _roles_of(self, plugin: FilterPlugin | ScorePlugin) -> Roles:
        filter_ = next((each for each in self.filters if each == plugin), None)
        return Roles(
            plugin,
            filter_,
            filter_ if isinstance(filter_, PreFilterPlugin) else None,
            filter_ if isinstance(filter_, EnqueueExtensions) else None,
            next(((scorer, weight) for scorer, weight in self.scores if weight and scorer == plugin), None),
        )


def name_of(plugin: object) -> str:
    """The name that a plugin is known by."""
    return type(plugin).__name__


def passes(filters: Sequence[Filter], nodes: NodeView) -> Bools:
    """Which of the rows pass all the filters."""
    passing = np.ones(len(nodes), dtype=np.bool_)
    for filter_ in filters:
        for _, rejected in filter_(nodes):
            passing &= ~rejected
    return passing


def one_reason_each(verdicts: Sequence[tuple[str, Bools]]) -> Sequence[tuple[str, Bools]]:
    """Each row rejected for the first reason that holds, as by a Filter that returns at its first failing check."""
    if len(verdicts) < 2:
        return verdicts
    first = dict(verdicts[:1])
    rejected = verdicts[0][1]
    for reason, here in verdicts[1:]:
        newly = here & ~rejected
        first[reason] = first[reason] | newly if reason in first else newly
        rejected = rejected | here
    return list(first.items())


def nodes_to_find(nodes: int, percentage: int) -> int:
    """After how many feasible nodes the search stops (schedule_one.go, numFeasibleNodesToFind)."""
    if nodes < 100:
        return nodes
    percentage = percentage or max(5, 50 - nodes // 125)
    return min(nodes, max(100, nodes * percentage // 100))

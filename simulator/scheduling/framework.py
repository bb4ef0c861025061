"""The scheduling framework: what a plugin is, and how filters and scores make a choice.

Source: pkg/scheduler/schedule_one.go, pkg/scheduler/framework. A plugin is asked once a pod template (as in `PreFilter`
and `PreScore`); it answers with a function over columns of nodes, or with None where it has nothing to say. Answers
that depend on a node's own columns only are kept (`cache.py`), shared by all templates of equal signature, and worked
out again only for the nodes that changed.
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
        """Called once a pod template. None: every node passes, always."""
        ...

    def signature(self, pod: PodView) -> Hashable:
        """All of the pod that answers depend on: templates with equal signatures share them."""
        ...


@runtime_checkable
class PreFilterPlugin(Protocol):
    """A filter that may know without looking at any node."""

    def pre_filter(self, pod: PodView, cluster: ClusterView) -> PreFilter | None:
        """Called once a pod template. None: nothing of the kind, ever."""
        ...


@runtime_checkable
class EnqueueExtensions(Protocol):
    """A filter that says what may help the pods that it rejects.

    Pods that a filter rejects which reads the cluster and does not say are tried whenever a pod is gone or a node's
    taints change.
    """

    def helped_by(self, pod: PodView, cluster: ClusterView) -> Sequence[Helps]:
        """Which pods may help as they come or are about to go: those that it counts. Called once a template."""
        ...

    def helped_by_absence(self, pod: PodView, cluster: ClusterView) -> Sequence[Helps]:
        """Which pods may help once they are gone, but by their room on the node. Called once a template."""
        ...

    def counts_by_taints(self, pod: PodView) -> bool:
        """Whether it is also by their taints that nodes count, so that a new taint may help. Called once a template."""
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


@runtime_checkable
class PostFilterPlugin(Protocol):
    """Makes room for a pod that no node can take."""

    def post_filter(self, pod: PodView, dry_run: DryRun) -> tuple[int, Sequence[int]] | None:
        """(the node to make room on, uids of the pods that have to go); None: there is no way."""
        ...


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

    # Found out once: to ask what an object can do takes longer than to call it.

    @cached_property
    def pre_filters(self) -> tuple[PreFilterPlugin, ...]:
        """Those of the filters that may know without looking at any node."""
        return tuple(plugin for plugin in self.filters if isinstance(plugin, PreFilterPlugin))

    @cached_property
    def enqueue_extensions(self) -> tuple[EnqueueExtensions | None, ...]:
        """Each of the filters, if it says what may help the pods that it rejects."""
        return tuple(plugin if isinstance(plugin, EnqueueExtensions) else None for plugin in self.filters)


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


@dataclass
class Answers:
    """What the plugins answered for one pod template."""

    pre_filters: list[PreFilter]
    filters: list[tuple[Reads, Filter]]
    scores: list[tuple[str, int, Reads, Score]]
    """(plugin, weight, what it reads, score)."""
    signature: Hashable
    """Equal for templates whose answers about single nodes are equal."""
    helped_by: Sequence[Helps]
    """Which pods may help where no node was feasible, as they come or are about to go: any for which one holds."""
    helped_by_absence: Sequence[Helps]
    """Which pods may help once they are gone, but by their room."""
    counts_by_taints: bool
    """Whether new taints on a node that it was not kept from may help."""

    @property
    def depends_on_pods(self) -> bool:
        """Whether pods that come or are about to go may help at all."""
        return bool(self.helped_by)

    def is_helped_by(self, pod_class: PodClass) -> bool:
        """Whether a pod of this template may help, as it comes or is about to go."""
        return any(helps(pod_class) for helps in self.helped_by)

    def is_helped_by_absence(self, pod_class: PodClass) -> bool:
        """Whether a pod of this template may help once it is gone, but by its room."""
        return any(helps(pod_class) for helps in self.helped_by_absence)

    def refusal(self) -> str:
        """Why no node will do, whatever the filters say; "" if some may."""
        for pre_filter in self.pre_filters:
            if reason := pre_filter():
                return reason
        return ""

    def filters_that_read(self, *what: Reads) -> list[Filter]:
        """The filters that depend on any of these."""
        return [filter_ for reads, filter_ in self.filters if reads in what]

    def scores_that_read(self, *what: Reads) -> list[tuple[Score, int]]:
        """(score, weight) of the scores that depend on any of these."""
        return [(score, weight) for _, weight, reads, score in self.scores if reads in what]


def ask(profile: Profile, pod: PodView, cluster: ClusterView) -> Answers:
    """Asks every plugin about a pod template."""
    filters, scores = [], []
    signature: list[Hashable] = []
    helped_by: list[Helps] = []
    helped_by_absence: list[Helps] = []
    counts_by_taints = False
    for plugin, extension in zip(profile.filters, profile.enqueue_extensions, strict=True):
        filter_ = plugin.filter(pod, cluster)
        if filter_ is not None:
            filters.append((plugin.filter_reads, filter_))
            if extension is not None:
                helped_by += extension.helped_by(pod, cluster)
                helped_by_absence += extension.helped_by_absence(pod, cluster)
                counts_by_taints |= extension.counts_by_taints(pod)
            elif plugin.filter_reads is Reads.CLUSTER:
                helped_by_absence.append(lambda other: True)
                counts_by_taints = True
            if plugin.filter_reads is not Reads.CLUSTER:
                signature.append(("filter", plugin, plugin.signature(pod)))
    for scorer, weight in profile.scores:
        score = scorer.score(pod, cluster) if weight else None
        if score is not None:
            scores.append((name_of(scorer), weight, scorer.score_reads, score))
            if scorer.score_reads is not Reads.CLUSTER:
                signature.append(("score", scorer, weight, scorer.signature(pod)))
    asked = [plugin.pre_filter(pod, cluster) for plugin in profile.pre_filters]
    pre_filters = [pre_filter for pre_filter in asked if pre_filter is not None]
    return Answers(pre_filters, filters, scores, tuple(signature), helped_by, helped_by_absence, counts_by_taints)

"""What would be if some pods were not there, or others were: asked by really taking them off the books for a moment."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from simulator.scheduling.choosing import Chooser, Prepared
from simulator.scheduling.counts import PodCounts
from simulator.scheduling.ties import Ties
from simulator.scheduling.views import RunningPod
from simulator.state.cluster import ClusterState
from simulator.state.objects import BudgetState, PodClass, PodState


class Books:
    """The columns and the counts, with pods entered or struck off for as long as a `with` lasts."""

    def __init__(self, state: ClusterState, counts: PodCounts) -> None:
        self._nodes = state.nodes
        self._counts = counts

    @contextmanager
    def without(self, pods: Iterable[PodState]) -> Iterator[None]:
        """As if these pods were not on their nodes."""
        struck = list(pods)
        for pod in struck:
            self._nodes.use(pod.node, pod.pod_class, -1)
            self._counts.leave(pod)
        yield
        for pod in struck:
            self._nodes.use(pod.node, pod.pod_class, 1)
            self._counts.come_back(pod)

    @contextmanager
    def having(self, node: int, pod_classes: Iterable[PodClass]) -> Iterator[None]:
        """As if pods of these templates were on the node."""
        entered = list(pod_classes)
        for pod_class in entered:
            self._nodes.use(node, pod_class, 1)
            self._counts.arrive(pod_class, node)
        yield
        for pod_class in entered:
            self._nodes.use(node, pod_class, -1)
            self._counts.depart(pod_class, node)


class Eviction:
    """What a post-filter plugin may ask about one pod that fits nowhere (a `WhatIf`)."""

    def __init__(
        self, pod: PodState, prepared: Prepared, state: ClusterState, chooser: Chooser, books: Books, ties: Ties
    ) -> None:
        self._pod = pod
        self._prepared = prepared
        self._state = state
        self._chooser = chooser
        self._books = books
        self._ties = ties
        self._budgets: dict[PodClass, tuple[BudgetState, ...]] = {}

    @property
    def allowed(self) -> Mapping[str, int]:
        """By budget ("namespace/name"), how many disruptions it allows."""
        return {_name(budget): budget.allowed for budget in self._state.workloads.of(BudgetState)}

    def candidates(self) -> Sequence[int]:
        """The nodes where fewer pods may help, from one that is drawn on."""
        nodes = self._chooser.resolvable(self._prepared)
        if self._pod.only_node is not None:
            nodes = [node for node in nodes if node == self._pod.only_node]
        if len(nodes) < 2:
            return nodes
        first = nodes.index(self._ties.choose(np.array(nodes)))
        return [*nodes[first:], *nodes[:first]]

    def pods_on(self, node: int) -> Sequence[RunningPod]:
        """The pods there, in order of arrival."""
        return [
            RunningPod(pod.uid, pod.pod_class.spec.priority, pod.start_time or 0.0, self._counting(pod))
            for pod in self._state.nodes.running[node].values()
        ]

    def _counting(self, pod: PodState) -> tuple[str, ...]:
        """The budgets that a disruption of the pod would come out of; the scheduler ignores those without selector."""
        pod_class = pod.pod_class
        if pod_class not in self._budgets:
            self._budgets[pod_class] = tuple(
                budget
                for budget in self._state.workloads.of(BudgetState)
                if budget.spec.selector is not None
                and budget.spec.selector.requirements
                and budget.spec.selects(pod_class.namespace, pod_class.labels)
            )
        return tuple(_name(b) for b in self._budgets[pod_class] if pod.uid not in b.disrupted)

    def fits_without(self, node: int, uids: Collection[int]) -> bool:
        """Whether the pod would pass all filters there without these pods."""
        with self._books.without(self._state.pods[uid] for uid in uids):
            return self._chooser.fits(self._prepared, node)


def _name(budget: BudgetState) -> str:
    return f"{budget.spec.namespace}/{budget.spec.name}"

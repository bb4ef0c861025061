"""How many pods of a kind lie on each node and in each domain, kept up to date as pods come and go."""

from collections import defaultdict

import numpy as np

from models.labels import LabelSelector, Operator
from simulator.log import Kind
from simulator.nodes import Ints, NodeTable
from simulator.objects import Phase, PodClass, PodState
from simulator.state import ClusterState

_Label = tuple[str, str]


class PodCount:
    """Pods that match a selector, assigned to a node and not being deleted, by domain of one topology key.

    `domain` is each node's domain (-1: the node lacks the label), `by_domain` and `by_node` the counts.
    """

    def __init__(self, namespace: str, selector: LabelSelector, domain: Ints) -> None:
        self.namespace = namespace
        self.selector = selector
        self.domain = domain
        self.by_domain = np.zeros(int(domain.max(initial=-1)) + 1, dtype=np.int64)
        self.by_node = np.zeros(len(domain), dtype=np.int64)

    def matches(self, pod_class: PodClass) -> bool:
        """Whether pods of this class are counted."""
        return pod_class.namespace == self.namespace and self.selector.matches(pod_class.labels)

    def add(self, node: int, number: int) -> None:
        """`number` more (or fewer) pods on `node`."""
        self.by_node[node] += number
        domain = self.domain[node]
        if domain >= 0:
            self.by_domain[domain] += number


def _domains(table: NodeTable, topology_key: str) -> Ints:
    """Each node's domain of `topology_key`, numbered in order of first appearance; -1 without the label."""
    values = [labels.get(topology_key) for labels in table.labels]
    numbers = {value: i for i, value in enumerate(dict.fromkeys(v for v in values if v is not None))}
    return np.array([-1 if value is None else numbers[value] for value in values], dtype=np.int64)


class PodCounts:
    """All counts that some plugin asked for, and where the pods of every template are."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        self._counts: dict[tuple[str, LabelSelector, str], PodCount] = {}
        self._domains: dict[str, Ints] = {}
        self._counts_by_label: defaultdict[_Label | None, list[PodCount]] = defaultdict(list)
        self._classes_by_label: defaultdict[_Label | None, list[PodClass]] = defaultdict(list)
        self._counting: dict[PodClass, list[PodCount]] = {}
        self._placed: dict[PodClass, dict[int, int]] = {}
        """Per template and node, how many pods."""
        state.listen(Kind.POD_NODE, lambda pod, node, cause: self._moved(pod, 1))
        state.listen(Kind.POD_DELETING, lambda pod, new, cause: self._left(pod))
        state.listen(Kind.POD_PHASE, self._phase_changed)

    def of(self, namespace: str, selector: LabelSelector, topology_key: str) -> PodCount:
        """The count for these three; made at the first question."""
        key = (namespace, selector, topology_key)
        count = self._counts.get(key)
        if count is None:
            if topology_key not in self._domains:
                self._domains[topology_key] = _domains(self._state.nodes, topology_key)
            count = self._counts[key] = PodCount(namespace, selector, self._domains[topology_key])
            label = _asked_for(selector)
            self._counts_by_label[label].append(count)
            for pod_class in self._classes_by_label[label]:
                if count.matches(pod_class):
                    self._counting[pod_class].append(count)
                    for node, number in self._placed[pod_class].items():
                        count.add(node, number)
        return count

    def _left(self, pod: PodState) -> None:
        if pod.phase is not Phase.FAILED:
            self._moved(pod, -1)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if phase == Phase.FAILED and not pod.deleting:
            self._moved(pod, -1)

    def _moved(self, pod: PodState, number: int) -> None:
        node = pod.node
        if node < 0:
            return
        pod_class = pod.pod_class
        counting = self._counting.get(pod_class)
        if counting is None:
            counting = self._meet(pod_class)
        placed = self._placed[pod_class]
        placed[node] = placed.get(node, 0) + number
        for count in counting:
            count.add(node, number)

    def _meet(self, pod_class: PodClass) -> list[PodCount]:
        """A pod of a new template: which counts include it."""
        counting: list[PodCount] = []
        for label in (*pod_class.labels.items(), None):
            self._classes_by_label[label].append(pod_class)
            counting += [count for count in self._counts_by_label[label] if count.matches(pod_class)]
        self._counting[pod_class] = counting
        self._placed[pod_class] = {}
        return counting


def _asked_for(selector: LabelSelector) -> _Label | None:
    """A label that all matching pods carry, if the selector names one: only templates with it need be looked at."""
    for requirement in selector.requirements:
        if requirement.operator is Operator.IN and len(requirement.values) == 1:
            return requirement.key, requirement.values[0]
    return None

"""How many pods of a kind lie on each node and in each domain, kept up to date as pods come and go."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from models.arrays import Ints
from models.labels import LabelSelector, Operator
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.nodes import NodeTable
from simulator.state.objects import Phase, PodClass, PodState
from simulator.state.objects.affinity import AffinityTerm

_Label = tuple[str, str]
_Placed = dict[PodClass, dict[int, int]]

Carried = tuple[str, int, AffinityTerm]
"""An affinity term that some pods carry: "required", "anti_required" or "preferred", its weight, the term."""


class PodCount:
    """Pods of a kind that are assigned to a node, by node and by domain of one topology key.

    `domain` is each node's domain (-1: the node lacks the label), `by_domain` and `by_node` the counts.
    """

    def __init__(self, matches: Callable[[PodClass], bool], domain: Ints) -> None:
        self.matches = matches
        """Whether pods of this class are counted."""
        self.domain = domain
        self.by_domain = np.zeros(int(domain.max(initial=-1)) + 1, dtype=np.int64)
        # Domains are numbered as they appear: where each node is one (host names), both are the same array.
        own = len(self.by_domain) == len(domain)
        self.by_node: npt.NDArray[np.integer] = self.by_domain if own else np.zeros(len(domain), dtype=np.int32)
        self.total = 0
        """How many of the pods are on nodes that have a domain."""

    def add(self, node: int, number: int) -> None:
        """`number` more (or fewer) pods on `node`."""
        domain = self.domain.item(node)
        if domain >= 0:
            self.by_domain[domain] = self.by_domain.item(domain) + number
            self.total += number
        if self.by_node is not self.by_domain:
            self.by_node[node] = self.by_node.item(node) + number


def _domains(table: NodeTable, topology_key: str) -> Ints:
    """Each node's domain of `topology_key`, numbered in order of first appearance; -1 without the label."""
    values = [labels.get(topology_key) for labels in table.labels]
    numbers = {value: i for i, value in enumerate(dict.fromkeys(v for v in values if v is not None))}
    return np.array([-1 if value is None else numbers[value] for value in values], dtype=np.int64)


class _Counts:
    """Counts over one notion of "being there", and where the pods of every template are."""

    def __init__(self) -> None:
        self._counts: dict[Hashable, PodCount] = {}
        self._counts_by_label: defaultdict[_Label | None, list[PodCount]] = defaultdict(list)
        self._classes_by_label: defaultdict[_Label | None, list[PodClass]] = defaultdict(list)
        self._counting: dict[PodClass, list[PodCount]] = {}
        self._placed: _Placed = {}
        """Per template and node, how many pods."""

    def of(self, key: Hashable, labels: Sequence[_Label], make: Callable[[], PodCount]) -> PodCount:
        """The count known as `key`; made at the first question. All that it counts carry these labels."""
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = make()
            # By the rarest of them (mostly pod-template-hash), so that releases need not be held against each other.
            label = min(labels, key=lambda label: len(self._classes_by_label.get(label, ())), default=None)
            self._counts_by_label[label].append(count)
            for pod_class in self._classes_by_label[label]:
                if count.matches(pod_class):
                    self._counting[pod_class].append(count)
                    for node, number in self._placed[pod_class].items():
                        count.add(node, number)
        return count

    def move(self, pod_class: PodClass, node: int, number: int) -> None:
        """`number` more (or fewer) pods of this template on `node`."""
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


class PodCounts:
    """All counts that some plugin asked for.

    Topology spread counts pods that are not being deleted; affinity counts all that exist and are not terminal.
    """

    def __init__(self, state: ClusterState) -> None:
        self._nodes = state.nodes
        self._domains: dict[str, Ints] = {}
        self._staying = _Counts()
        self._present = _Counts()
        self._terminal: set[int] = set()
        """Failed pods that still exist."""
        self._carried: dict[PodClass, frozenset[Carried]] = {}
        self.carried: list[Carried] = []
        """The affinity terms of all pods that were ever bound, in order of appearance."""
        self._known: set[Carried] = set()
        state.listen(Kind.POD_NODE, lambda pod, node, cause: self.arrive(pod.pod_class, node))
        state.listen(Kind.POD_DELETING, lambda pod, new, cause: self._leaves(pod))
        state.listen(Kind.POD_PHASE, self._phase_changed)
        state.listen(Kind.POD_METADATA, self._metadata_changes)

    def nodes_changed(self, pods: Iterable[PodState]) -> None:
        """Nodes came or went: all counts are made anew, of these pods, when they are next asked for."""
        self._domains.clear()
        self._staying, self._present = _Counts(), _Counts()
        for pod in pods:
            if pod.node >= 0 and pod.uid not in self._terminal:
                self._terms_of(pod.pod_class)
                self.come_back(pod)

    def of(self, namespace: str, selector: LabelSelector, topology_key: str) -> PodCount:
        """Pods of a namespace that match a selector and are not being deleted."""

        def matches(pod_class: PodClass) -> bool:
            return pod_class.namespace == namespace and selector.matches(pod_class.labels)

        domain = self._domain(topology_key)
        key = (namespace, selector, topology_key)
        return self._staying.of(key, _asked_for(selector), lambda: PodCount(matches, domain))

    def matching(self, terms: tuple[AffinityTerm, ...], topology_key: str) -> PodCount:
        """Pods that match all of some affinity terms (at least one)."""

        def matches(pod_class: PodClass) -> bool:
            return all(term.matches(pod_class.namespace, pod_class.labels) for term in terms)

        labels = [label for term in terms if term.selector is not None for label in _asked_for(term.selector)]
        domain = self._domain(topology_key)
        return self._present.of((terms, topology_key), labels, lambda: PodCount(matches, domain))

    def carrying(self, carried: Carried) -> PodCount:
        """Pods that carry an affinity term themselves."""
        domain = self._domain(carried[2].topology_key)
        return self._present.of(
            carried, (), lambda: PodCount(lambda pod_class: carried in self._terms_of(pod_class), domain)
        )

    def arrive(self, pod_class: PodClass, node: int) -> None:
        """A pod of this template is on `node`."""
        if pod_class not in self._carried:
            self._terms_of(pod_class)
        self._staying.move(pod_class, node, 1)
        self._present.move(pod_class, node, 1)

    def depart(self, pod_class: PodClass, node: int) -> None:
        """One pod of this template fewer is on `node`."""
        self._staying.move(pod_class, node, -1)
        self._present.move(pod_class, node, -1)

    def _leaves(self, pod: PodState) -> None:
        """One that was over before has left already, and may be gone by now."""
        if pod.node >= 0 and pod.phase in (Phase.PENDING, Phase.RUNNING):
            self._staying.move(pod.pod_class, pod.node, -1)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if pod.node < 0 or phase == Phase.RUNNING or phase == Phase.PENDING:
            return
        if phase == Phase.ABSENT and pod.uid in self._terminal:
            self._terminal.discard(pod.uid)
            return
        if phase != Phase.ABSENT:
            self._terminal.add(pod.uid)
        self.leave(pod)

    def _metadata_changes(self, pod: PodState, changed: int, cause: int) -> None:
        if pod.node < 0 or pod.uid in self._terminal:
            return
        if changed:
            self._terms_of(pod.pod_class)
            self.come_back(pod)
        else:
            self.leave(pod)

    def leave(self, pod: PodState) -> None:
        """The pod is on its node no more."""
        self._present.move(pod.pod_class, pod.node, -1)
        if not pod.deleting:
            self._staying.move(pod.pod_class, pod.node, -1)

    def come_back(self, pod: PodState) -> None:
        """The pod is on its node again: undoes `leave`."""
        self._present.move(pod.pod_class, pod.node, 1)
        if not pod.deleting:
            self._staying.move(pod.pod_class, pod.node, 1)

    def _domain(self, topology_key: str) -> Ints:
        domain = self._domains.get(topology_key)
        if domain is None:
            domain = self._domains[topology_key] = _domains(self._nodes, topology_key)
        return domain

    def _terms_of(self, pod_class: PodClass) -> frozenset[Carried]:
        carried = self._carried.get(pod_class)
        if carried is None:
            affinity = pod_class.affinity
            terms: list[Carried] = [
                *(("required", 0, term) for term in affinity.required),
                *(("anti_required", 0, term) for term in affinity.anti_required),
                *(("preferred", weight, term) for weight, term in affinity.preferred),
            ]
            carried = self._carried[pod_class] = frozenset(terms)
            self.carried += [term for term in terms if term not in self._known]
            self._known |= carried
        return carried


def _asked_for(selector: LabelSelector) -> list[_Label]:
    """The labels that all matching pods carry, by name and value: only templates with them need be looked at."""
    return [
        (requirement.key, requirement.values[0])
        for requirement in selector.requirements
        if requirement.operator is Operator.IN and len(requirement.values) == 1
    ]

"""InterPodAffinity: pods that must, would rather or must not be near others."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from models.arrays import Bools, Ints
from simulator.registry import register
from simulator.scheduling.framework import Filter, Helps, Reads, Score, one_reason_each
from simulator.scheduling.views import ClusterView, NodeView, PodView

if TYPE_CHECKING:
    from simulator.scheduling.counts import PodCount

_AFFINITY = "node(s) didn't match pod affinity rules"
_ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
_EXISTING = "node(s) didn't satisfy existing pods anti-affinity rules"


@register("plugin", "InterPodAffinity")
@dataclass(frozen=True)
class InterPodAffinity:
    """Required terms of the pod, and required anti-affinity of the pods there, reject; preferred terms score.

    Existing pods' preferred terms that match the pod score too, and their required affinity with
    `hard_pod_affinity_weight`. Pods that are being deleted still count.
    Source: pkg/scheduler/framework/plugins/interpodaffinity (filtering.go, scoring.go).
    """

    hard_pod_affinity_weight: int = 1
    ignore_preferred_terms_of_existing_pods: bool = False

    filter_reads: ClassVar[Reads] = Reads.CLUSTER
    score_reads: ClassVar[Reads] = Reads.CLUSTER

    def __post_init__(self) -> None:
        if not 0 <= self.hard_pod_affinity_weight <= 100:
            raise ValueError("hardPodAffinityWeight must be 0 to 100")

    def signature(self, pod: PodView) -> Hashable:
        return pod.namespace, frozenset(pod.labels.items()), pod.affinity

    def helped_by(self, pod: PodView, cluster: ClusterView) -> Sequence[Helps]:
        required = pod.affinity.required
        return [cluster.matching(required, required[0].topology_key).matches] if required else []

    def helped_by_absence(self, pod: PodView, cluster: ClusterView) -> Sequence[Helps]:
        # Without the last of those that it wants to be near, it may be the first of a group, and go anywhere.
        near, anti = self.helped_by(pod, cluster), pod.affinity.anti_required
        return [
            lambda other: any(term.matches(pod.namespace, pod.labels) for term in other.affinity.anti_required),
            *near,
            *(cluster.matching((term,), term.topology_key).matches for term in anti),
        ]

    def counts_by_taints(self, pod: PodView) -> bool:
        return False

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        required, anti = pod.affinity.required, pod.affinity.anti_required
        near = [cluster.matching(required, term.topology_key) for term in required]
        apart = [cluster.matching((term,), term.topology_key) for term in anti]
        self_affine = all(term.matches(pod.namespace, pod.labels) for term in required)
        existing = _Existing(pod, cluster)

        def rejects(nodes: NodeView) -> Sequence[tuple[str, Bools]]:
            verdicts: list[tuple[str, Bools]] = []
            if near:
                # The first of a group of pods that want to be together may go wherever there are the labels.
                first = self_affine and not any(count.total for count in near)
                verdicts.append((_AFFINITY, _any([_lacks(count, nodes, first) for count in near])))
            if apart:
                verdicts.append((_ANTI_AFFINITY, _any([_present(count, nodes) > 0 for count in apart])))
            theirs = [count for kind, _, count in existing.counts() if kind == "anti_required" and count.total]
            if theirs:
                verdicts.append((_EXISTING, _any([_present(count, nodes) > 0 for count in theirs])))
            return one_reason_each(verdicts)

        return rejects

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        own = [(weight, cluster.matching((term,), term.topology_key)) for weight, term in pod.affinity.preferred]
        existing = _Existing(pod, cluster)

        def score(nodes: NodeView) -> Ints | int:
            theirs = existing.counts()
            if not own and not theirs:
                return 0
            weighted = [(weight, count) for weight, count in own if count.total]
            for kind, weight, count in theirs:
                if kind == "required" and count.total:
                    weighted.append((self.hard_pod_affinity_weight, count))
                elif kind == "preferred" and count.total and not self.ignore_preferred_terms_of_existing_pods:
                    weighted.append((weight, count))
            if not weighted:
                return 0
            raw = np.zeros(len(nodes), dtype=np.int64)
            for weight, count in weighted:
                raw += weight * _present(count, nodes)
            least, most = int(raw.min()), int(raw.max())
            if least == most:
                return 0
            return np.trunc(100.0 * ((raw - least) / (most - least))).astype(np.int64)

        return score


class _Existing:
    """The terms of pods in the cluster that match this pod, and where those pods are."""

    def __init__(self, pod: PodView, cluster: ClusterView) -> None:
        self._pod = pod
        self._cluster = cluster
        self._carried = cluster.carried
        self._looked_at = 0
        self._matching: list[tuple[str, int, PodCount]] = []

    def counts(self) -> "list[tuple[str, int, PodCount]]":
        """(kind of term, weight, the pods that carry it)."""
        while self._looked_at < len(self._carried):
            kind, weight, term = carried = self._carried[self._looked_at]
            self._looked_at += 1
            if term.matches(self._pod.namespace, self._pod.labels):
                self._matching.append((kind, weight, self._cluster.carrying(carried)))
        return self._matching


def _present(count: "PodCount", nodes: NodeView) -> Ints:
    """The counted pods in each row's domain; 0 where the label is missing."""
    domain = nodes.take(count.domain)
    present: Ints = np.append(count.by_domain, 0)[domain]
    return present


def _lacks(count: "PodCount", nodes: NodeView, first: bool) -> Bools:
    """Where there is no domain, or nobody in it (who need not be there for the first)."""
    missing: Bools = nodes.take(count.domain) < 0
    return missing if first else missing | (_present(count, nodes) == 0)


def _any(verdicts: list[Bools]) -> Bools:
    rejected = verdicts[0]
    for verdict in verdicts[1:]:
        rejected = rejected | verdict
    return rejected

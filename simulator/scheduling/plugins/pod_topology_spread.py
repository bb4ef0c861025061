"""PodTopologySpread: how evenly the pods of a kind lie over domains."""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.labels import LabelSelector, Operator, Requirement
from models.node import HOSTNAME_LABEL, ZONE_LABEL, TaintEffect
from models.pod import TopologySpreadConstraint, WhenUnsatisfiable
from simulator.nodes import Bools, Ints
from simulator.registry import register
from simulator.scheduling.counts import PodCount
from simulator.scheduling.framework import Filter, Reads, Score
from simulator.scheduling.plugins.node_affinity import eligible
from simulator.views import ClusterView, NodeView, PodView

_SYSTEM_DEFAULTS = ((HOSTNAME_LABEL, 3), (ZONE_LABEL, 5))
"""(topology key, maxSkew) of the soft constraints of pods that have none of their own."""


@register("plugin", "PodTopologySpread")
@dataclass(frozen=True)
class PodTopologySpread:
    """DoNotSchedule constraints reject domains that are too full; ScheduleAnyway constraints score.

    Source: pkg/scheduler/framework/plugins/podtopologyspread (filtering.go, scoring.go). A pod without constraints of
    its own is scored by the system's defaults, over the pods that its Services and ReplicaSet select together.
    """

    filter_reads: ClassVar[Reads] = Reads.CLUSTER
    score_reads: ClassVar[Reads] = Reads.CLUSTER

    def signature(self, pod: PodView) -> Hashable:
        return None

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        hard = [
            c for c in pod.spec.topology_spread_constraints if c.when_unsatisfiable is WhenUnsatisfiable.DO_NOT_SCHEDULE
        ]
        if not hard:
            return None
        counts = [_count(pod, c, cluster) for c in hard]
        labelled = np.all([count.domain >= 0 for count in counts], axis=0)
        allowed = eligible(pod, cluster)

        def rejects(nodes: NodeView) -> list[tuple[str, Bools]]:
            skewed = np.zeros(len(labelled), dtype=np.bool_)
            for constraint, count in zip(hard, counts, strict=True):
                included = labelled & allowed if constraint.honor_node_affinity else labelled
                if constraint.honor_node_taints:
                    included = included & _tolerated_nodes(pod, cluster, nodes)
                skewed |= labelled & _too_full(pod, constraint, count, included)
            return [
                (
                    "node(s) didn't match pod topology spread constraints (missing required label)",
                    nodes.take(~labelled),
                ),
                ("node(s) didn't match pod topology spread constraints", nodes.take(skewed)),
            ]

        return rejects

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        own = pod.spec.topology_spread_constraints
        soft = [c for c in own if c.when_unsatisfiable is WhenUnsatisfiable.SCHEDULE_ANYWAY]
        if own:
            terms = [(_count(pod, c, cluster), c.topology_key, c.max_skew) for c in soft]
        elif pod.default_selector is not None:
            selector, namespace = pod.default_selector, pod.namespace
            terms = [(cluster.count(namespace, selector, key), key, skew) for key, skew in _SYSTEM_DEFAULTS]
        else:
            terms = []
        if not terms:
            return None
        labelled = np.all([count.domain >= 0 for count, _, _ in terms], axis=0) if own else None

        def score(nodes: NodeView) -> Ints:
            raw = np.zeros(len(nodes))
            for count, key, max_skew in terms:
                domain = nodes.take(count.domain)
                present = domain >= 0
                if key == HOSTNAME_LABEL:
                    size, matching = len(nodes), nodes.take(count.by_node)
                elif len(count.by_domain):
                    size, matching = _distinct(domain[present], len(count.by_domain)), count.by_domain[domain]
                else:
                    continue
                raw += np.where(present, matching * math.log(size + 2) + (max_skew - 1), 0.0)
            return _normalised(np.floor(raw + 0.5).astype(np.int64), None if labelled is None else nodes.take(labelled))

        return score


def _count(pod: PodView, constraint: TopologySpreadConstraint, cluster: ClusterView) -> PodCount:
    selector = constraint.selector or LabelSelector((Requirement("", Operator.EXISTS),))
    keys = tuple(
        Requirement(key, Operator.IN, (pod.labels[key],)) for key in constraint.match_label_keys if key in pod.labels
    )
    return cluster.count(pod.namespace, LabelSelector((*selector.requirements, *keys)), constraint.topology_key)


def _too_full(pod: PodView, constraint: TopologySpreadConstraint, count: PodCount, included: Bools) -> Bools:
    """Which nodes lie in a domain that would exceed maxSkew with the pod."""
    domains = count.domain[included]
    if len(domains) == 0:
        return np.ones(len(included), dtype=np.bool_)
    matching = np.bincount(domains, weights=count.by_node[included], minlength=len(count.by_domain)).astype(np.int64)
    present = np.bincount(domains, minlength=len(count.by_domain)) > 0
    enough = int(present.sum()) >= constraint.min_domains
    least = int(matching[present].min()) if enough else 0
    own = 1 if count.selector.matches(pod.labels) else 0
    full = matching + own - least > constraint.max_skew
    return full[count.domain]


def _tolerated_nodes(pod: PodView, cluster: ClusterView, nodes: NodeView) -> Bools:
    sets = [
        all(
            taint.effect is TaintEffect.PREFER_NO_SCHEDULE or any(t.tolerates(taint) for t in pod.spec.tolerations)
            for taint in taints
        )
        for taints in cluster.taint_sets
    ]
    return np.array(sets, dtype=np.bool_)[nodes.taint_set]


def _distinct(domains: Ints, number: int) -> int:
    return int(np.count_nonzero(np.bincount(domains, minlength=number)))


def _normalised(raw: Ints, labelled: Bools | None) -> Ints:
    """100 for the fewest, less the more there are; 0 for nodes that lack a label."""
    counted = raw if labelled is None else raw[labelled]
    if len(counted) == 0:
        return np.zeros(len(raw), dtype=np.int64)
    most, least = counted.max(), counted.min()
    scores = np.full(len(raw), 100) if most == 0 else 100 * (most + least - raw) // most
    return scores if labelled is None else np.where(labelled, scores, 0)

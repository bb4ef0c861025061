"""PodTopologySpread: how evenly the pods of a kind lie over domains."""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

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
                    included = included & _tolerated_nodes(pod, cluster)
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
        if own:
            soft = [c for c in own if c.when_unsatisfiable is WhenUnsatisfiable.SCHEDULE_ANYWAY]
            terms = [_Term(_count(pod, c, cluster), c.topology_key, c.max_skew) for c in soft]
        elif pod.default_selector is not None:
            selector, namespace = pod.default_selector, pod.namespace
            terms = [_Term(cluster.count(namespace, selector, key), key, skew) for key, skew in _SYSTEM_DEFAULTS]
            soft = []
        else:
            return None
        if not terms:
            return None
        everywhere = np.ones(len(cluster.names), dtype=np.bool_)
        # Constraints of the pod's own ask for all their labels; the defaults do not.
        labelled = np.all([term.count.domain >= 0 for term in terms], axis=0) if own else everywhere
        allowed = eligible(pod, cluster)
        picky = not bool((labelled & allowed).all())

        def score(nodes: NodeView) -> Ints:
            counted = nodes.take(labelled)
            raw = np.zeros(len(nodes))
            for i, term in enumerate(terms):
                matching = term.count.by_domain
                if picky or (soft and (soft[i].honor_node_taints or not soft[i].honor_node_affinity)):
                    included = labelled & allowed if not soft or soft[i].honor_node_affinity else labelled
                    if soft and soft[i].honor_node_taints:
                        included = included & _tolerated_nodes(pod, cluster)
                    matching = term.matching(included)
                raw += term.raw(nodes, counted, matching)
            return _normalised(np.floor(raw + 0.5).astype(np.int64), counted)

        return score


@dataclass(frozen=True)
class _Term:
    """One soft constraint: what it counts, and how much it puts up with."""

    count: PodCount
    topology_key: str
    max_skew: int

    def matching(self, included: Bools) -> Ints:
        """Matching pods by domain, of the included nodes only."""
        domain = np.where(included, self.count.domain, -1)
        present = domain >= 0
        weights = self.count.by_node[present]
        return np.bincount(domain[present], weights=weights, minlength=len(self.count.by_domain)).astype(np.int64)

    def raw(self, nodes: NodeView, counted: Bools, matching: Ints) -> npt.NDArray[np.float64]:
        """The raw score: matching pods in the node's domain, weighed by how many domains there are."""
        domain = nodes.take(self.count.domain)
        present = (domain >= 0) & counted
        if self.topology_key == HOSTNAME_LABEL:
            size = int(np.count_nonzero(counted))
            here = nodes.take(self.count.by_node)
        elif len(matching) == 0:
            return np.zeros(len(nodes))
        else:
            size = int(np.count_nonzero(np.bincount(domain[present], minlength=len(matching))))
            here = matching[domain]
        return np.where(present, here * math.log(size + 2) + (self.max_skew - 1), 0.0)


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


def _tolerated_nodes(pod: PodView, cluster: ClusterView) -> Bools:
    sets = [
        all(
            taint.effect is TaintEffect.PREFER_NO_SCHEDULE or any(t.tolerates(taint) for t in pod.spec.tolerations)
            for taint in taints
        )
        for taints in cluster.taint_sets
    ]
    tolerated: Bools = np.array(sets, dtype=np.bool_)[cluster.nodes.taint_set]
    return tolerated


def _normalised(raw: Ints, counted: Bools) -> Ints:
    """100 for the fewest, less the more there are; 0 for nodes that lack a label."""
    if not counted.any():
        return np.zeros(len(raw), dtype=np.int64)
    most, least = raw[counted].max(), raw[counted].min()
    scores = np.full(len(raw), 100) if most == 0 else 100 * (most + least - raw) // most
    return np.where(counted, scores, 0)

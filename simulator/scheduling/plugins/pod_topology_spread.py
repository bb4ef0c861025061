"""PodTopologySpread: how evenly the pods of a kind lie over domains."""

import functools
import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from models.arrays import Bools, Floats, Ints
from models.labels import LabelSelector, Operator, Requirement
from models.node import HOSTNAME_LABEL, ZONE_LABEL, TaintEffect
from models.pod import TopologySpreadConstraint, WhenUnsatisfiable
from simulator.registry import register
from simulator.scheduling.counts import PodCount
from simulator.scheduling.framework import Filter, Helps, Reads, Score, one_reason_each
from simulator.scheduling.plugins.node_affinity import eligible
from simulator.scheduling.views import ClusterView, NodeView, PodView

_SKEWED = "node(s) didn't match pod topology spread constraints"
SYSTEM_DEFAULTS = (
    TopologySpreadConstraint(3, HOSTNAME_LABEL, WhenUnsatisfiable.SCHEDULE_ANYWAY),
    TopologySpreadConstraint(5, ZONE_LABEL, WhenUnsatisfiable.SCHEDULE_ANYWAY),
)


@register("plugin", "PodTopologySpread")
@dataclass(frozen=True)
class PodTopologySpread:
    """DoNotSchedule constraints reject domains that are too full; ScheduleAnyway constraints score.

    Source: pkg/scheduler/framework/plugins/podtopologyspread (filtering.go, scoring.go). A pod without constraints of
    its own has the defaults, over the pods that its Services and ReplicaSet select together: those of the system,
    which are soft and do without labels that a node lacks, or with `defaulting_type` List the `default_constraints`.
    """

    default_constraints: tuple[TopologySpreadConstraint, ...] = ()
    """Without selectors."""
    defaulting_type: str = "System"

    filter_reads: ClassVar[Reads] = Reads.CLUSTER
    score_reads: ClassVar[Reads] = Reads.CLUSTER

    def __post_init__(self) -> None:
        if self.defaulting_type not in ("System", "List"):
            raise ValueError(f"expected defaultingType System or List (got {self.defaulting_type!r})")
        if self.default_constraints and self.defaulting_type == "System":
            raise ValueError("defaultConstraints go with defaultingType List")

    def signature(self, pod: PodView) -> Hashable:
        own = pod.spec.topology_spread_constraints
        asked = pod.namespace, own, pod.allowed_nodes, pod.spec.tolerations
        if not own:
            return *asked, pod.default_selector, frozenset(pod.labels.items())
        keyed = tuple([pod.labels.get(key) for constraint in own for key in constraint.match_label_keys])
        return *asked, keyed, tuple([_selector(pod, constraint).matches(pod.labels) for constraint in own])

    def helped_by(self, pod: PodView, cluster: ClusterView) -> Sequence[Helps]:
        return [_count(pod, c, cluster).matches for c in self._constraints(pod, WhenUnsatisfiable.DO_NOT_SCHEDULE)]

    def helped_by_absence(self, pod: PodView, cluster: ClusterView) -> Sequence[Helps]:
        """None: pods that are being deleted are not counted any more."""
        return []

    def counts_by_taints(self, pod: PodView) -> bool:
        return any(c.honor_node_taints for c in self._constraints(pod, WhenUnsatisfiable.DO_NOT_SCHEDULE))

    def _constraints(self, pod: PodView, when: WhenUnsatisfiable) -> list[TopologySpreadConstraint]:
        """Those of the pod that are hard, or soft; the defaults, if it has neither."""
        own = pod.spec.topology_spread_constraints
        if own:
            return [constraint for constraint in own if constraint.when_unsatisfiable is when]
        if pod.default_selector is None:
            return []
        defaults = SYSTEM_DEFAULTS if self.defaulting_type == "System" else self.default_constraints
        return [replace(c, selector=pod.default_selector) for c in defaults if c.when_unsatisfiable is when]

    def limits(self, pod: PodView, cluster: ClusterView) -> "list[Limit]":
        """What the pod's hard constraints ask of the domains, in their order."""
        hard = self._constraints(pod, WhenUnsatisfiable.DO_NOT_SCHEDULE)
        counts = [_count(pod, c, cluster) for c in hard]
        labelled = np.all([count.domain >= 0 for count in counts], axis=0)
        return [
            Limit(pod, constraint, count, _Included(pod, constraint, count, labelled, cluster), labelled)
            for constraint, count in zip(hard, counts, strict=True)
        ]

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        limits = self.limits(pod, cluster)
        if not limits:
            return None
        labelled = limits[0].labelled
        everywhere = bool(labelled.all())

        def rejects(nodes: NodeView) -> Sequence[tuple[str, Bools]]:
            verdicts: list[tuple[str, Bools]] = []
            for limit in limits:
                domain = nodes.take(limit.count.domain)
                if not everywhere:
                    verdicts.append((f"{_SKEWED} (missing required label)", domain < 0))
                full = limit.full()
                if full.item(full.argmax()):
                    verdicts.append((_SKEWED, full[domain]))
            return one_reason_each(verdicts)

        return rejects

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        soft = self._constraints(pod, WhenUnsatisfiable.SCHEDULE_ANYWAY)
        if not soft:
            return None
        counts = [_count(pod, c, cluster) for c in soft]
        labelled = np.ones(len(cluster.names), dtype=np.bool_)
        if pod.spec.topology_spread_constraints or self.defaulting_type == "List":
            # Constraints ask for all their labels; only those of the system do not.
            labelled = np.all([count.domain >= 0 for count in counts], axis=0)
        terms = [
            _Term(
                count,
                constraint.topology_key,
                constraint.max_skew,
                _Included(pod, constraint, count, labelled, cluster),
            )
            for constraint, count in zip(soft, counts, strict=True)
        ]
        return _Scorer(terms, labelled).score


def _count(pod: PodView, constraint: TopologySpreadConstraint, cluster: ClusterView) -> PodCount:
    return cluster.count(pod.namespace, _selector(pod, constraint), constraint.topology_key)


def _selector(pod: PodView, constraint: TopologySpreadConstraint) -> LabelSelector:
    selector = constraint.selector or LabelSelector((Requirement("", Operator.EXISTS),))
    keys = tuple(
        Requirement(key, Operator.IN, (pod.labels[key],)) for key in constraint.match_label_keys if key in pod.labels
    )
    return LabelSelector((*selector.requirements, *keys))


class _Included:
    """The nodes that count for a constraint, by its inclusion policies."""

    def __init__(
        self, pod: PodView, constraint: TopologySpreadConstraint, count: PodCount, labelled: Bools, cluster: ClusterView
    ) -> None:
        self._pod = pod
        self._cluster = cluster
        self._count = count
        self._honor_taints = constraint.honor_node_taints
        nodes = labelled & (count.domain >= 0)
        if constraint.honor_node_affinity:
            nodes &= eligible(pod, cluster)
        self._nodes = None if nodes.all() and not self._honor_taints else nodes
        """None: all of them."""

    def matching(self) -> tuple[Ints, Bools | None]:
        """Matching pods by domain, on these nodes only; and which domains have any such node (None: all)."""
        count = self._count
        if self._nodes is None:
            return count.by_domain, None
        nodes = self._nodes & self._tolerated() if self._honor_taints else self._nodes
        domains, size = count.domain[nodes], len(count.by_domain)
        matching = np.bincount(domains, weights=count.by_node[nodes], minlength=size).astype(np.int64)
        return matching, np.bincount(domains, minlength=size) > 0

    def _tolerated(self) -> Bools:
        tolerations = self._pod.spec.tolerations
        sets = [
            all(
                taint.effect is TaintEffect.PREFER_NO_SCHEDULE or any(t.tolerates(taint) for t in tolerations)
                for taint in taints
            )
            for taints in self._cluster.taint_sets
        ]
        tolerated: Bools = np.array(sets, dtype=np.bool_)[self._cluster.nodes.taint_set]
        return tolerated


class Limit:
    """One hard constraint.

    `labelled` are the nodes that carry the labels of all hard constraints of the pod.
    """

    def __init__(
        self,
        pod: PodView,
        constraint: TopologySpreadConstraint,
        count: PodCount,
        included: _Included,
        labelled: Bools,
    ) -> None:
        self.count = count
        self.labelled = labelled
        self._constraint = constraint
        self._included = included
        self._room = constraint.max_skew - int(_selector(pod, constraint).matches(pod.labels))
        """How many more pods than the emptiest a domain may have before the pod comes."""
        self._min_domains = max(constraint.min_domains, 1)

    @property
    def topology_key(self) -> str:
        """The label whose values are the domains."""
        return self._constraint.topology_key

    def matching(self) -> dict[int, int]:
        """By domain, how many pods match; only domains that count."""
        matching, present = self._included.matching()
        there = range(len(matching)) if present is None else np.flatnonzero(present)
        return {int(domain): int(matching[domain]) for domain in there}

    def full(self) -> Bools:
        """Which domains would exceed maxSkew with the pod; one entry more, for "no domain"."""
        matching, present = self._included.matching()
        there = matching if present is None else matching[present]
        # Not min(), nor any() elsewhere: for a handful of domains the way there costs more than the looking.
        least = there.item(there.argmin()) if len(there) >= self._min_domains else 0
        full = np.zeros(len(matching) + 1, dtype=np.bool_)
        np.greater(matching, self._room + least, out=full[:-1])
        return full


@dataclass(frozen=True)
class _Term:
    """One soft constraint."""

    count: PodCount
    topology_key: str
    max_skew: int
    included: _Included

    @property
    def by_node(self) -> bool:
        """Whether every node is a domain."""
        return self.topology_key == HOSTNAME_LABEL


@functools.lru_cache(maxsize=64)
def _grouped(domains: bytes, rows: int) -> tuple[list[list[int]], Ints]:
    """The distinct columns of a table of so many rows of integers, and which of them each is: alike for many pods."""
    groups, group = np.unique(np.frombuffer(domains, np.int64).reshape(rows, -1), axis=1, return_inverse=True)
    return groups.T.tolist(), group


class _Scorer:
    """Scores nodes by how many matching pods their domains have."""

    def __init__(self, terms: Sequence[_Term], labelled: Bools) -> None:
        self._hosts = [term for term in terms if term.by_node]
        self._others = [term for term in terms if not term.by_node]
        domains = np.array([labelled, *(term.count.domain for term in self._others)], dtype=np.int64)
        self._groups, self._group = _grouped(domains.tobytes(), len(domains))
        """Per group of nodes: whether they are counted, and their domain by each of the other terms."""
        self._domains: dict[frozenset[int], list[tuple[float, list[tuple[int, int]]]]] = {}
        """For what groups are there: the weight of each of the other terms, and (group, domain) for it."""
        self._counted = {i for i, (labelled, *_) in enumerate(self._groups) if labelled}
        self._labelled = None if len(self._counted) == len(self._groups) else labelled
        """Which nodes are counted; None: all."""

    def score(self, nodes: NodeView) -> Ints | int:
        """0 to 100 for each row, all of them feasible; 100 for all if they are equal, 0 for all if none counts."""
        group: Ints = nodes.take(self._group)
        population = np.bincount(group).tolist()
        present = [i for i, number in enumerate(population) if number and i in self._counted]
        if not present:
            return 0
        value = self._by_group(frozenset(present)).take(group)
        weight = math.log(sum([population[i] for i in present]) + 2)
        for term in self._hosts:
            value += nodes.take(term.count.by_node) * weight + (term.max_skew - 1)
        raw = (value + 0.5).astype(np.int64)
        if self._labelled is None:
            most, least = raw.item(raw.argmax()), raw.item(raw.argmin())
            return 100 if most == least else 100 * (most + least - raw) // most
        counted = nodes.take(self._labelled)
        most, least = int(raw[counted].max()), int(raw[counted].min())
        return np.where(counted, 100 * (most + least - raw) // most if most else 100, 0)

    def _by_group(self, present: frozenset[int]) -> Floats:
        """What the terms with domains of several nodes add up to, for each group; 0 for those that are not there."""
        domains = self._domains.get(present)
        if domains is None:
            domains = self._domains[present] = []
            for i in range(1, len(self._others) + 1):
                known = [(group, domain) for group in present if (domain := self._groups[group][i]) >= 0]
                domains.append((math.log(len({domain for _, domain in known}) + 2), known))
        total = [0.0] * len(self._groups)
        for term, (weight, known) in zip(self._others, domains, strict=True):
            matching = term.included.matching()[0]
            for group, domain in known:
                total[group] += matching.item(domain) * weight + (term.max_skew - 1)
        return np.array(total)

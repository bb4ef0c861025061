"""NodeAffinity: nodeSelector and node affinity."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.arrays import Bools, Ints
from models.pod import Affinity, NodeSelectorTerm
from simulator.registry import register
from simulator.scheduling.framework import Filter, Reads, Score
from simulator.scheduling.views import ClusterView, NodeView, PodView


def eligible(pod: PodView, cluster: ClusterView) -> Bools:
    """Which nodes the pod's nodeSelector and required node affinity allow. Labels do not change during a run."""
    if not pod.spec.node_selector and pod.spec.affinity.node_required is None:
        return np.ones(len(cluster.names), dtype=np.bool_)
    allows = pod.spec.allows_node
    return np.array(
        [allows(labels, name) for name, labels in zip(cluster.names, cluster.labels, strict=True)], dtype=np.bool_
    )


def _matching(terms: tuple[NodeSelectorTerm, ...], cluster: ClusterView) -> Bools:
    """Which nodes one of the terms matches."""
    nodes = zip(cluster.names, cluster.labels, strict=True)
    return np.array([any(term.matches(labels, name) for term in terms) for name, labels in nodes], dtype=np.bool_)


@register("plugin", "NodeAffinity")
@dataclass(frozen=True)
class NodeAffinity:
    """Nodes that the pod's selector and required affinity do not match are out; preferred terms score.

    The score is the sum of the weights of the preferred terms that match, over the highest such sum. `added_affinity`
    is asked of every pod besides (pkg/scheduler/framework/plugins/nodeaffinity).
    """

    added_affinity: Affinity = Affinity()
    """Node terms only."""

    filter_reads: ClassVar[Reads] = Reads.LABELS
    score_reads: ClassVar[Reads] = Reads.CLUSTER

    def signature(self, pod: PodView) -> Hashable:
        return pod.allowed_nodes, pod.spec.affinity.node_preferred

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        added = self.added_affinity.node_required
        own = bool(pod.spec.node_selector) or pod.spec.affinity.node_required is not None
        if added is None and not own:
            return None
        enforced = _matching(added, cluster) if added is not None else np.ones(len(cluster.names), dtype=np.bool_)
        verdicts = [("node(s) didn't match scheduler-enforced node affinity", ~enforced)] if added is not None else []
        if own:
            verdicts.append(("node(s) didn't match Pod's node affinity/selector", enforced & ~eligible(pod, cluster)))
        return lambda nodes: [(reason, nodes.take(rejected)) for reason, rejected in verdicts]

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        preferred = (*self.added_affinity.node_preferred, *pod.spec.affinity.node_preferred)
        if not preferred:
            return None
        weights = np.array(
            [
                sum(p.weight for p in preferred if p.term.matches(labels, name))
                for name, labels in zip(cluster.names, cluster.labels, strict=True)
            ],
            dtype=np.int64,
        )

        def score(nodes: NodeView) -> Ints | int:
            mine = nodes.take(weights)
            most = int(mine.max())
            return 0 if most == 0 else 100 * mine // most

        return score

"""TaintToleration: taints that a pod does not tolerate."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.arrays import Bools, Ints
from models.node import Taint, TaintEffect
from simulator.registry import register
from simulator.scheduling.framework import Filter, Reads, Score
from simulator.scheduling.views import ClusterView, NodeView, PodView


@register("plugin", "TaintToleration")
@dataclass(frozen=True)
class TaintToleration:
    """Untolerated NoSchedule and NoExecute taints reject; untolerated PreferNoSchedule taints cost score.

    The score is 100 without any, 0 for the node with the most.
    """

    filter_reads: ClassVar[Reads] = Reads.TAINTS
    score_reads: ClassVar[Reads] = Reads.CLUSTER

    def signature(self, pod: PodView) -> Hashable:
        return pod.spec.tolerations

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        rejecting: list[Taint | None] = []
        """Per set of taints, the first that rejects the pod."""
        tables: list[tuple[str, Bools]] = []

        def rejects(nodes: NodeView) -> list[tuple[str, Bools]]:
            if len(rejecting) < len(cluster.taint_sets):
                for taints in cluster.taint_sets[len(rejecting) :]:
                    hard = (t for t in sorted(taints) if t.effect is not TaintEffect.PREFER_NO_SCHEDULE)
                    rejecting.append(next((t for t in hard if not _tolerated(pod, t)), None))
                tables[:] = [
                    (
                        f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}",
                        np.array([r == taint for r in rejecting]),
                    )
                    for taint in dict.fromkeys(r for r in rejecting if r is not None)
                ]
            sets = nodes.taint_set
            return [(reason, table[sets]) for reason, table in tables]

        return rejects

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        costs: list[int] = []

        def score(nodes: NodeView) -> Ints | int:
            for taints in cluster.taint_sets[len(costs) :]:
                soft = (t for t in taints if t.effect is TaintEffect.PREFER_NO_SCHEDULE)
                costs.append(sum(not _tolerated(pod, t) for t in soft))
            if not any(costs):
                return 100
            counts = np.array(costs, dtype=np.int64)[nodes.taint_set]
            most = int(counts.max())
            return 100 if most == 0 else 100 - 100 * counts // most

        return score


def _tolerated(pod: PodView, taint: Taint) -> bool:
    return any(toleration.tolerates(taint) for toleration in pod.spec.tolerations)

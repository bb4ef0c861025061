"""NodeResourcesBalancedAllocation: resources used in like measure."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

from simulator.registry import register
from simulator.scheduling.framework import Reads, Score
from simulator.scheduling.views import ClusterView, Column, NodeView, PodView
from simulator.state.nodes import Ints


@register("plugin", "NodeResourcesBalancedAllocation")
@dataclass(frozen=True)
class NodeResourcesBalancedAllocation:
    """75 where the pod leaves the balance of the resources as it is, more where it mends it; 50 to 100.

    A pod without requests is not scored (pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go).
    """

    resources: tuple[str, ...] = ("cpu", "memory")

    score_reads: ClassVar[Reads] = Reads.NODE

    def signature(self, pod: PodView) -> Hashable:
        return pod.requests.cpu, pod.requests.memory, tuple(pod.requests.other.items())

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        asked = dict(pod.amounts(pod.requests))
        wanted = [(name, asked.get(name, 0)) for name in self.resources if name in ("cpu", "memory") or asked.get(name)]
        if not any(amount for _, amount in wanted):
            return None

        def score(nodes: NodeView) -> Ints:
            before, after = [], []
            for name, amount in wanted:
                used, allocatable = nodes.used(name), nodes.allocatable(name)
                allocatable = allocatable + (allocatable == 0)
                before.append(nodes.minimum(used / allocatable, 1.0))
                after.append(nodes.minimum((used + amount) / allocatable, 1.0))
            # Both balances are at least 50, so nothing here is negative.
            mended: Ints = 50 + (50 + _balance(nodes, after) - _balance(nodes, before)) // 2
            return mended

        return score


def _balance(nodes: NodeView, fractions: list[Column]) -> Column:
    """100 where all fractions are equal; less their standard deviation, in percent, rounded down."""
    if len(fractions) == 2:
        deviation = abs(fractions[0] - fractions[1]) / 2
    else:
        mean = sum(fractions) / len(fractions)
        variance = sum((fraction - mean) ** 2 for fraction in fractions) / len(fractions)
        deviation = nodes.sqrt(variance)
    return nodes.whole((1 - deviation) * 100)

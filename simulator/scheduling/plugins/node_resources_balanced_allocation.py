"""NodeResourcesBalancedAllocation: resources used in like measure."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

from models.arrays import Ints
from simulator.registry import register
from simulator.scheduling.framework import Reads, Score
from simulator.scheduling.views import ClusterView, Column, NodeView, PodView


@register("plugin", "NodeResourcesBalancedAllocation")
@dataclass(frozen=True)
class NodeResourcesBalancedAllocation:
    """75 where the pod leaves the balance of the resources as it is, more where it mends it; 50 to 100.

    A pod without requests is not scored. Resources that a node has none of are no part of its balance.
    Source: pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go.
    """

    resources: tuple[str, ...] = ("cpu", "memory")

    score_reads: ClassVar[Reads] = Reads.NODE

    def signature(self, pod: PodView) -> Hashable:
        return pod.requests.cpu, pod.requests.memory, tuple(pod.requests.other.items())

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        wanted = [(name, pod.requests.amount(name)) for name in self.resources if pod.scores_by(name)]
        if not any(amount for _, amount in wanted):
            return None
        everywhere = all((cluster.nodes.allocatable(name) > 0).all() for name, _ in wanted)

        def score(nodes: NodeView) -> Ints:
            before, after, there = [], [], []
            for name, amount in wanted:
                used, allocatable = nodes.used(name), nodes.allocatable(name)
                if not everywhere:
                    there.append(allocatable > 0)
                    allocatable = allocatable + (allocatable == 0)
                before.append(nodes.minimum(used / allocatable, 1.0))
                after.append(nodes.minimum((used + amount) / allocatable, 1.0))
            if everywhere:
                mended = _balance(nodes, after) - _balance(nodes, before)
            else:
                mended = _balance_of_some(nodes, after, there) - _balance_of_some(nodes, before, there)
            # Both balances are at least 50, so nothing here is negative.
            scored: Ints = 50 + (50 + mended) // 2
            return scored

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


def _balance_of_some(nodes: NodeView, fractions: list[Column], there: list[Column]) -> Column:
    """The balance where each fraction counts only on the nodes that have its resource: those where it is `there`."""
    counted = list(zip(fractions, there, strict=True))
    number = sum(there)
    some = number + (number == 0)
    mean = sum(fraction * is_there for fraction, is_there in counted) / some
    variance = sum((fraction - mean) ** 2 * is_there for fraction, is_there in counted) / some
    # Two have half their difference, as above, which the root of a variance only comes near to.
    lowest, highest = 1.0 + 0 * number, 0.0 * number
    for fraction, is_there in counted:
        lowest = nodes.minimum(lowest, fraction * is_there + (1 - is_there))
        highest = -nodes.minimum(-highest, -fraction * is_there)
    deviation = nodes.sqrt(variance) * (number > 2) + (highest - lowest) / 2 * (number == 2)
    return nodes.whole((1 - deviation) * 100)

"""NodeResourcesFit: requests against what is free, and a score for how much is."""

from bisect import bisect_right
from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulator.registry import register
from simulator.scheduling.framework import Filter, Reads, Score
from simulator.scheduling.views import ClusterView, Column, NodeView, PodView
from simulator.state.nodes import Bools, Ints

Shape = tuple[tuple[int, int], ...]


@register("plugin", "NodeResourcesFit")
@dataclass(frozen=True)
class NodeResourcesFit:
    """A node must have room for the pod's requests; the score is the weighted mean over `resources`.

    `LeastAllocated`: percent left once the pod is there. `MostAllocated`: percent used. `RequestedToCapacityRatio`:
    percent used, by the lines through `shape`, points (percent used, score 0-10) in ascending order.
    Source: pkg/scheduler/framework/plugins/noderesources (fit.go, least_allocated.go, most_allocated.go,
    requested_to_capacity_ratio.go).
    """

    scoring_strategy: str = "LeastAllocated"
    resources: tuple[tuple[str, int], ...] = (("cpu", 1), ("memory", 1))
    """(name, weight)."""
    shape: Shape = ()

    filter_reads: ClassVar[Reads] = Reads.NODE
    score_reads: ClassVar[Reads] = Reads.NODE

    def __post_init__(self) -> None:
        if self.scoring_strategy not in ("LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"):
            raise ValueError(f"there is no scoring strategy {self.scoring_strategy!r}")
        if self.scoring_strategy == "RequestedToCapacityRatio" and not self.shape:
            raise ValueError("RequestedToCapacityRatio needs a shape")

    def signature(self, pod: PodView) -> Hashable:
        requests, scored = pod.requests, pod.scored_requests
        return requests.cpu, requests.memory, tuple(requests.other.items()), scored.cpu, scored.memory

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        wanted = [(f"Insufficient {name}", name, amount) for name, amount in pod.amounts(pod.requests) if amount]

        def rejects(nodes: NodeView) -> list[tuple[str, Bools]]:
            verdicts = [("Too many pods", nodes.used_pods >= nodes.pods)]
            for reason, name, amount in wanted:
                verdicts.append((reason, nodes.used(name) + amount > nodes.allocatable(name)))
            return verdicts

        return rejects

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        asked = dict(pod.amounts(pod.scored_requests))
        counted = [
            (name, weight, asked.get(name, 0))
            for name, weight in self.resources
            # Other resources count only if the pod asks for them.
            if name in ("cpu", "memory") or asked.get(name, 0)
        ]
        if self.scoring_strategy == "RequestedToCapacityRatio":
            return _by_shape(counted, self.shape)
        grade = _least if self.scoring_strategy == "LeastAllocated" else _most

        def score(nodes: NodeView) -> Ints:
            graded: Column = 0
            weights: Column = 0
            for name, weight, amount in counted:
                allocatable = nodes.allocatable(name)
                used = nodes.minimum(nodes.scored(name) + amount, allocatable)
                graded = graded + weight * grade(used, allocatable)
                weights = weights + weight * (allocatable > 0)
            mean: Ints = graded // (weights + (weights == 0))
            return mean

        return score


def _least(used: Column, allocatable: Column) -> Column:
    """Percent left; `used` is at most what is allocatable. 0 where there is none."""
    return (allocatable - used) * 100 // (allocatable + (allocatable == 0))


def _most(used: Column, allocatable: Column) -> Column:
    """Percent used; `used` is at most what is allocatable. 0 where there is none."""
    return used * 100 // (allocatable + (allocatable == 0))


def _by_shape(counted: list[tuple[str, int, int]], shape: Shape) -> Score:
    curve = np.array([_on_curve(percent, shape) for percent in range(101)], dtype=np.int64)

    def score(nodes: NodeView) -> Ints:
        graded: Column = 0
        weights: Column = 0
        for name, weight, amount in counted:
            allocatable = nodes.allocatable(name)
            percent = _most(nodes.minimum(nodes.scored(name) + amount, allocatable), allocatable)
            grade = curve[percent] * (allocatable > 0)
            graded = graded + weight * grade
            weights = weights + weight * (grade > 0)
        mean: Ints = nodes.whole(graded / (weights + (weights == 0)) + 0.5)
        return mean

    return score


def _on_curve(percent: int, shape: Shape) -> int:
    """The score, of 100, on the lines through the points; Go's integer division goes towards zero."""
    after = bisect_right([x for x, _ in shape], percent - 1)
    if after == 0:
        return 10 * shape[0][1]
    if after == len(shape):
        return 10 * shape[-1][1]
    (x0, y0), (x1, y1) = shape[after - 1], shape[after]
    return 10 * y0 + int((10 * y1 - 10 * y0) * (percent - x0) / (x1 - x0))

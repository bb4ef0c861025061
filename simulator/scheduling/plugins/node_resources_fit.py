"""NodeResourcesFit: requests against what is free, and a score for how much is."""

from bisect import bisect_left
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from models.arrays import Bools, Ints
from simulator.registry import register
from simulator.scheduling.framework import Filter, Reads, Score
from simulator.scheduling.views import ClusterView, Column, NodeView, PodView

Shape = tuple[tuple[int, int], ...]


@register("plugin", "NodeResourcesFit")
@dataclass(frozen=True)
class NodeResourcesFit:
    """A node must have room for the pod's requests; the score is the weighted mean over `resources`.

    `LeastAllocated`: percent left once the pod is there. `MostAllocated`: percent used. `RequestedToCapacityRatio`:
    percent used, by the lines through `shape`, points (percent used, score 0-10) in ascending order. Resources that a
    node has none of are left out of its mean.
    Source: pkg/scheduler/framework/plugins/noderesources (fit.go, least_allocated.go, most_allocated.go,
    requested_to_capacity_ratio.go).
    """

    scoring_strategy: str = "LeastAllocated"
    resources: tuple[tuple[str, int], ...] = (("cpu", 1), ("memory", 1))
    """(name, weight)."""
    shape: Shape = ()
    ignored_resources: tuple[str, ...] = ()
    """Extended resources that a node need not have room for: others look after them."""
    ignored_resource_groups: tuple[str, ...] = ()
    """The same by what stands before the slash in their names."""

    filter_reads: ClassVar[Reads] = Reads.NODE
    score_reads: ClassVar[Reads] = Reads.NODE

    def __post_init__(self) -> None:
        if self.scoring_strategy not in ("LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"):
            raise ValueError(f"there is no scoring strategy {self.scoring_strategy!r}")
        if self.scoring_strategy == "RequestedToCapacityRatio" and not self.shape:
            raise ValueError("RequestedToCapacityRatio needs a shape")
        if not all(1 <= weight <= 100 for _, weight in self.resources):
            raise ValueError("the weights of its resources must be 1 to 100")
        if not all(0 <= percent <= 100 and 0 <= grade <= 10 for percent, grade in self.shape):
            raise ValueError("its shape must have utilizations of 0 to 100 and scores of 0 to 10")
        if any(later <= earlier for (earlier, _), (later, _) in pairwise(self.shape)):
            raise ValueError("the utilizations of its shape must increase")

    def signature(self, pod: PodView) -> Hashable:
        requests, scored = pod.requests, pod.scored_requests
        return requests.cpu, requests.memory, tuple(requests.other.items()), scored.cpu, scored.memory

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        wanted = [
            (f"Insufficient {name}", name, amount)
            for name, amount in pod.amounts(pod.requests)
            if amount and not self._ignores(name)
        ]

        def rejects(nodes: NodeView) -> list[tuple[str, Bools]]:
            verdicts = [("Too many pods", nodes.used_pods >= nodes.pods)]
            for reason, name, amount in wanted:
                verdicts.append((reason, nodes.used(name) + amount > nodes.allocatable(name)))
            return verdicts

        return rejects

    def _ignores(self, resource: str) -> bool:
        """Whether the filter leaves out a resource; only extended ones can be left out."""
        group, slash, _ = resource.partition("/")
        extended = bool(slash) and "kubernetes.io/" not in resource
        return extended and (resource in self.ignored_resources or group in self.ignored_resource_groups)

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        asked = {**pod.requests.other, "cpu": pod.scored_requests.cpu, "memory": pod.scored_requests.memory}
        counted = [(name, weight, asked.get(name, 0)) for name, weight in self.resources if pod.scores_by(name)]
        if not counted:
            return lambda nodes: 0
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
    points = tuple((percent, 10 * grade) for percent, grade in shape)
    curve = np.array([broken_linear(percent, points) for percent in range(101)], dtype=np.int64)

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


def broken_linear(x: int, points: Shape) -> int:
    """The value at `x` on the lines through the points, level beyond them; division goes towards zero, as Go's does.

    Source: pkg/scheduler/framework/plugins/helper/shape_score.go (BuildBrokenLinearFunction).
    """
    after = bisect_left([x1 for x1, _ in points], x)
    if after == 0:
        return points[0][1]
    if after == len(points):
        return points[-1][1]
    (x0, y0), (x1, y1) = points[after - 1], points[after]
    return y0 + int((y1 - y0) * (x - x0) / (x1 - x0))

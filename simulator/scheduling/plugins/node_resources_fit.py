"""NodeResourcesFit: requests against what is free, and LeastAllocated."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulator.nodes import Bools, Ints
from simulator.registry import register
from simulator.scheduling.framework import Filter, Reads, Score
from simulator.views import ClusterView, NodeView, PodView


@register("plugin", "NodeResourcesFit")
@dataclass(frozen=True)
class NodeResourcesFit:
    """A node must have room for the pod's requests; the emptier it will be, the higher it scores (LeastAllocated)."""

    filter_reads: ClassVar[Reads] = Reads.NODE
    score_reads: ClassVar[Reads] = Reads.NODE

    def signature(self, pod: PodView) -> Hashable:
        requests, scored = pod.requests, pod.scored_requests
        return requests.cpu, requests.memory, tuple(requests.other.items()), scored.cpu, scored.memory

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        requests = pod.requests

        def rejects(nodes: NodeView) -> list[tuple[str, Bools]]:
            verdicts = [("Too many pods", nodes.used_pods >= nodes.pods)]
            if requests.cpu:
                verdicts.append(("Insufficient cpu", nodes.used_cpu + requests.cpu > nodes.cpu))
            if requests.memory:
                verdicts.append(("Insufficient memory", nodes.used_memory + requests.memory > nodes.memory))
            for name, amount in requests.other.items():
                if amount:
                    allocatable, used = nodes.other(name)
                    verdicts.append((f"Insufficient {name}", used + amount > allocatable))
            return verdicts

        return rejects

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        wanted = pod.scored_requests

        def score(nodes: NodeView) -> Ints:
            percents = _least(nodes.cpu, nodes.scored_cpu + wanted.cpu)
            percents = percents + _least(nodes.memory, nodes.scored_memory + wanted.memory)
            kinds = (nodes.cpu > 0).astype(np.int64) + (nodes.memory > 0)
            mean: Ints = percents // np.maximum(1, kinds)
            return mean

        return score


def _least(allocatable: Ints, used: Ints) -> Ints:
    """Percent left of each; 0 where it does not fit or there is none."""
    free = np.maximum(allocatable - used, 0)
    percent: Ints = free * 100 // np.maximum(allocatable, 1)
    return percent

"""NodeResourcesFit: requests against what is free, and LeastAllocated."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.pod import Container
from simulator.nodes import Bools, Ints
from simulator.registry import register
from simulator.scheduling.framework import Filter, Reads, Score
from simulator.views import ClusterView, NodeView, PodView

DEFAULT_CPU = 100
DEFAULT_MEMORY = 200 * 1024 * 1024
"""What a container without a request counts for in the score (pkg/scheduler/util/pod_resources.go)."""


@register("plugin", "NodeResourcesFit")
@dataclass(frozen=True)
class NodeResourcesFit:
    """A node must have room for the pod's requests; the emptier it will be, the higher it scores (LeastAllocated)."""

    filter_reads: ClassVar[Reads] = Reads.NODE
    score_reads: ClassVar[Reads] = Reads.NODE

    def signature(self, pod: PodView) -> Hashable:
        return _scored_requests(pod), pod.requests.cpu, pod.requests.memory, tuple(pod.requests.other.items())

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
        cpu, memory = _scored_requests(pod)

        def score(nodes: NodeView) -> Ints:
            percents = _least(nodes.cpu, nodes.used_cpu + cpu) + _least(nodes.memory, nodes.used_memory + memory)
            kinds = (nodes.cpu > 0).astype(np.int64) + (nodes.memory > 0)
            mean: Ints = percents // np.maximum(1, kinds)
            return mean

        return score


def _least(allocatable: Ints, used: Ints) -> Ints:
    """Percent left of each; 0 where it does not fit or there is none."""
    free = np.maximum(allocatable - used, 0)
    percent: Ints = free * 100 // np.maximum(allocatable, 1)
    return percent


def _scored_requests(pod: PodView) -> tuple[int, int]:
    """CPU and memory with the defaults of containers that request none."""

    def missing(containers: tuple[Container, ...], resource: str) -> int:
        return sum(resource not in container.declared for container in containers)

    containers = pod.spec.containers
    return (
        pod.requests.cpu + DEFAULT_CPU * missing(containers, "cpu"),
        pod.requests.memory + DEFAULT_MEMORY * missing(containers, "memory"),
    )

"""NodeResourcesBalancedAllocation: CPU and memory used in like measure."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulator.nodes import Ints
from simulator.registry import register
from simulator.scheduling.framework import Reads, Score
from simulator.views import ClusterView, NodeView, PodView


@register("plugin", "NodeResourcesBalancedAllocation")
@dataclass(frozen=True)
class NodeResourcesBalancedAllocation:
    """75 where the pod leaves the balance of CPU and memory as it is, more where it mends it; 50 to 100.

    A pod without requests is not scored (pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go).
    """

    score_reads: ClassVar[Reads] = Reads.NODE

    def signature(self, pod: PodView) -> Hashable:
        return pod.requests.cpu, pod.requests.memory

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        requests = pod.requests
        if not requests.cpu and not requests.memory:
            return None

        def score(nodes: NodeView) -> Ints:
            cpu, memory = np.maximum(nodes.cpu, 1), np.maximum(nodes.memory, 1)
            used_cpu, used_memory = nodes.used_cpu, nodes.used_memory
            before = _balance(used_cpu / cpu, used_memory / memory)
            after = _balance((used_cpu + requests.cpu) / cpu, (used_memory + requests.memory) / memory)
            # Go divides towards zero; the difference may be negative.
            mended: Ints = 50 + np.trunc((50 + after - before) / 2).astype(np.int64)
            return mended

        return score


def _balance(first: np.ndarray, second: np.ndarray) -> Ints:
    """100 where both fractions are equal; less the standard deviation of the two, in percent, rounded down."""
    deviation = np.abs(np.minimum(first, 1.0) - np.minimum(second, 1.0)) / 2
    balance: Ints = np.trunc((1 - deviation) * 100).astype(np.int64)
    return balance

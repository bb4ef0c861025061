"""Expanders: which node group gets more nodes, where several would help.

Source: autoscaler/cluster-autoscaler/expander (waste, mostpods, leastnodes, price).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from simulator.node_autoscaling.fleet import NodeGroup
from simulator.state.objects import PodState


class Expander(StrEnum):
    """By what a node group is chosen; what is equal is drawn."""

    LEAST_WASTE = "least-waste"
    MOST_PODS = "most-pods"
    LEAST_NODES = "least-nodes"
    PRICE = "price"
    RANDOM = "random"


@dataclass(frozen=True)
class Option:
    """So many more nodes of a group would take these pods."""

    group: NodeGroup
    nodes: int
    pods: Sequence[PodState]

    @property
    def waste(self) -> float:
        """The share of the new nodes' CPU that stays free, and that of their memory, added."""
        allocatable = self.group.pool.template.allocatable
        cpu = sum(pod.pod_class.requests.cpu for pod in self.pods) / (self.nodes * max(1, allocatable.cpu))
        memory = sum(pod.pod_class.requests.memory for pod in self.pods) / (self.nodes * max(1, allocatable.memory))
        return 2.0 - cpu - memory

    @property
    def price_of_a_pod(self) -> float:
        """What an hour of the new nodes costs, by the pod that they take."""
        return self.nodes * self.group.pool.price / len(self.pods)


_COSTS: dict[Expander, Callable[[Option], float]] = {
    Expander.LEAST_WASTE: lambda option: option.waste,
    Expander.MOST_PODS: lambda option: -len(option.pods),
    Expander.LEAST_NODES: lambda option: option.nodes,
    Expander.PRICE: lambda option: option.price_of_a_pod,
    Expander.RANDOM: lambda option: 0.0,
}


def best_option(options: Sequence[Option], expander: Expander, rng: np.random.Generator) -> Option:
    """The best of the options (at least one); of equals one is drawn."""
    costs = [_COSTS[expander](option) for option in options]
    equals = [option for option, cost in zip(options, costs, strict=True) if cost == min(costs)]
    return equals[0] if len(equals) == 1 else equals[int(rng.integers(len(equals)))]

"""What is searched for: the cheapest candidate that meets the objectives. What it costs, and how far to go."""

from dataclasses import dataclass
from typing import Literal

CostName = Literal["nodeHours", "podHours", "nodeCost"]


@dataclass(frozen=True)
class Cost:
    """What is paid: a sum of metrics of a run (columns of `cells`), each times a price."""

    words: str
    """What it is counted in: "node-hours"; "cost" of money."""
    prices: tuple[tuple[str, float], ...]
    """Metric -> price of one."""


COSTS: dict[CostName, Cost] = {
    "nodeHours": Cost("node-hours", (("node_hours", 1.0),)),
    "podHours": Cost("pod-hours", (("pod_hours", 1.0),)),
    "nodeCost": Cost("node cost", (("node_cost", 1.0),)),
}
"""Name in the experiment file and on the command line -> cost."""


def priced(node_hour: float, pod_hour: float) -> Cost:
    """Money: so much for an hour of a node and for an hour of a pod."""
    return Cost("cost", (("node_hours", node_hour), ("pod_hours", pod_hour)))


@dataclass(frozen=True)
class Search:
    """How the cheapest candidate is searched for."""

    cost: Cost = COSTS["nodeHours"]
    at_most: int | None = None
    """Replications of all candidates together; None: as many as the experiment asks for of every candidate."""
    confidence: float | None = None
    """The chance that everything the answer says is true; None: the experiment's confidence."""
    alike: float = 0.01
    """Costs that vary by luck and differ by less than this share are as good as equal."""

"""Cost: what is paid for, in hours of pods and of nodes, and in money."""

import numpy as np

from experiments.metrics.cluster import ClusterObservation
from experiments.metrics.metric import Group, Unit, metric
from models.units import HOUR


@metric(Group.COST, "pod-hours", Unit.HOURS)
def pod_hours(seen: ClusterObservation) -> float:
    """Hours during which pods held their requests on a node, over all pods."""
    pods = seen.pods
    return float(seen.seconds(pods.bound, pods.over).sum()) / HOUR


@metric(Group.COST, "node-hours", Unit.HOURS)
def node_hours(seen: ClusterObservation) -> float:
    """Hours of nodes that the cluster had, up or down, as they are paid for."""
    return float(seen.node_hours.sum())


@metric(Group.COST, "node cost", Unit.NUMBER)
def node_cost(seen: ClusterObservation) -> float:
    """What the nodes cost, by the hour and the prices of their pools; nodes of pools without a price cost nothing."""
    prices = np.array(seen.log.prices, dtype=float)
    return float(seen.node_hours[: len(prices)] @ prices)

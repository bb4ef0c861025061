"""Cost: what is paid for, in hours of pods and of nodes."""

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
    """Hours of nodes: all that the cluster has, up or down, as they are paid for."""
    return len(seen.log.names["NODE"]) * (seen.end - seen.start) / HOUR

"""Pending pods: how many wait for a node, and how long."""

import numpy as np

from experiments.metrics.cluster import ClusterObservation
from experiments.metrics.metric import Group, Unit, metric
from experiments.metrics.observation import once
from models.arrays import Floats

LONG = 60.0
"""Seconds without a node after which a pod counts as one that had to wait."""


@metric(Group.PENDING, "pod time without node", Unit.SECONDS)
def pending_pod_s(seen: ClusterObservation) -> float:
    """Pod-seconds without a node: over all pods, the time from their creation to their placement."""
    return float(_waits(seen).sum())


@metric(Group.PENDING, "longest wait", Unit.SECONDS)
def longest_pending_s(seen: ClusterObservation) -> float:
    """Longest time that one pod was without a node, as far as the window shows it."""
    return float(_waits(seen).max(initial=0.0))


@metric(Group.PENDING, "waited over a minute", Unit.NUMBER)
def waiting_pods(seen: ClusterObservation) -> float:
    """Pods that were without a node for more than a minute of the window."""
    return int((_waits(seen) > LONG).sum())


@once
def _waits(seen: ClusterObservation) -> Floats:
    """By pod: seconds of the window in which it wanted a node and had none."""
    pods = seen.pods
    return seen.seconds(pods.created, np.minimum(np.minimum(pods.bound, pods.deleted), pods.over))

"""Reschedules: pods that had to be made anew because theirs were taken away, not because anybody wanted fewer.

A pod is taken away when it is evicted by the node lifecycle (taints, or the timeout of old versions), by the eviction
API (drains), by preemption or by pod garbage collection, or when it turns Failed. Pods of rollouts and of scaling down
are not.
"""

import math

import numpy as np

from experiments.metrics.cluster import ClusterObservation, Rows
from experiments.metrics.metric import Group, Unit, metric
from experiments.metrics.observation import once
from models.arrays import Floats
from simulator.log import Kind

FAILED = 4
"""As `Kind.POD_PHASE` numbers it."""
BY_OTHERS = (2, 3)
"""Reasons (`simulator.state.objects.pod.Disruption`) that are no node's failure: the eviction API and preemption."""


@metric(Group.RESCHEDULES, "rescheduled", Unit.NUMBER)
def reschedules(seen: ClusterObservation) -> float:
    """Pods that were evicted, preempted or failed, and so had to be made anew."""
    return len(_taken(seen))


@metric(Group.RESCHEDULES, "rescheduled per node failure", Unit.NUMBER)
def reschedules_per_node_failure(seen: ClusterObservation) -> float:
    """Pods that had to be made anew because a node failed, per node that failed (uncordoned); NaN if none did."""
    failures = len(seen.within(_failures(seen)))
    if failures == 0:
        return math.nan
    taken = _taken(seen)
    others = np.isin(taken[:, 1], Kind.POD_DISRUPTION_TARGET) & np.isin(taken[:, 4], BY_OTHERS)
    return float((~others & np.isin(taken[:, 5], _causes(_failures(seen)))).sum() / failures)


@once
def _taken(seen: ClusterObservation) -> Rows:
    """Per pod that was taken away within (start, end]: the row that says so first."""
    rows = seen.log.of_kind(Kind.POD_DISRUPTION_TARGET, Kind.POD_PHASE, Kind.POD_DELETING)
    kind, new = rows[:, 1], rows[:, 4]
    taken = (
        ((kind == Kind.POD_DISRUPTION_TARGET) & (new > 0))
        | ((kind == Kind.POD_PHASE) & (new == FAILED))
        | (
            (kind == Kind.POD_DELETING) & np.isin(rows[:, 5], _causes(_failures(seen)))
        )  # pod-eviction-timeout sets no target
    )
    rows = rows[taken]
    return seen.within(rows[np.sort(np.unique(rows[:, 2], return_index=True)[1])])


@once
def _failures(seen: ClusterObservation) -> Rows:
    """The rows by which a node failed: it fell silent or unwell, and was not cordoned before, as for maintenance."""
    cordoned: dict[int, float] = {}
    rows = seen.log.of_kind(Kind.NODE_UNSCHEDULABLE, Kind.NODE_REPORTING, Kind.NODE_HEALTHY)
    failed = rows[:, 4] == 0
    if (rows[:, 1] == Kind.NODE_UNSCHEDULABLE).any():
        for i, (_, kind, node, _, new, _) in enumerate(rows.tolist()):
            if kind == Kind.NODE_UNSCHEDULABLE:
                cordoned[node] = new
                failed[i] = False
            elif cordoned.get(node):
                failed[i] = False
    found: Rows = rows[failed]
    return found


def _causes(rows: Rows) -> Floats:
    """Their causes, but for 0, which is none."""
    causes: Floats = np.unique(rows[rows[:, 5] > 0, 5])
    return causes

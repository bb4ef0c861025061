"""All metrics, in the order of the columns of the tables: those of a Service in a run, and those of a run."""

from collections.abc import Callable

from experiments.metrics import (
    availability,
    burn_rate,
    capacity,
    cost,
    downtime,
    ladder,
    outages,
    pending,
    reschedules,
    slo,
)
from experiments.metrics.cluster import ClusterObservation
from experiments.metrics.observation import Observation

METRICS: dict[str, Callable[[Observation], float]] = {
    metric.__name__: metric
    for metric in (
        availability.availability,
        downtime.downtime_s,
        outages.outages,
        outages.mttr_s,
        outages.mtbf_s,
        outages.mttd_s,
        outages.undetected,
        outages.longest_s,
        outages.first_outage_s,
        ladder.available_one,
        ladder.available_50,
        ladder.available_90,
        ladder.available_all,
        capacity.mean_answering,
        capacity.min_answering,
        capacity.degraded_s,
        capacity.stale_s,
        slo.budget_spent,
        slo.worst_budget_spent,
        burn_rate.alerts,
        burn_rate.alert_delay_s,
    )
}
"""Column of `runs` -> function of an `Observation`; the first line of its docstring documents the column."""

CLUSTER_METRICS: dict[str, Callable[[ClusterObservation], float]] = {
    metric.__name__: metric
    for metric in (
        pending.pending_pod_s,
        pending.longest_pending_s,
        pending.waiting_pods,
        reschedules.reschedules,
        reschedules.reschedules_per_node_failure,
        cost.pod_hours,
        cost.node_hours,
    )
}
"""Column of `cells` -> function of a `ClusterObservation`; the first line of its docstring documents the column."""


def measure(seen: Observation) -> dict[str, float]:
    """Every metric of one Service in one run, by column."""
    return {"window_s": seen.window} | {column: metric(seen) for column, metric in METRICS.items()}


def measure_cluster(seen: ClusterObservation) -> dict[str, float]:
    """Every metric of one run, by column."""
    return {column: metric(seen) for column, metric in CLUSTER_METRICS.items()}

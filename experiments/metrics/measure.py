"""All metrics of a run, in the order of the columns of the table of runs."""

from collections.abc import Callable

from experiments.metrics import availability, capacity, downtime, outages
from experiments.metrics.observation import Observation

METRICS: dict[str, Callable[[Observation], float]] = {
    metric.__name__: metric
    for metric in (
        availability.availability,
        downtime.downtime_s,
        outages.outages,
        outages.mttr_s,
        outages.mtbf_s,
        outages.longest_s,
        capacity.mean_answering,
        capacity.min_answering,
        capacity.degraded_s,
        capacity.stale_s,
    )
}
"""Column -> function of an `Observation`; the first line of its docstring documents the column."""


def measure(seen: Observation) -> dict[str, float]:
    """Every metric of one Service in one run, by column."""
    return {"window_s": seen.window} | {column: metric(seen) for column, metric in METRICS.items()}

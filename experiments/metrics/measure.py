"""One run, measured by every registered metric."""

from experiments.metrics.cluster import ClusterObservation
from experiments.metrics.metric import metrics
from experiments.metrics.observation import Observation


def measure(seen: Observation) -> dict[str, float]:
    """Every metric of one Service in one run, by column."""
    return {column: metric.measure(seen) for column, metric in metrics(Observation).items()}


def measure_cluster(seen: ClusterObservation) -> dict[str, float]:
    """Every metric of one run, by column."""
    return {column: metric.measure(seen) for column, metric in metrics(ClusterObservation).items()}

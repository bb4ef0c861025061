"""Downtime: the seconds that availability leaves over."""

from experiments.metrics.metric import Group, Unit, metric
from experiments.metrics.observation import Observation


@metric(Group.AVAILABILITY, "downtime", Unit.SECONDS)
def downtime_s(seen: Observation) -> float:
    """Seconds of the window during which the Service was not available, those of cut outages included."""
    return seen.up.time_below(0.5)

"""Availability: the time-weighted share of the window during which a declared predicate holds."""

from experiments.metrics.metric import Group, Unit, metric
from experiments.metrics.observation import Observation


@metric(Group.AVAILABILITY, "availability", Unit.SHARE)
def availability(seen: Observation) -> float:
    """Share of the window during which the Service was available."""
    return seen.up.mean()

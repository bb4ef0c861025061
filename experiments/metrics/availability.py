"""Availability: the time-weighted share of the window during which a declared predicate holds."""

from experiments.metrics.observation import Observation


def availability(seen: Observation) -> float:
    """Share of the window during which the Service was available."""
    return seen.up.mean()

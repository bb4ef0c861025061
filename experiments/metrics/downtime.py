"""Downtime: the seconds that availability leaves over."""

from experiments.metrics.observation import Observation


def downtime_s(seen: Observation) -> float:
    """Seconds of the window during which the Service was not available, those of cut outages included."""
    return seen.up.time_below(0.5)

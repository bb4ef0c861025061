"""The measured window: what all other metrics of a Service are about."""

from experiments.metrics.metric import Group, Unit, metric
from experiments.metrics.observation import Observation


@metric(Group.WINDOW, "window", Unit.SECONDS)
def window_s(seen: Observation) -> float:
    """Length of the measured window, in seconds."""
    return seen.window

"""Outages: how many, how long, how far apart.

The window cuts outages. One under way at its start did not begin in it and is not counted; one under way at its end
is. So the count over the window is an unbiased frequency, and downtime over count is the mean length in the long run.
The seconds of cut outages are part of the downtime; the longest is the longest piece that was seen.
"""

import math

from experiments.metrics.observation import Observation


def outages(seen: Observation) -> int:
    """Outages that began in the window."""
    return int((seen.outages[:, 0] > seen.start).sum())


def longest_s(seen: Observation) -> float:
    """Length of the longest outage, as far as the window shows it; 0 without any."""
    return float((seen.outages[:, 1] - seen.outages[:, 0]).max(initial=0.0))


def mttr_s(seen: Observation) -> float:
    """Mean time to recover: downtime over outages, detection included; NaN when none began in the window."""
    return seen.up.time_below(0.5) / outages(seen) if outages(seen) else math.nan


def mtbf_s(seen: Observation) -> float:
    """Mean time between the beginnings of outages: window over outages; NaN when none began in the window."""
    return seen.window / outages(seen) if outages(seen) else math.nan

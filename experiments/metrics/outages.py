"""Outages: how many, how long, how far apart, and when the control plane knew.

The window cuts outages. One under way at its start did not begin in it and is not counted; one under way at its end
is. So the count over the window is an unbiased frequency, and downtime over count is the mean length in the long run.
The seconds of cut outages are part of the downtime; the longest is the longest piece that was seen.
"""

import math

import numpy as np

from experiments.metrics.metric import Group, Unit, metric
from experiments.metrics.observation import Observation, once
from models.arrays import Floats


@metric(Group.OUTAGES, "outages", Unit.NUMBER)
def outages(seen: Observation) -> int:
    """Outages that began in the window."""
    return len(_begun(seen))


@metric(Group.OUTAGES, "MTTR", Unit.SECONDS)
def mttr_s(seen: Observation) -> float:
    """Mean time to recover: downtime over outages, detection included; NaN when none began in the window."""
    return seen.up.time_below(0.5) / outages(seen) if outages(seen) else math.nan


@metric(Group.OUTAGES, "MTBF", Unit.SECONDS)
def mtbf_s(seen: Observation) -> float:
    """Mean time between the beginnings of outages: window over outages; NaN when none began in the window."""
    return seen.window / outages(seen) if outages(seen) else math.nan


@metric(Group.OUTAGES, "MTTD", Unit.SECONDS)
def mttd_s(seen: Observation) -> float:
    """Mean time from the beginning of an outage until the list of ready endpoints shows it; NaN if it shows none."""
    delays = _detection(seen)
    shown = delays[np.isfinite(delays)]
    return float(shown.mean()) if len(shown) else math.nan


@metric(Group.OUTAGES, "undetected", Unit.NUMBER)
def undetected(seen: Observation) -> int:
    """Outages that began in the window and were over before the list of ready endpoints showed them."""
    return int((~np.isfinite(_detection(seen))).sum())


@metric(Group.OUTAGES, "longest outage", Unit.SECONDS)
def longest_s(seen: Observation) -> float:
    """Length of the longest outage, as far as the window shows it; 0 without any."""
    return float((seen.outages[:, 1] - seen.outages[:, 0]).max(initial=0.0))


@metric(Group.OUTAGES, "first outage", Unit.SECONDS)
def first_outage_s(seen: Observation) -> float:
    """Time from the start of the window to the first outage, 0 if one was under way; NaN without any."""
    return float(seen.outages[0, 0]) - seen.start if len(seen.outages) else math.nan


@once
def _begun(seen: Observation) -> Floats:
    return seen.outages[seen.outages[:, 0] > seen.start]


@once
def _detection(seen: Observation) -> Floats:
    """Per outage that began in the window: seconds until the control plane believes in it, infinity if it never does.

    0 if the control plane gave the Service up before (as it does with endpoints that are being deleted).
    """
    begun, believed = _begun(seen), seen.believed.intervals_below(0.5)
    over = np.append(believed[:, 1], math.inf)  # the first belief that is not over when an outage begins
    known = np.append(believed[:, 0], math.inf)[np.searchsorted(over, begun[:, 0], side="right")]
    delays = np.maximum(known - begun[:, 0], 0.0)
    return np.where(known < begun[:, 1], delays, math.inf)

"""Capacity: how many endpoints answer."""

import numpy as np

from experiments.metrics.metric import Group, Unit, metric
from experiments.metrics.observation import Observation
from simulator.step_function import StepFunction


@metric(Group.CAPACITY, "mean answering", Unit.NUMBER)
def mean_answering(seen: Observation) -> float:
    """Time-weighted mean number of endpoints that can answer."""
    return seen.answering.mean()


@metric(Group.CAPACITY, "mean desired", Unit.NUMBER)
def mean_desired(seen: Observation) -> float:
    """Time-weighted mean number of replicas desired."""
    return seen.desired.mean()


@metric(Group.CAPACITY, "mean missing", Unit.NUMBER)
def mean_missing(seen: Observation) -> float:
    """Time-weighted mean number of replicas that were desired and could not answer."""
    times = np.union1d(seen.answering.times, seen.desired.times)
    widths = np.diff(np.append(times, seen.answering.end))
    lacking = np.maximum(seen.desired.at(times) - seen.answering.at(times), 0.0)
    return float((widths * lacking).sum()) / seen.window


@metric(Group.CAPACITY, "fewest answering", Unit.NUMBER)
def min_answering(seen: Observation) -> int:
    """Fewest endpoints that could answer at any time."""
    return int(seen.answering.values.min())


@metric(Group.CAPACITY, "degraded", Unit.SECONDS)
def degraded_s(seen: Observation) -> float:
    """Seconds with fewer endpoints able to answer than replicas desired, outages included."""
    return _seconds_below(seen.answering, seen.desired)


@metric(Group.CAPACITY, "stale endpoints", Unit.SECONDS)
def stale_s(seen: Observation) -> float:
    """Seconds during which an endpoint was listed as ready that could not answer: some requests fail."""
    return _seconds_below(seen.answering, seen.ready)


def _seconds_below(lower: StepFunction, upper: StepFunction) -> float:
    times = np.union1d(lower.times, upper.times)
    widths = np.diff(np.append(times, lower.end))
    return float(widths[lower.at(times) < upper.at(times)].sum())

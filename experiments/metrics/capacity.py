"""Capacity: how many endpoints answer."""

import numpy as np

from experiments.metrics.metric import Group, Unit, metric
from experiments.metrics.observation import Observation, once
from models.arrays import Floats
from simulator.step_function import lengths, together


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
    times, answering, desired = answering_and_desired(seen)
    return float((lengths(times, seen.answering.end) * np.maximum(desired - answering, 0.0)).sum()) / seen.window


@metric(Group.CAPACITY, "fewest answering", Unit.NUMBER)
def min_answering(seen: Observation) -> int:
    """Fewest endpoints that could answer at any time."""
    return int(seen.answering.values.min())


@metric(Group.CAPACITY, "degraded", Unit.SECONDS)
def degraded_s(seen: Observation) -> float:
    """Seconds with fewer endpoints able to answer than replicas desired, outages included."""
    times, answering, desired = answering_and_desired(seen)
    return float(lengths(times, seen.answering.end)[answering < desired].sum())


@metric(Group.CAPACITY, "stale endpoints", Unit.SECONDS)
def stale_s(seen: Observation) -> float:
    """Seconds during which an endpoint was listed as ready that could not answer: some requests fail."""
    times, answering, ready = together(seen.answering, seen.ready)
    return float(lengths(times, seen.answering.end)[answering < ready].sum())


@once
def answering_and_desired(seen: Observation) -> tuple[Floats, Floats, Floats]:
    """When either changes, and from then on the endpoints that can answer and the replicas desired."""
    return together(seen.answering, seen.desired)

"""The requests that came to a Service in a run: as many as its traffic says, and what surges made of it."""

from dataclasses import replace

import numpy as np

from models.arrays import Floats
from models.traffic import RequestRate, Traffic
from simulator.log import Kind, TransitionLog
from simulator.state.objects.service import USUAL


def with_surges(traffic: Traffic, log: TransitionLog, start: float, end: float) -> Traffic:
    """The traffic at the rate that there was in the window; the same object if there was no surge."""
    times, new = changes_of_service(log, Kind.SERVICE_RATE, traffic.service)
    if not len(times):
        return traffic
    usual, rates = traffic.rate.pieces(start, end)
    edges = np.unique(np.concatenate((usual, times[(times > start) & (times < end)])))
    levels = rates[np.searchsorted(usual, edges, side="right") - 1]
    factors = np.append(USUAL, new)[np.searchsorted(times, edges, side="right")] / USUAL
    return replace(traffic, rate=RequestRate(tuple(zip(edges.tolist(), (levels * factors).tolist(), strict=True))))


def changes_of_service(log: TransitionLog, kind: Kind, service: str) -> tuple[Floats, Floats]:
    """When something of a Service changed, and what it came to be."""
    rows = log.of_kind(kind)
    rows = rows[rows[:, 2] == list(log.names["SERVICE"]).index(service)]
    return rows[:, 0], rows[:, 4]

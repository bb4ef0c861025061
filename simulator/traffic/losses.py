"""Lost requests, by the stretches of time in which there were any, and by reason."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.log import StepFunction
from simulator.traffic.attempts import Outcome, Reason


@dataclass(frozen=True)
class Loss:
    """Requests lost in one stretch of time without a moment's full success, for one reason."""

    start: float
    end: float
    why: str
    """How the last attempt failed: see `simulator.traffic.attempts`."""
    cause: str
    """What had happened to the endpoint, e.g. "node-crash/node-3"; "" if nothing broke."""
    requests: float


@dataclass(frozen=True)
class Span:
    """Part of the requests, for a time in which they meet the same odds."""

    start: float
    end: float
    weight: float
    """Which part of all requests."""
    requests: float
    outcome: Outcome


def lost(spans: Sequence[Span], start: float, end: float) -> tuple[StepFunction, tuple[Loss, ...]]:
    """The share of all requests that is lost over [start, end]; and the losses, by stretch of time and reason."""
    bounds = np.unique([edge for span in spans for edge in (span.start, span.end)])
    level = np.zeros(len(bounds))
    for span in spans:
        inside = slice(*np.searchsorted(bounds, [span.start, span.end]).tolist())
        level[inside] += span.weight * span.outcome.losing
    losing = StepFunction.of_changes(start, 0.0, bounds, np.minimum(level, 1.0), end)  # rounding may go beyond 1
    stretches = StepFunction(losing.times, -losing.values, end).intervals_below(0.0)
    sums: dict[tuple[int, Reason], list[float]] = {}
    for span in spans:
        stretch = int(np.searchsorted(stretches[:, 0], span.start, side="right")) - 1
        for reason, share in span.outcome.lost.items():
            sums.setdefault((stretch, reason), []).append(span.requests * share)
    return losing, tuple(
        Loss(float(stretches[stretch, 0]), float(stretches[stretch, 1]), why, cause, math.fsum(requests))
        for (stretch, (why, cause)), requests in sorted(sums.items(), key=lambda item: item[0])
        if math.fsum(requests) > 0
    )

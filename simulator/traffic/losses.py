"""Lost requests, by the stretches of time in which there were any, and by reason."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints
from simulator.step_function import StepFunction
from simulator.traffic.attempts import Outcome


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
class Spans:
    """Parts of the requests, each for a time in which they meet the same odds, in parallel arrays."""

    starts: Floats
    ends: Floats
    weights: Floats
    """Which part of all requests."""
    requests: Floats
    which: Ints
    """Entries of `outcomes`."""
    outcomes: Sequence[Outcome]

    def total(self, each: Sequence[float]) -> float:
        """The sum over requests of a number by outcome."""
        return float((self.requests * np.array(each, dtype=np.float64)[self.which]).sum()) if len(self.which) else 0.0


def lost(spans: Spans, start: float, end: float) -> tuple[StepFunction, tuple[Loss, ...]]:
    """The share of all requests that is lost over [start, end]; and the losses, by stretch of time and reason."""
    levels = np.array([outcome.losing for outcome in spans.outcomes], dtype=np.float64)[spans.which]
    some = np.flatnonzero(levels > 0)
    losing = _sum(spans.starts[some], spans.ends[some], (spans.weights * levels)[some], start, end)
    stretches = StepFunction(losing.times, -losing.values, end).intervals_below(0.0)
    reasons = sorted({reason for outcome in spans.outcomes for reason in outcome.lost})
    number = {reason: i for i, reason in enumerate(reasons)}
    parts = [[(number[reason], share) for reason, share in outcome.lost.items()] for outcome in spans.outcomes]
    begins = np.append(0, np.cumsum([len(part) for part in parts])).astype(np.int64)
    flat = np.array([pair for part in parts for pair in part], dtype=np.float64).reshape(-1, 2)
    counts = np.diff(begins)[spans.which[some]]
    whose = np.repeat(some, counts)
    place = begins[spans.which[whose]] + np.arange(len(whose)) - np.repeat(np.cumsum(counts) - counts, counts)
    stretch = np.searchsorted(stretches[:, 0], spans.starts[whose], side="right") - 1
    keys, into = np.unique(stretch * max(len(reasons), 1) + flat[place, 0].astype(np.int64), return_inverse=True)
    sums = np.bincount(into, spans.requests[whose] * flat[place, 1], len(keys))
    found = []
    for key, requests in zip(keys.tolist(), sums.tolist(), strict=True):
        (begin, until), (why, cause) = stretches[key // len(reasons)].tolist(), reasons[key % len(reasons)]
        if requests > 0:
            found.append(Loss(begin, until, why, cause, requests))
    return losing, tuple(found)


def _sum(starts: Floats, ends: Floats, levels: Floats, start: float, end: float) -> StepFunction:
    """The sum of constants, each over a time of its own, kept within [0, 1]."""
    edges = np.concatenate((starts, ends))
    order = np.argsort(edges, kind="stable")
    edges = edges[order]
    level = np.cumsum(np.concatenate((levels, -levels))[order])
    open_ones = np.cumsum(np.repeat((1, -1), len(starts))[order])
    last = np.append(np.diff(edges) > 0, True)[: len(edges)]
    # The count is exact: where nothing is lost, it is exactly nothing, and rounding does not pile up.
    bottom = np.where(open_ones[last] == 0, level[last], 0.0)
    settled = np.maximum.accumulate(np.where(open_ones[last] == 0, np.arange(len(bottom)), -1))
    level = level[last] - np.where(settled < 0, 0.0, bottom[settled])
    return StepFunction.of_changes(start, 0.0, edges[last], np.clip(level, 0.0, 1.0), end)

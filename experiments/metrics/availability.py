"""Availability: the time-weighted share of the window during which a declared predicate holds."""

from dataclasses import dataclass

import numpy as np

from experiments.metrics.observation import Floats, History, Observation
from simulator.step_function import StepFunction


@dataclass(frozen=True)
class ReadyEndpoints:
    """Available while at least `at_least` (1 or more) endpoints can answer."""

    at_least: int = 1

    def up(self, history: History) -> StepFunction:
        return _where(history.answering.times, history.answering.values >= self.at_least, history.answering.end)


@dataclass(frozen=True)
class Capacity:
    """Available while the endpoints that can answer are the share `at_least` (in (0, 1]) of the desired replicas.

    And at least one: a workload scaled to zero answers nobody.
    """

    at_least: float

    def up(self, history: History) -> StepFunction:
        times, answering, desired = _counts(history)
        rounding = 1e-9  # so that 55 % of 20 is 11, not 11.000000000000002
        return _where(
            times, (answering + rounding >= self.at_least * desired) & (answering >= 1), history.answering.end
        )


@dataclass(frozen=True)
class Quorum:
    """Available while a strict majority of the desired replicas can answer, as a replicated store needs it."""

    def up(self, history: History) -> StepFunction:
        times, answering, desired = _counts(history)
        return _where(times, 2 * answering > desired, history.answering.end)


def _counts(history: History) -> tuple[Floats, Floats, Floats]:
    """Times of change, and from then on the endpoints that answer and the replicas desired."""
    times = np.union1d(history.answering.times, history.desired.times)
    times = times[(times >= history.answering.start) & (times < history.answering.end)]
    return times, history.answering.at(times), history.desired.at(times)


def _where(times: Floats, holds: np.ndarray, end: float) -> StepFunction:
    values = holds.astype(np.float64)
    return StepFunction.of_changes(float(times[0]), float(values[0]), times, values, end)


def availability(seen: Observation) -> float:
    """Share of the window during which the Service was available."""
    return seen.up.mean()

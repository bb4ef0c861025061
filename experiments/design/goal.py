"""What is promised of a Service: when it counts as available, and how much of the time it is to be."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.arrays import Bools, Floats
from models.traffic import Call
from models.units import DAY
from simulator.step_function import StepFunction, either

_CHAIN_SUFFIX = "+calls"


class History(Protocol):
    """What a run tells of one Service (`simulator.run.ServiceHistory`)."""

    @property
    def answering(self) -> StepFunction:
        """Endpoints in use that can answer: the users' truth."""
        ...

    @property
    def ready(self) -> StepFunction:
        """Endpoints listed as ready: the control plane's belief."""
        ...

    @property
    def desired(self) -> StepFunction:
        """Replicas desired of the workloads behind the Service."""
        ...


class Predicate(Protocol):
    """When a Service counts as available."""

    def holds(self, answering: Floats, desired: Floats) -> Bools:
        """Whether it is available while so many endpoints answer of so many replicas desired; element by element."""
        ...

    def up(self, history: History) -> StepFunction:
        """1.0 while the Service is available, 0.0 while it is not, on the domain of `history.answering`."""
        ...


@dataclass(frozen=True)
class ReadyEndpoints:
    """Available while at least `at_least` (1 or more) endpoints can answer."""

    at_least: int = 1

    def holds(self, answering: Floats, desired: Floats) -> Bools:
        return answering >= self.at_least

    def up(self, history: History) -> StepFunction:
        return _where(history.answering.times, history.answering.values >= self.at_least, history.answering.end)


@dataclass(frozen=True)
class Capacity:
    """Available while the endpoints that can answer are the share `at_least` (in (0, 1]) of the desired replicas.

    And at least one: a workload scaled to zero answers nobody.
    """

    at_least: float

    def holds(self, answering: Floats, desired: Floats) -> Bools:
        rounding = 1e-9  # so that 55 % of 20 is 11, not 11.000000000000002
        return (answering + rounding >= self.at_least * desired) & (answering >= 1)

    def up(self, history: History) -> StepFunction:
        times, answering, desired = _counts(history)
        return _where(times, self.holds(answering, desired), history.answering.end)


@dataclass(frozen=True)
class Quorum:
    """Available while a strict majority of the desired replicas can answer, as a replicated store needs it."""

    def holds(self, answering: Floats, desired: Floats) -> Bools:
        return 2 * answering > desired

    def up(self, history: History) -> StepFunction:
        times, answering, desired = _counts(history)
        return _where(times, self.holds(answering, desired), history.answering.end)


def needed(predicate: Predicate, count: int) -> int:
    """How many of so many replicas have to answer for a Service to be available; `count` + 1 if all are too few."""
    holds = predicate.holds(np.arange(count + 1.0), np.full(count + 1, float(count)))
    return int(np.argmax(holds)) if holds.any() else count + 1


def _counts(history: History) -> tuple[Floats, Floats, Floats]:
    """Times of change, and from then on the endpoints that answer and the replicas desired."""
    times = either(history.answering.times, history.desired.times)
    times = times[(times >= history.answering.start) & (times < history.answering.end)]
    return times, history.answering.at(times), history.desired.at(times)


def _where(times: Floats, holds: np.ndarray, end: float) -> StepFunction:
    values = holds.astype(np.float64)
    return StepFunction.of_changes(float(times[0]), float(values[0]), times, values, end)


@dataclass(frozen=True)
class Slo:
    """Availability of at least `objective`, in (0, 1), over every `period` of so many seconds."""

    objective: float
    period: float = 30 * DAY

    @property
    def budget(self) -> float:
        """The error budget: seconds of downtime that a period may hold (99.9 % of 30 days: 2592)."""
        return (1 - self.objective) * self.period


@dataclass(frozen=True)
class ServiceGoal:
    """A Service that is measured, and when it counts as available. The name is the one in `Run.services`."""

    name: str
    predicate: ReadyEndpoints | Capacity | Quorum
    slo: Slo | None = None
    """What is promised of it: error budget and alerts."""


def chain_entries(services: tuple[ServiceGoal, ...], calls: tuple[Call, ...]) -> list[ServiceGoal]:
    """The measured Services that call others, in their order: each is measured once more, with all that it needs."""
    return [goal for goal in services if any(call.caller == goal.name for call in calls)]


def chain_name(service: str) -> str:
    """How a Service is called where it is measured with all that its calls require: "frontend+calls"."""
    return f"{service}{_CHAIN_SUFFIX}"


def entry_of(chain: str) -> str:
    """The Service at the beginning of a chain, by the chain's name; any other name stays as it is."""
    return chain.removesuffix(_CHAIN_SUFFIX)

"""One Service over the measured window of one run: what every metric of a Service is a function of."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, TypeVar

from experiments.design.goal import History, Predicate, Slo
from models.arrays import Floats
from simulator.step_function import StepFunction

Seen = TypeVar("Seen")
Found = TypeVar("Found")


def once(function: Callable[[Seen], Found]) -> Callable[[Seen], Found]:
    """For what several metrics need: worked out once for each object that is observed, and kept there."""
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def kept(seen: Seen) -> Found:
        known: dict[str, Any] = vars(seen)
        if name not in known:
            known[name] = function(seen)
        found: Found = known[name]
        return found

    return kept


@dataclass(frozen=True)
class Listed:
    """A Service as the control plane sees it: every endpoint that is listed as ready is taken to answer."""

    ready: StepFunction
    desired: StepFunction

    @property
    def answering(self) -> StepFunction:
        """The endpoints listed as ready."""
        return self.ready


@dataclass(frozen=True)
class Observation:
    """A Service's history on the measured window [start, end], with its availability."""

    answering: StepFunction
    ready: StepFunction
    desired: StepFunction
    up: StepFunction
    """1.0 while the Service is available: what users meet."""
    believed: StepFunction
    """1.0 while it is, as far as the control plane knows: by the endpoints that are listed as ready."""
    slo: Slo | None = None
    """What was promised of it, if anything was."""

    @classmethod
    def of(
        cls, history: History, available: Predicate, start: float, end: float, slo: Slo | None = None
    ) -> "Observation":
        """Cut `history` to the window and judge it by `available`."""
        return cls(
            history.answering.clip(start, end),
            history.ready.clip(start, end),
            history.desired.clip(start, end),
            available.up(history).clip(start, end),
            available.up(Listed(history.ready, history.desired)).clip(start, end),
            slo,
        )

    @property
    def start(self) -> float:
        """Beginning of the window, in seconds since the cluster settled."""
        return self.up.start

    @property
    def window(self) -> float:
        """Length of the window, in seconds."""
        return self.up.duration

    @cached_property
    def outages(self) -> Floats:
        """Every maximal stretch without availability: shape (n, 2), start and end, cut at the window's ends."""
        return self.up.intervals_below(0.5)

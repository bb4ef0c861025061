"""Every random failure clock, in one place.

A clock is an Exp(1) threshold against the cumulative hazard of its law at its age: it fires when the hazard it has
lived through reaches the threshold. What it was exposed to is added up per failure mode, fired or not; the expected
number of firings equals the expected exposure (the clocks are compensated point processes), which checks any law, and
is what likelihood ratios need.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.distributions import Distribution
from simulator.kernel import Kernel, Order, Timer


@dataclass(slots=True)
class Exposure:
    """What the clocks of one failure mode went through."""

    fired: int = 0
    hazard: float = 0.0
    """Cumulative hazard lived through, summed over the clocks; its expectation is that of `fired`."""
    seconds: float = 0.0


class Clock:
    """Runs from `start` until it fires or is stopped; each start draws anew, at age 0."""

    __slots__ = ("_exposure", "_kernel", "_law", "_on_fire", "_rng", "_running", "_started", "_threshold", "_timer")

    def __init__(
        self,
        kernel: Kernel,
        running: "dict[Clock, None]",
        exposure: Exposure,
        law: Distribution,
        rng: np.random.Generator,
        on_fire: Callable[[], object],
    ) -> None:
        self._kernel = kernel
        self._running = running
        self._exposure = exposure
        self._law = law
        self._rng = rng
        self._on_fire = on_fire
        self._started: float | None = None
        self._threshold = 0.0
        self._timer: Timer | None = None

    def start(self) -> None:
        """Starts at age 0. A clock that would fire after the end of the run costs no timer."""
        now = self._kernel.now
        self._started = now
        self._running[self] = None
        self._threshold = self._rng.standard_exponential()
        delay = self._law.age_at(self._threshold)
        if now + delay <= self._kernel.end:
            self._timer = self._kernel.timer(delay, self._fire, Order.FAILURE)

    def stop(self) -> None:
        """Stops a running clock; does nothing to one that is not running."""
        if self._started is None:
            return
        age = self._kernel.now - self._started
        # Not more than the threshold: at the very end a rounded age must not count as hazard that was not there.
        self._exposure.hazard += min(self._law.cumulative_hazard(age), self._threshold)
        self._exposure.seconds += age
        self._started = None
        del self._running[self]
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        assert self._started is not None
        self._exposure.fired += 1
        self._exposure.hazard += self._threshold
        self._exposure.seconds += self._kernel.now - self._started
        self._started = self._timer = None
        del self._running[self]
        self._on_fire()


class Hazards:
    """The registry of all clocks of a run."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._running: dict[Clock, None] = {}
        self.exposure: dict[str, Exposure] = {}

    def clock(self, mode: str, law: Distribution, rng: np.random.Generator, on_fire: Callable[[], object]) -> Clock:
        """A clock of the failure mode `mode`, not yet started."""
        return Clock(self._kernel, self._running, self.exposure.setdefault(mode, Exposure()), law, rng, on_fire)

    def close(self) -> None:
        """Stops all clocks, so that the exposure of those still running is counted."""
        for clock in list(self._running):
            clock.stop()

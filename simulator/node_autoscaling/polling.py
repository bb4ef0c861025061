"""Polling: loops that look every few seconds, of which only those ticks are run that may change something."""

import math
from collections.abc import Callable

from simulator.component import Component
from simulator.kernel import Timer

_ROUNDING = 1e-9


class Polling:
    """A loop of ticks `interval` seconds apart, one of them at `phase`; `run_at` says after what a tick is to be run.

    `look` is called at such a tick, and returns the time after which it has to look again, come what may (infinity:
    only if it is told).
    """

    def __init__(self, kernel: Component, interval: float, phase: float, look: Callable[[], float]) -> None:
        self._kernel = kernel
        self._interval = interval
        self._phase = phase
        self._look = look
        self._timer: Timer | None = None
        self._due = math.inf

    def run_at(self, time: float) -> None:
        """Runs the first tick at or after `time`, unless an earlier one is to be run anyway."""
        if self._due <= time:
            return
        due = self._phase + math.ceil((time - self._phase) / self._interval - _ROUNDING) * self._interval
        if due >= self._due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        self._timer = self._kernel.timer(max(0.0, due - self._kernel.now), self._run)

    def _run(self) -> None:
        self._timer, self._due = None, math.inf
        again = self._look()
        if again < math.inf:
            self.run_at(max(again, self._kernel.now + self._interval / 2))

"""A look-aside cache that was lost, and is filled again by what the Service answers.

Source: Bronson et al., Metastable failures in distributed systems (HotOS 2021), 2.2: while the Service behind it is
overloaded nothing is answered in time, so nothing is cached, and the load stays what it is.
"""

from models.protection import Cache
from simulator.demand.surge import Surge
from simulator.kernel import Kernel, Timer

STEPS = 20
"""In which it becomes warm; within a step the load is that of its middle, which keeps the sum of all requests exact."""


class ColdCache:
    """One that is being filled; `surge` is what comes beside the usual misses."""

    def __init__(self, kernel: Kernel, cache: Cache, surge: Surge, answered: float) -> None:
        self._kernel, self._cache, self._surge = kernel, cache, surge
        self._steps = 0
        self._filled, self._since = 0.0, kernel.now
        """Part of the step that was done by then."""
        self._answered = answered
        self._timer: Timer | None = None
        self._go_on()

    @property
    def is_warm(self) -> bool:
        """Whether there is nothing left to do."""
        return self._steps == STEPS

    def observe(self, answered: float) -> None:
        """From now on this share of the misses is answered."""
        if answered != self._answered and not self.is_warm:
            self._bring_up_to_date()
            self._answered = answered
            self._plan()

    def _bring_up_to_date(self) -> None:
        now = self._kernel.now
        self._filled += (now - self._since) * self._answered * STEPS / self._cache.fill_time
        self._since = now

    def _plan(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._answered > 0:
            left = max(0.0, 1.0 - self._filled) * self._cache.fill_time / STEPS / self._answered
            self._timer = self._kernel.timer(left, self._step)

    def _step(self) -> None:
        self._steps += 1
        self._filled, self._since = 0.0, self._kernel.now
        self._go_on()

    def _go_on(self) -> None:
        if self.is_warm:
            self._surge.end()
            return
        self._plan()
        self._surge.become(self._cache.factor((self._steps + 0.5) / STEPS))

    def lose(self) -> None:
        """It is empty once more."""
        self._steps, self._filled, self._since = 0, 0.0, self._kernel.now
        self._go_on()

"""Outages of a Service in a period that is followed, as far as they lie in the measured window."""

import math


class Downtimes:
    """Told of every change, keeps when the Service was down."""

    def __init__(self, window: tuple[float, float] = (0.0, math.inf)) -> None:
        """`window`: where downtime counts, from and to, in the simulation's time."""
        self._start, self._end = window
        self._down_since: float | None = None
        self.outages: list[tuple[float, float]] = []
        """Stretches without availability within the window that are over, from and to."""
        self.begun_within = 0
        """How many of these began within it."""
        self.any = False
        """Whether it has been down at all, in the window or not."""

    def tell(self, is_up: bool, now: float) -> None:
        """The Service is, or is not, available from now on."""
        if is_up:
            self.close(now)
        elif self._down_since is None:
            self._down_since, self.any = now, True

    def close(self, now: float) -> None:
        """An outage, if there is one, ends; one that took no time was none."""
        if self._down_since is not None and now > (since := max(self._down_since, self._start)):
            self.outages.append((since, now))
            self.begun_within += self._down_since > self._start
        self._down_since = None

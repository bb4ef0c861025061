"""The requests per second to a Service over time, to be asked again and again."""

import math
from bisect import bisect_right

import numpy as np

from models.traffic import RequestRate


class Rate:
    """A `RequestRate` in arrays. Times are seconds since failures began."""

    def __init__(self, rate: RequestRate) -> None:
        self._times = [time for time, _ in rate.steps]
        self._rates = np.array([level for _, level in rate.steps])
        self._period = rate.period
        self.highest = float(self._rates.max())

    def at(self, time: float) -> float:
        """The rate at that time."""
        return float(self._rates[self._place(time)[1]])

    def next_change(self, time: float) -> float:
        """When it may be another next, strictly after `time`; infinite if it stays as it is."""
        start, place = self._place(time)
        while True:
            place += 1
            if place == len(self._times):
                if self._period is None:
                    return math.inf
                start, place = start + self._period, 0
            if (change := start + self._times[place]) > time:
                return change

    def next_above(self, time: float, level: float) -> float:
        """When it next steps to above a level, strictly after `time`; infinite if it never does."""
        if level >= self.highest:
            return math.inf
        start, place = self._place(time)
        later = np.flatnonzero(self._rates[place + 1 :] > level)
        if len(later):
            return start + self._times[place + 1 + int(later[0])]
        if self._period is None:
            return math.inf
        return start + self._period + self._times[int(np.flatnonzero(self._rates > level)[0])]

    def _place(self, time: float) -> tuple[float, int]:
        """The beginning of the round, and which of its steps holds; before the first, the last of the round before."""
        if self._period is None:
            return 0.0, max(0, bisect_right(self._times, time) - 1)
        start = math.floor(time / self._period) * self._period
        place = bisect_right(self._times, time - start) - 1
        return (start, place) if place >= 0 else (start - self._period, len(self._times) - 1)

"""The work that waits at a pod: a queue as a fluid.

Source: Kleinrock, Queueing Systems II (1976), 2.7, the fluid approximation. While requests for `utilisation` seconds
of work a second come to a pod that does one, what waits grows by utilisation - 1 seconds a second, and a request (a
probe, too) that comes now waits as long as there is work before it. Below 1 it shrinks to nothing: a fluid has no
queue there, as the random one of a pod that is not full is short against the time-outs of probes and clients.
"""

import math

_ROUNDING = 1e-9
"""Seconds: times are sums, and less than that is nothing."""


class Backlog:
    """Seconds of work that wait at a pod, piecewise linear in time; at most `longest`, as more is shed."""

    __slots__ = ("_since", "_work", "longest", "utilisation")

    def __init__(self, now: float) -> None:
        self._work, self._since = 0.0, now
        self.utilisation = 0.0
        self.longest = math.inf

    def at(self, now: float) -> float:
        """The seconds that a request waits which comes now."""
        return min(self.longest, max(0.0, self._work + (self.utilisation - 1.0) * (now - self._since)))

    def change(self, now: float, utilisation: float, longest: float) -> None:
        """From now on there comes so much work a second, and so much of it may wait."""
        self._work, self._since = self.at(now), now
        self.utilisation, self.longest = utilisation, longest

    def clear(self, now: float) -> None:
        """The process is another: nothing waits for it."""
        self.reach(now, 0.0)

    def reach(self, now: float, wait: float) -> None:
        """So much waits now, exactly: late in a long run, the time itself is known to a few nanoseconds only."""
        self._work, self._since = wait, now

    def idle(self, now: float) -> bool:
        """Whether nothing waits, nor will as things are."""
        return self.utilisation <= 1.0 and self.at(now) <= _ROUNDING

    def outgrows(self, wait: float, now: float) -> float:
        """How long until more waits than that, as things are; infinite if it never does."""
        growth = self.utilisation - 1.0
        return max(0.0, (wait - self.at(now)) / growth) if growth > 0 and self.longest > wait else math.inf

    def falls_below(self, wait: float, now: float) -> float:
        """How long until no more waits than that, as things are; infinite if it never does."""
        growth = self.utilisation - 1.0
        return max(0.0, (wait - self.at(now)) / growth) if growth < 0 else math.inf

"""Whether a Service was down after some steps, and for how long."""

import math
from dataclasses import dataclass

from experiments.design.goal import ServiceGoal
from simulator.attack.follow import FIRST, Followed


@dataclass(frozen=True)
class Outage:
    """The longest time for which a Service was down."""

    start: float
    """Seconds since the first step."""
    length: float
    """Seconds that it was seen down."""
    ends: bool
    """Whether it was up again."""
    for_ever: bool
    """Whether it stayed down when nothing was under way any more; if it neither ends nor does, nobody looked on."""

    @property
    def seconds(self) -> float:
        """How long it lasts; infinite if it does not end."""
        return math.inf if self.for_ever else self.length


def longest_outage(followed: Followed, goal: ServiceGoal, longer_than: float) -> Outage | None:
    """The longest of those that last longer; None if there is none."""
    up = goal.predicate.up(followed.services[goal.name])
    ends = [*up.times[1:].tolist(), up.end]
    found = None
    for start, end, value in zip(up.times.tolist(), ends, up.values.tolist(), strict=True):
        if not value and end - start > max(longer_than, found.length if found else 0.0):
            over = end < followed.end
            found = Outage(start - FIRST, end - start, over, not over and followed.over)
    return found

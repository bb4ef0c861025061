"""Sojourns: stretches in states that failures have left behind, which are seldom, and from which an outage is near.

Where replicas may move, placement has a memory. Three replicas that are free to move come to lie in one zone once in a
hundred years, stay there for weeks, and then one outage of that zone takes all of them; and they come there because a
second zone was lost while the first was being repaired, and all of them answered. Most of the downtime may come from
there, and no run that is only looked at now and then comes there. But failures that are made to strike do. So what
follows a degraded period, or a failure that took no endpoint away, is followed on, weighed as it is, until the state is
a usual one again, and such stretches are left out where runs are looked at.

A state in which all endpoints answer is *weakened* while what has struck is being repaired, and *precarious* if a
failure would be an outage at once that is not one in usual states. A sojourn begins where a degraded period out of any
ends in a weakened state, or in a precarious one and did not begin in one, or where a node is lost that no endpoint is
on; it ends where neither holds any more. Every moment lies in a sojourn or in none, by the run's own past; so for the
Y_i and h_i of `simulator.rare`, i taking in clocks that only weaken,

    E[downtime] = E[integral over the time out of sojourns in which all answer of sum over i of h_i(t) (Y_i(t) + Z_i)]
                  + E[sum of Y + Z],

the last sum over the degraded periods out of sojourns that begin otherwise, and Z the downtime in the sojourn that
follows, 0 if none does. It holds wherever the lines are drawn; where they are drawn says what is seen of it.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass

from simulator.hazards import Clock
from simulator.rare.watched import Watched
from simulator.simulation import Simulation


@dataclass(frozen=True)
class Sojourn:
    """What came of one; times in seconds."""

    layout: str = ""
    """How endpoints lay together when it began (`Watched.layout`)."""
    outages: tuple[tuple[float, float], ...] = ()
    """As of a `DegradedPeriod`."""
    begun_within: int = 0
    lasted: float = 0.0
    struck: tuple[str, ...] = ()
    """As of a `DegradedPeriod`."""
    weight: float = 1.0
    """The likelihood ratio of what happened up to its first outage, or to its end, and of the period before it."""

    @property
    def downtime(self) -> float:
        """Seconds without availability, within the measured window."""
        return sum(end - start for start, end in self.outages)


class Sojourns:
    """Tells of one Service whether it is in a sojourn."""

    def __init__(self, simulation: Simulation, watched: Watched, usual: Collection[str] | None) -> None:
        """`usual`: the failure modes that are an outage at once in usual states; None: there are no sojourns."""
        self._kernel, self._hazards, self._watched = simulation.kernel, simulation.hazards, watched
        self.usual = None if usual is None else frozenset(usual)
        self._was_full = watched.is_full
        self.is_precarious = self._was_full and self._precarious()
        """Whether the last degraded period left a precarious state behind, or there was one at the start."""
        self._entered, self._until = False, -math.inf
        if self.usual is not None:
            watched.on_change.append(self._changed)
            self._hazards.before_fire.append(self._fires)

    def begin(self, is_precarious: bool) -> None:
        """It is in none now; `is_precarious`: what would be known if all had been told of from the start."""
        self.is_precarious, self._entered, self._until = is_precarious, False, -math.inf
        self._was_full = self._watched.is_full

    @property
    def is_one(self) -> bool:
        """Whether it is in a sojourn now; of a degraded period, whether it was when this began."""
        return self._entered or self._kernel.now < self._until

    @property
    def ends(self) -> float:
        """When the sojourn ends if nothing happens."""
        return math.inf if self._entered else self._until

    @property
    def is_entered(self) -> bool:
        """Whether it is in one, and that in a precarious state that it has entered."""
        return self._entered

    def _precarious(self) -> bool:
        return self.usual is not None and bool(self._watched.fatal_clocks(self.usual))

    def _changed(self) -> None:
        is_full = self._watched.is_full
        if is_full and not self._was_full:
            left = self._precarious()
            self._entered = left and (self._entered or not self.is_precarious)
            self.is_precarious = left
            self._weakened()
        self._was_full = is_full

    def _fires(self, clock: Clock) -> None:
        """A node is lost that no endpoint is on; its repair is known when all that happens at once has happened."""
        if clock.nodes and clock.rate is not None and self._watched.is_full and not self._watched.is_critical(clock):
            self._kernel.timer(0.0, self._weakened)

    def _weakened(self) -> None:
        self._until = self._kernel.now + self._hazards.repairs.longest_left(self._hazards.exposure)

"""Whom a story is about."""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from models.distributions import Distribution
from simulator.hazards import Clock, Hazards
from simulator.kernel import Event, Kernel, Order, Story
from simulator.state.cluster import ClusterState
from simulator.stories.outage import Effect, Outage, without_power
from simulator.stories.people import People
from simulator.stories.repair import ByPeople, Repair


class Subject:
    """One thing that a story happens to: its own luck, its own clock."""

    def __init__(
        self,
        kernel: Kernel,
        state: ClusterState,
        hazards: Hazards,
        strikes: Counter[str],
        outages: list[Outage],
        people: People,
        mode: str,
        name: str,
        rng: np.random.Generator,
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._hazards = hazards
        self._strikes = strikes
        self.mode = mode
        self.name = name
        self.rng = rng
        self._clock: Clock | None = None
        self._people = people
        self._outages = outages
        """Those of all subjects, but for some that are over."""
        self._gone = False

    @property
    def cause(self) -> str:
        """What the log calls it: "mode/subject"."""
        return f"{self.mode}/{self.name}"

    def strike(self) -> None:
        """It strikes: that is counted."""
        self._strikes[self.mode] += 1

    def failure_after(self, law: Distribution, nodes: Collection[int] = ()) -> Event:
        """An event to yield: a failure clock with this law runs from now, at age 0, until it fires.

        `nodes`: those that the story takes down at once then; none if it does something else, or later.
        """
        event = self._kernel.event()
        if not self._gone:
            self._clock = self._hazards.clock(self.mode, law, self.rng, event.succeed, self.name, nodes)
            self._clock.start()
        return event

    def step_after(self, law: Distribution) -> Event:
        """An event to yield: what has begun goes on after a time of this law. It is no failure of its own."""
        return self._kernel.sleep(law.sample(self.rng), Order.FAILURE)

    def repair(self, law: Distribution, of: str = "") -> float:
        """Seconds that the repair takes which begins now: of all that broke, or of this part of it."""
        return self._hazards.repairs.draw(self.mode, of or self.name, law, self.rng)

    def mend(self, repair: Repair, of: str = "") -> Event:
        """An event to yield: succeeds when all that broke now, or this part of it, is repaired."""
        if isinstance(repair, ByPeople):
            return self._people.mend(repair.response, self.mode, of or self.name, self.rng)
        return self._kernel.sleep(self.repair(repair, of), Order.REPAIR)

    def leave(self) -> None:
        """It is gone for good: it fails no more."""
        self._gone = True
        if self._clock is not None:
            self._clock.stop()

    def take_down(self, nodes: Collection[int]) -> Outage:
        """The nodes lose power at once, for the cause "mode/subject"; nobody in the cluster is told."""
        self.strike()
        return self.switch_off(nodes)

    def switch_off(self, nodes: Collection[int]) -> Outage:
        """As `take_down`, as a part of something larger: it does not count as a strike."""
        return self._begin(self._power, nodes)

    def impair(self, effects: Sequence[Effect], nodes: Collection[int]) -> Outage:
        """The nodes lack something from now on, for the cause "mode/subject"; that is a strike."""
        self.strike()
        return self._begin(effects, nodes)

    @property
    def _power(self) -> Sequence[Effect]:
        return (without_power(self._state.nodes),)

    def _begin(self, effects: Sequence[Effect], nodes: Collection[int]) -> Outage:
        outage = Outage(effects, nodes, self._state.cause(self.cause))
        self._outages[:] = [*(one for one in self._outages if not one.over), outage]
        return outage

    def take_down_until(self, mended: Event, nodes: Collection[int]) -> None:
        """As `take_down`; the nodes get power back at this event, whatever the story does until then."""
        outage = self.take_down(nodes)
        self._kernel.when(mended, outage.end)

    def up_and_down(self, nodes: Collection[int], time_to_failure: Distribution, time_to_repair: Repair) -> Story:
        """The story of nodes that lose power together, are repaired together, and start anew."""
        return self.well_and_impaired(nodes, self._power, time_to_failure, time_to_repair, at_once=nodes)

    def well_and_impaired(
        self,
        nodes: Collection[int],
        effects: Sequence[Effect],
        time_to_failure: Distribution,
        time_to_repair: Repair,
        at_once: Collection[int],
    ) -> Story:
        """The story of nodes that are impaired together, are repaired together, and start anew.

        `at_once`: those of them whose pods stop answering at once.
        """
        while True:
            yield self.failure_after(time_to_failure, at_once)
            mended = self.mend(time_to_repair)
            outage = self.impair(effects, nodes)
            yield mended
            outage.end()

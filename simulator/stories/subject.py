"""Whom a story is about."""

import math
from collections import Counter
from collections.abc import Collection

import numpy as np

from models.distributions import Distribution
from simulator.hazards import Clock, Hazards
from simulator.kernel import Event, Kernel, Order, Story
from simulator.state.cluster import ClusterState
from simulator.stories.outage import Outage


class Subject:
    """One thing that a story happens to: its own luck, its own clock."""

    def __init__(
        self,
        kernel: Kernel,
        state: ClusterState,
        hazards: Hazards,
        strikes: Counter[str],
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
        self._outages: list[Outage] = []
        self.left = math.inf
        """When it went for good."""

    def failure_after(self, law: Distribution) -> Event:
        """An event to yield: a failure clock with this law runs from now, at age 0, until it fires."""
        event = self._kernel.event()
        if not self.gone:
            self._clock = self._hazards.clock(self.mode, law, self.rng, event.succeed)
            self._clock.start()
        return event

    @property
    def gone(self) -> bool:
        """Whether it has left."""
        return self.left < math.inf

    def leave(self) -> None:
        """It is gone for good: it fails no more."""
        self.left = self._kernel.now
        if self._clock is not None:
            self._clock.stop()

    def extend_outages(self) -> None:
        """Nodes may have joined what is down: they are down with it."""
        for outage in self._outages:
            outage.extend()

    def take_down(self, nodes: Collection[int]) -> Outage:
        """The nodes lose power at once, for the cause "mode/subject"; nobody in the cluster is told."""
        self._strikes[self.mode] += 1
        return self.switch_off(nodes)

    def switch_off(self, nodes: Collection[int]) -> Outage:
        """As `take_down`, as a part of something larger: it does not count as a strike."""
        outage = Outage(self._state.nodes, nodes, self._state.cause(f"{self.mode}/{self.name}"))
        self._outages = [*(one for one in self._outages if not one.over), outage]
        return outage

    def take_down_for(self, seconds: float, nodes: Collection[int]) -> None:
        """As `take_down`; the nodes get power back after `seconds`, whatever the story does until then."""
        self._kernel.timer(seconds, self.take_down(nodes).end, Order.REPAIR)

    def up_and_down(self, nodes: Collection[int], time_to_failure: Distribution, time_to_repair: Distribution) -> Story:
        """The story of nodes that fail together, are repaired together, and start anew."""
        while True:
            yield self.failure_after(time_to_failure)
            outage = self.take_down(nodes)
            yield self._kernel.sleep(time_to_repair.sample(self.rng), Order.REPAIR)
            outage.end()

"""drain: nodes are emptied, worked on and put back to use."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from models.distributions import Distribution
from models.labels import LabelSelector
from models.maintenance import Calendar, open_from
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.attempts import Attempt, Outcome, check_times, first_time, next_time
from simulator.stories.crew import Crew
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.references import CrewName
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("operation", "drain")
@dataclass(frozen=True)
class Drain:
    """Nodes are emptied one after another, as by `kubectl drain`, worked on, and put back to use: a patching round.

    A node is cordoned, and all its pods but static ones and those of DaemonSets are evicted (pods of no controller
    too, as with --force: nobody makes them again). An eviction that a disruption budget forbids is tried again every
    5 s. Once the pods are gone the node is worked on and uncordoned. A node that is not empty in time is uncordoned as
    it is. Nodes that join are met by the next round.

    Source: k8s.io/kubectl/pkg/drain.
    """

    disruption: ClassVar = DisruptionKind.DRAIN
    name: str
    every: float | None = None
    """Time between the beginnings of two rounds; without it, a single one."""
    at: float | None = None
    """From the start to the first round; `every` by default."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels, those that join later included; all by default."""
    max_concurrent: int = 1
    """How many nodes are being drained or worked on at once."""
    crew: CrewName | None = field(default=None, metadata={"optional": True})
    """Who does it: each node takes one of this crew until it is back in use. Without it there is always somebody."""
    timeout: float | None = None
    """After this time a node that is not empty is given up; without it, never."""
    maintenance: Distribution | None = None
    """How long an empty node is worked on; without it, it is put back to use at once."""
    reboot: bool = True
    """The node is off while it is worked on."""
    calendar: Calendar | None = None
    """When it may begin (maintenance windows, change freezes): what is due otherwise waits; without it, at any time."""

    def __post_init__(self) -> None:
        check_times("drain", self.at, self.every)
        if self.max_concurrent < 1:
            raise ValueError("`max_concurrent` must be at least 1")
        if self.timeout is not None and self.timeout <= 0:
            raise ValueError("`timeout` must be positive")

    def install(self, world: World) -> None:
        crews = [world.crew(self.max_concurrent)]
        if self.crew is not None:
            crews.append(world.people.crew(self.crew))
        world.tell_each(self.name, self.select, self._story, world, crews)

    def _story(self, subject: Subject, node: int, world: World, crews: Sequence[Crew]) -> Story:
        """Every node asks for its turn at the beginning of a round; a round that takes longer delays the next."""
        first = next_time(first_time(self.at, self.every), self.every, world.elapsed)
        if first == math.inf:
            return
        agenda = world.agenda(self.name, subject.name, first, self.every)
        for attempt in agenda:
            yield world.until(open_from(self.calendar, attempt.asked))
            for crew in crews:
                yield crew.turn()
            if world.machines.exists(node):
                yield from self._maintain(world, subject, node, attempt)
            else:
                world.journal.withdraw(agenda)
            for crew in crews:
                crew.done()

    def _maintain(self, world: World, subject: Subject, node: int, attempt: Attempt) -> Story:
        # Drawn whether or not it comes to it, so that every policy meets the same times.
        lasting = None if self.maintenance is None else self.maintenance.sample(subject.rng)
        attempt.begin(world.now)
        cordon = world.cordon([node], self.name, subject.name)
        deadline = math.inf if self.timeout is None else world.now + self.timeout
        yield from world.empty(node, attempt, deadline)
        if attempt.emptied is not None and lasting is not None:
            outage = subject.switch_off([node]) if self.reboot else None
            yield world.sleep(lasting)
            if outage is not None:
                outage.end()
        cordon.end()
        attempt.end(world.now, Outcome.GIVEN_UP if attempt.emptied is None else Outcome.DONE)

"""loadSpike: more requests than usual come to a Service for a while."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.references import ServiceName
from simulator.stories.subject import Subject
from simulator.stories.world import World

_MOST = 1e6
"""Rates are kept in millionths of the usual one."""


@register("failure", "loadSpike")
@dataclass(frozen=True)
class LoadSpike:
    """For a while so many times the usual requests come to a Service; after that the usual ones.

    A sale, a news item, clients that all come back at once. About 35 % of metastable failures began with a spike of the
    load (Huang et al., Metastable failures in the wild, OSDI 2022). What it does to pods follows from their capacity,
    and what lasts when it is over from retries, probes and caches. Spikes that overlap multiply.
    """

    disruption: ClassVar = DisruptionKind.OVERLOAD
    name: str
    target: ServiceName
    """The Service, as in `traffic`."""
    time_to_failure: Distribution
    """From the end of one (or the start) to the next."""
    time_to_repair: Distribution
    """How long it lasts."""
    factor: float = 2.0
    """So many times the usual requests: a round figure of our choice. Below 1 it is a slump."""

    def __post_init__(self) -> None:
        if not 1 / _MOST <= self.factor <= _MOST or self.factor == 1:
            bounds = f"from {1 / _MOST:g} to {_MOST:g}, and not 1"
            raise ValueError(f"a spike's factor must be {bounds} (got {self.factor!r})")

    def install(self, world: World) -> None:
        world.users.expect(self.target, self.factor)
        world.tell(self.name, self.target, self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        while True:
            yield subject.failure_after(self.time_to_failure)
            subject.strike()
            surge = world.users.surge(self.target, self.factor, subject.cause)
            yield subject.mend(self.time_to_repair)
            surge.end()

"""cacheLoss: the cache before a Service is empty at once."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.references import CachedServiceName
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "cacheLoss")
@dataclass(frozen=True)
class CacheLoss:
    """The look-aside cache that the clients of a Service have (`traffic.cache`) is restarted, flushed or lost.

    At once all requests reach the Service, 1 / (1 - hitShare) times as many as before: ten times with 90 % of hits. Its
    answers fill the cache again; where it is overloaded and clients give up, they do not, and it stays so (Bronson et
    al., HotOS 2021).
    """

    disruption: ClassVar = DisruptionKind.OVERLOAD
    name: str
    target: CachedServiceName
    """The Service, as in `traffic`."""
    time_to_failure: Distribution
    """From one loss (or the start) to the next, whether or not the cache is warm again by then."""

    def install(self, world: World) -> None:
        world.users.expect_cache_loss(self.target)
        world.tell(self.name, self.target, self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        while True:
            yield subject.failure_after(self.time_to_failure)
            subject.strike()
            world.users.lose_cache(self.target, subject.cause)

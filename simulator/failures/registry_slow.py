"""registrySlow: images come, but slowly."""

import math
from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "registrySlow")
@dataclass(frozen=True)
class RegistrySlow:
    """The image registry answers slowly for a while: every pull that begins then takes `factor` times as long.

    A node pulls one image at a time (serializeImagePulls), so pods wait behind each other: it is felt where many start
    at once, after a node or a zone was lost. Pulls under way keep their time.
    """

    disruption: ClassVar = DisruptionKind.CONTROL_PLANE
    name: str
    time_to_failure: Distribution
    """From the end of such a time (or the start) to the next."""
    time_to_repair: Repair
    """How long the registry is slow."""
    factor: float = 10.0
    """How many times as long a pull takes, 1 or more: 10 by default (our choice)."""

    def __post_init__(self) -> None:
        if not 1 <= self.factor < math.inf:
            raise ValueError(f"`factor` must be at least 1 and finite (got {self.factor!r})")

    def install(self, world: World) -> None:
        world.tell(self.name, "registry", self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        while True:
            yield subject.failure_after(self.time_to_failure)
            subject.strike()
            trouble = world.image_registry.fail(subject.cause, self.factor)
            yield subject.mend(self.time_to_repair)
            world.image_registry.repair(trouble)

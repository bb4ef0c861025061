"""cordon: nodes take no new pods for a while."""

from dataclasses import dataclass
from typing import ClassVar

from models.labels import LabelSelector
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("operation", "cordon")
@dataclass(frozen=True)
class Cordon:
    """Nodes are cordoned, all at once that are there then: what runs on them stays, and nothing new comes."""

    disruption: ClassVar = DisruptionKind.DRAIN
    name: str
    at: float
    """From the start."""
    lasting: float | None = None
    """Until they are uncordoned; without it, for good."""
    select: LabelSelector = LabelSelector()
    """Which of the nodes that are there by then, by their labels; all by default."""

    def __post_init__(self) -> None:
        if self.at < 0:
            raise ValueError("`at` must not be negative")
        if self.lasting is not None and self.lasting <= 0:
            raise ValueError("`lasting` must be positive")

    def install(self, world: World) -> None:
        world.tell_each(self.name, self.select, self._story, world)

    def _story(self, subject: Subject, node: int, world: World) -> Story:
        if world.elapsed > self.at:
            return
        yield world.until(self.at)
        if not world.machines.exists(node):
            return
        attempt = world.journal.note(self.name, subject.name, world.now)
        cordon = world.cordon([node], self.name, subject.name)
        if self.lasting is not None:
            yield world.sleep(self.lasting)
            cordon.end()
        attempt.end(world.now)

"""cordon: nodes take no new pods for a while."""

from dataclasses import dataclass

from models.labels import LabelSelector
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("operation", "cordon")
@dataclass(frozen=True)
class Cordon:
    """Nodes are cordoned, all at once that are there then: what runs on them stays, and nothing new comes."""

    name: str
    at: float
    """From the start."""
    lasting: float | None = None
    """Until they are uncordoned; without it, for good."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels; all by default."""

    def __post_init__(self) -> None:
        if self.at < 0:
            raise ValueError("`at` must not be negative")
        if self.lasting is not None and self.lasting <= 0:
            raise ValueError("`lasting` must be positive")

    def install(self, world: World) -> None:
        def tell(node: int) -> Subject:
            return world.tell(self.name, world.node_name(node), self._story, world, node)

        world.each_node(self.select, tell)

    def _story(self, subject: Subject, world: World, node: int) -> Story:
        for attempt in world.agenda(self.name, subject.name, self.at, None, node):
            yield world.sleep(self.at - world.now)
            if world.is_there(node):
                attempt.begin(world.now)
                cordon = world.cordon([node], self.name, subject.name)
                if self.lasting is not None:
                    yield world.sleep(self.lasting)
                    cordon.end()
                attempt.end(world.now)

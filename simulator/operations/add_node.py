"""addNode: nodes join the cluster."""

from dataclasses import dataclass

from models.labels import LabelSelector
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("operation", "addNode")
@dataclass(frozen=True)
class AddNode:
    """Nodes join, all at once and Ready, each like the first node that is meant.

    Without an autoscaler they stay for good, or until another operation takes them away.
    """

    name: str
    like: LabelSelector
    """Which nodes they are like, by their labels (`pool=general`): the first of those that are there."""
    at: float
    """From the start."""
    count: int = 1
    """How many."""

    def __post_init__(self) -> None:
        if self.at < 0:
            raise ValueError("`at` must not be negative")
        if self.count < 1:
            raise ValueError("`count` must be at least 1")

    def install(self, world: World) -> None:
        if nodes := world.nodes(self.like):
            world.tell(self.name, world.node_name(nodes[0]), self._story, world, nodes[0])

    def _story(self, subject: Subject, world: World, node: int) -> Story:
        like = world.node(node)  # as it is at the start: it may be gone by then
        (attempt,) = world.agenda(subject, self.at, None)
        yield world.sleep(self.at)
        attempt.begin(world.now)
        world.strikes[self.name] += 1
        for _ in range(self.count):
            world.machines.add_node(like, self.name, subject.name)
        attempt.end(world.now)

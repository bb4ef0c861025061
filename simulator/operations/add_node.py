"""addNode: nodes join the cluster."""

from dataclasses import dataclass
from typing import ClassVar

from models.labels import LabelSelector
from models.node import Node
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

    changes_nodes: ClassVar = True
    name: str
    like: LabelSelector
    """Which nodes they are like, by their labels (`pool=general`): the first of those that are there at the start."""
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
        like = world.example(self.like)  # as it is at the start: it may be gone by then
        if like is not None:
            world.tell(self.name, like.name, self._story, world, like)

    def _story(self, subject: Subject, world: World, like: Node) -> Story:
        for attempt in world.agenda(self.name, subject.name, self.at, None):
            yield world.until(attempt.asked)
            attempt.begin(world.now)
            subject.strike()
            for _ in range(self.count):
                world.machines.add_node(like, self.name, subject.name)
            attempt.end(world.now)

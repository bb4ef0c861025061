"""nodeCrash: a node stops, and comes back after a while."""

from dataclasses import dataclass

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.kernel import Story
from simulator.registry import register
from simulator.world import Subject, World


@register("failure", "nodeCrash")
@dataclass(frozen=True)
class NodeCrash:
    """A node stops without a word (power, kernel, hardware) and boots again after its repair.

    Each node has a clock of its own, new after every repair, which runs whether or not the node is down for another
    reason.
    """

    name: str
    time_to_failure: Distribution
    """From a repair (or the start) to the next crash."""
    time_to_repair: Distribution
    """From the crash to the node's kubelet being back."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels; all by default."""

    def install(self, world: World) -> None:
        for node in world.nodes(self.select):
            world.tell(self.name, world.node_name(node), lambda subject, node=node: self._story(world, subject, node))  # type: ignore[misc]

    def _story(self, world: World, subject: Subject, node: int) -> Story:
        while True:
            yield subject.failure_after(self.time_to_failure)
            outage = subject.take_down([node])
            yield world.sleep(self.time_to_repair.sample(subject.rng))
            outage.end()

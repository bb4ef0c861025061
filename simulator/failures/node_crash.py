"""nodeCrash: a node stops, and comes back after a while."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "nodeCrash")
@dataclass(frozen=True)
class NodeCrash:
    """A node stops without a word (power, kernel, hardware) and boots again after its repair.

    Each node has a clock of its own, new after every repair, which runs whether or not the node is down for another
    reason.
    """

    disruption: ClassVar = DisruptionKind.NODE
    name: str
    time_to_failure: Distribution
    """From a repair (or the start) to the next crash."""
    time_to_repair: Repair
    """From the crash to the node's kubelet being back."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels; all by default."""

    def install(self, world: World) -> None:
        def tell(node: int) -> Subject:
            name = world.node_name(node)
            return world.tell(self.name, name, Subject.up_and_down, [node], self.time_to_failure, self.time_to_repair)

        world.each_node(self.select, tell)

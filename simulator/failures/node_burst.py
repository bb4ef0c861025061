"""nodeBurst: nodes fail alone, or several shortly after each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.distributions import Distribution, Fixed, Scaled, Uniform
from models.labels import LabelSelector
from models.node import ZONE_LABEL
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.references import LabelKey
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "nodeBurst")
@dataclass(frozen=True)
class NodeBurst:
    """Nodes crash, and some crashes take others along: a share of all node failures comes in bursts.

    A burst is a chain of failures, each within a short time of the one before (Ford et al., Availability in Globally
    Distributed Storage Systems, OSDI 2010, section 3, with 120 s). Each node has a clock of its own, as for nodeCrash;
    when it fires the node fails, alone or as the first of a burst, whose size is geometric from 2 up, and not more
    than there are nodes in it. Every node of a burst is repaired on its own. The clocks are slowed down so far that
    nodes, bursts included, fail as often as without bursts.
    """

    disruption: ClassVar = DisruptionKind.NODE
    name: str
    time_to_failure: Distribution
    """From a node's repair (or the start) to its next failure: alone, first in a burst, or in another's burst."""
    time_to_repair: Repair
    """From a node's failure to its kubelet being back; a draw for each node of a burst."""
    burst_share: float = 0.37
    """Share of node failures that are part of a burst of at least two; below 1."""
    mean_size: float = 4.0
    """Mean number of nodes in a burst, where there are enough; at least 2."""
    within: float = 120.0
    """Each failure of a burst follows the one before within this time, uniformly."""
    domain: LabelKey = ZONE_LABEL
    """Label whose nodes of one value (a rack, a zone) fail together in local bursts."""
    local_share: float = 1.0
    """Share of bursts that stay inside the first node's domain; the others may hit any node."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels; all by default."""

    def __post_init__(self) -> None:
        if not 0 <= self.burst_share < 1:
            raise ValueError(f"burst_share must be at least 0 and below 1 (got {self.burst_share!r})")
        if not 0 <= self.local_share <= 1:
            raise ValueError(f"local_share must be between 0 and 1 (got {self.local_share!r})")
        if not self.mean_size >= 2:
            raise ValueError(f"mean_size must be at least 2 (got {self.mean_size!r})")

    def install(self, world: World) -> None:
        everywhere = world.all_nodes(self.select)
        domains = world.domains(self.domain, self.select).values()

        def tell(node: int) -> Subject:
            near = next((nodes for nodes in domains if node in nodes), [node])
            return world.tell(self.name, world.node_name(node), self._story, world, node, near, everywhere)

        world.each_node(self.select, tell)

    def _story(self, subject: Subject, world: World, node: int, near: list[int], everywhere: list[int]) -> Story:
        gap = Uniform(0.0, self.within) if self.within > 0 else Fixed(0.0)
        while True:
            size = self.local_share * self._size(len(near)) + (1 - self.local_share) * self._size(len(everywhere))
            begins = self.burst_share / (size * (1 - self.burst_share) + self.burst_share)
            alone_or_first = Scaled(self.time_to_failure, 1 - begins + begins * size)
            yield subject.failure_after(alone_or_first, [node])
            mended = subject.mend(self.time_to_repair)
            subject.take_down_until(mended, [node])
            if subject.rng.random() < begins:
                pool = near if subject.rng.random() < self.local_share else everywhere
                for companion in self._companions(node, pool, subject.rng):
                    yield subject.step_after(gap)
                    subject.take_down_until(subject.mend(self.time_to_repair, world.node_name(companion)), [companion])
            yield mended

    def _companions(self, first: int, pool: Sequence[int], rng: np.random.Generator) -> list[int]:
        """The other nodes of a burst, in the order of their failures."""
        others = [node for node in pool if node != first]
        count = min(int(rng.geometric(1 / (self.mean_size - 1))), len(others))
        return [int(node) for node in rng.choice(others, count, replace=False)] if count else []

    def _size(self, nodes: int) -> float:
        """The mean size of a burst among so many nodes: of 1 + Geometric(q), q = 1/(mean_size - 1), cut off there."""
        goes_on = 1 - 1 / (self.mean_size - 1)
        return 1 + sum(goes_on**further for further in range(nodes - 1))

"""removeNode: nodes are taken out of the cluster for good."""

from dataclasses import dataclass
from typing import ClassVar

from models.kubelet_configuration import KubeletConfiguration
from models.labels import LabelSelector
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.attempts import Outcome
from simulator.stories.crew import Crew
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("operation", "removeNode")
@dataclass(frozen=True)
class RemoveNode:
    """Nodes are drained and deleted, one after the other: `kubectl drain`, `kubectl delete node`, and the machine off.

    Evictions that a disruption budget forbids are tried again every 5 s. A node that is not empty in time is uncordoned
    and stays. Without a drain the machine and its Node object are gone at once, and its pods are left to the garbage
    collector, unless their kubelet ends them as the machine is shut down (`kubelet`).
    """

    changes_nodes: ClassVar = True
    disruption: ClassVar = DisruptionKind.DRAIN
    name: str
    at: float
    """From the start."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels, of those that are there then; all by default."""
    count: int = 1
    """How many of them at most, those that joined last first."""
    drained: bool = True
    """Whether they are drained before."""
    timeout: float = 900.0
    """After this time a node that is not empty is given up."""
    kubelet: KubeletConfiguration = KubeletConfiguration()
    """What the kubelets do when their machines are shut down (graceful node shutdown); nothing by default."""

    def __post_init__(self) -> None:
        if self.at < 0:
            raise ValueError("`at` must not be negative")
        if self.count < 1:
            raise ValueError("`count` must be at least 1")
        if self.timeout <= 0:
            raise ValueError("`timeout` must be positive")

    def install(self, world: World) -> None:
        world.tell(self.name, "", self._begin, world)

    def _begin(self, _: Subject, world: World) -> Story:
        if world.elapsed > self.at:
            return
        yield world.until(self.at)
        crew, leaving = world.crew(1), world.machines.leaving
        for node in [node for node in world.nodes(self.select) if node not in leaving][: -self.count - 1 : -1]:
            leaving.add(node)
            world.tell(self.name, world.node_name(node), self._story, world, node, crew)

    def _story(self, subject: Subject, world: World, node: int, crew: Crew) -> Story:
        agenda = world.agenda(self.name, subject.name, world.elapsed, None)
        (attempt,) = agenda
        yield crew.turn()
        if not world.machines.exists(node):
            world.journal.withdraw(agenda)
            crew.done()
            return
        attempt.begin(world.now)
        if self.drained:
            cordon = world.cordon([node], self.name, subject.name)
            yield from world.empty(node, attempt, world.now + self.timeout)
            if attempt.emptied is None:
                cordon.end()
                world.machines.leaving.discard(node)
                attempt.end(world.now, Outcome.GIVEN_UP)
                crew.done()
                return
        else:
            subject.strike()
        yield world.shut_down(node, self.kubelet, self.name, subject.name)
        world.machines.remove_node(node, self.name, subject.name)
        attempt.end(world.now)
        crew.done()

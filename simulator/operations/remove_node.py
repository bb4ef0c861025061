"""removeNode: nodes are taken out of the cluster for good."""

from dataclasses import dataclass

from models.kubelet_configuration import KubeletConfiguration
from models.labels import LabelSelector
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.attempts import Outcome
from simulator.stories.crew import Crew
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
        def begin() -> None:
            crew = world.crew(1)
            for node in world.nodes(self.select)[: -self.count - 1 : -1]:
                world.tell(self.name, world.node_name(node), self._story, world, node, crew)

        world.at(self.at, begin)

    def _story(self, subject: Subject, world: World, node: int, crew: Crew) -> Story:
        (attempt,) = world.agenda(self.name, subject.name, self.at, None, node)
        yield crew.turn()
        if not world.is_there(node):
            crew.done()
            return
        attempt.begin(world.now)
        if self.drained:
            cordon = world.cordon([node], self.name, subject.name)
            yield from world.empty(node, attempt, world.now + self.timeout)
            if attempt.emptied is None:
                cordon.end()
                attempt.end(world.now, Outcome.GIVEN_UP)
                crew.done()
                return
        yield world.shut_down(node, self.kubelet, self.name, subject.name)
        world.machines.remove_node(node, self.name, subject.name)
        attempt.end(world.now)
        crew.done()

"""outOfService: nodes that stay away are declared to be off."""

from dataclasses import dataclass

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("operation", "outOfService")
@dataclass(frozen=True)
class OutOfService:
    """A node that is not Ready for long gets the taint node.kubernetes.io/out-of-service:NoExecute until it is back.

    Somebody, or a program, who has made sure that the machine is off does so: its pods are deleted and collected, and
    its volumes are detached without the wait of 6 min (non-graceful node shutdown).
    """

    name: str
    after: Distribution
    """From when the node is marked as not Ready to the taint; a node that is Ready before gets none."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels, those that join later included; all by default."""

    def install(self, world: World) -> None:
        world.tell_each(self.name, self.select, self._story, world)

    def _story(self, subject: Subject, node: int, world: World) -> Story:
        while world.machines.exists(node):
            yield world.watch.until(node, ready=False)
            back = world.watch.until(node, ready=True)
            yield world.sleep(self.after.sample(subject.rng)) | back
            if not back.triggered:
                attempt = world.journal.note(self.name, subject.name, world.now)
                world.machines.set_out_of_service(node, True, self.name)
                yield back
                world.machines.set_out_of_service(node, False, self.name)
                attempt.end(world.now)

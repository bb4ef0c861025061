"""spotReclaim: the cloud takes a machine back, with some notice."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from models.kubelet_configuration import KubeletConfiguration
from models.labels import LabelSelector
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.attempts import Attempt
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "spotReclaim")
@dataclass(frozen=True)
class SpotReclaim:
    """A spot (preemptible) machine is taken back for good: its node is gone, and its Node object with it.

    If something listens to the notice (AWS Node Termination Handler, Karpenter), the node is cordoned and its pods are
    evicted from the notice on, budgets obeyed; what has not ended when the notice is over ends with the machine. If
    nothing does, the pods run until then, and those that controllers make anew come only once the garbage collector has
    found the others, a minute or more later. A node of a pool with an autoscaler is replaced when pods need it. A node
    that is taken out of the cluster during the notice is not taken back, and nothing comes in its place.

    Where the notice shuts the system down (ACPI, as Google Cloud does) and `kubelet` has a shutdownGracePeriod, the
    kubelet ends the pods from the notice on: the node is not Ready, pods fail as they stop, critical ones last, and
    their controllers make others at once; budgets are not asked.

    Notices: 120 s on AWS, 30 s on Google Cloud and Azure.
    """

    changes_nodes: ClassVar = True
    disruption: ClassVar = DisruptionKind.NODE
    name: str
    time_to_failure: Distribution
    """From a node's joining (or the start) to the notice."""
    time_to_return: Distribution | None = None
    """From the end of the machine to another like it in its place; None: none comes, unless an autoscaler asks."""
    notice: float = 120.0
    """From the notice to the end of the machine."""
    drained: bool = True
    """Whether the node's pods are evicted on notice."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels (`pool=spot`); all by default."""
    kubelet: KubeletConfiguration = KubeletConfiguration()
    """What their kubelets do on notice (graceful node shutdown); nothing by default."""

    def install(self, world: World) -> None:
        world.tell_each(self.name, self.select, self._story, world)

    def _story(self, subject: Subject, node: int, world: World) -> Story:
        like = world.node(node)  # as it is when it joins: without what is done to it later
        yield subject.failure_after(self.time_to_failure)
        # Drawn whether or not it comes to it, so that every policy meets the same times.
        away = None if self.time_to_return is None else self.time_to_return.sample(subject.rng)
        if self.notice > 0 and self.drained:
            world.cordon([node], self.name, subject.name)
            attempt = Attempt(self.name, subject.name, world.now)
            world.evict(world.pods_to_drain(node), attempt, world.now + self.notice)
        else:
            subject.strike()
        if self.notice > 0:
            world.shut_down(node, self.kubelet, self.name, subject.name)
        yield world.sleep(self.notice)
        if world.machines.remove_node(node, self.name, subject.name) and away is not None:
            yield world.sleep(away)
            world.machines.add_node(like, self.name, subject.name)

"""containerCrash: a process dies."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.world import World


@register("failure", "containerCrash")
@dataclass(frozen=True)
class ContainerCrash:
    """A container exits by itself; its kubelet notices and restarts it in place, with CrashLoopBackOff.

    Each container of the selected pods has a clock of its own, new at every start of the container, which runs while
    the container does.
    """

    disruption: ClassVar = DisruptionKind.CONTAINER
    name: str
    time_to_failure: Distribution
    """From a start of the container to its exit."""
    select: LabelSelector = LabelSelector()
    """Which pods, by their labels; all by default."""

    def install(self, world: World) -> None:
        world.crash_containers(self.name, self.time_to_failure, self.select)

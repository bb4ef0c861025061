"""sandboxCrash: a pod's network sandbox dies under it."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.world import World


@register("failure", "sandboxCrash")
@dataclass(frozen=True)
class SandboxCrash:
    """The pause container of a pod exits: the pod is cut off, and its kubelet stops what is left and starts it anew.

    The stop takes what a stop takes (an application that ignores SIGTERM uses up the whole grace period); then the pod
    gets a new sandbox on the same node, its init containers run again and its containers start.
    """

    disruption: ClassVar = DisruptionKind.CONTAINER
    name: str
    time_to_failure: Distribution
    """From a start of the pod's sandbox to its exit."""
    select: LabelSelector = LabelSelector()
    """Which pods, by their labels; all by default."""

    def install(self, world: World) -> None:
        world.crash_sandboxes(self.name, self.time_to_failure, self.select)

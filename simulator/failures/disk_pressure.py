"""diskPressure: a node's disk fills up, and its kubelet deletes images, then throws out pods."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from models.labels import LabelSelector
from models.units import Bytes
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "diskPressure")
@dataclass(frozen=True)
class DiskPressure:
    """Something fills a node's disk: the kubelet deletes all images that no pod uses, then evicts pods.

    It looks every 10 s. From then on the node has a NoSchedule taint, which stays 5 min longer than the shortage, and
    no pod is admitted that is not critical. What is missing after the images are gone is got back from pods, one after
    the other, as under memoryPressure: first those that use more ephemeral storage than they request, among them those
    of lower priority, then those that use most beyond it. Pods that are made anew on the node pull their images anew.

    What pods use is not simulated: each is taken to use what it requests of ephemeral storage, at least `pod_usage`,
    and those that are `filling` it the `shortage` on top. It is a disk that images and pods share (one nodefs).

    Source: pkg/kubelet/eviction (defaults: nodefs.available<10%, imagefs.available<15%, transition period 5 min).
    """

    disruption: ClassVar = DisruptionKind.NODE
    name: str
    time_to_failure: Distribution
    """From the end of a shortage (or the start) to the node's next."""
    time_to_repair: Repair
    """How long the space is missing if neither images nor pods give it back."""
    shortage: Bytes
    """How much is missing below the threshold."""
    filling: LabelSelector | None = None
    """Which pods have filled it, by their labels; without it, something beside the pods (logs of the system)."""
    image_size: Bytes = 500 * 1024**2
    """What deleting an image frees of which the node does not say how large it is (our choice)."""
    pod_usage: Bytes = 50 * 1024**2
    """What a pod uses that requests less: its logs and its writable layer (our choice)."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels; all by default."""

    def __post_init__(self) -> None:
        if self.shortage <= 0:
            raise ValueError("`shortage` must be positive")
        if self.pod_usage <= 0:
            raise ValueError("`pod_usage` must be positive")
        if self.image_size < 0:
            raise ValueError("`image_size` must not be negative")

    def install(self, world: World) -> None:
        world.tell_each(self.name, self.select, self._story, world)

    def _story(self, subject: Subject, node: int, world: World) -> Story:
        effect = world.effects.disk_pressure(self.shortage, self.filling, self.pod_usage, self.image_size, subject.rng)
        return subject.well_and_impaired([node], [effect], self.time_to_failure, self.time_to_repair, at_once=())

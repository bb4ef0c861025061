"""memoryPressure: a node runs short of memory, and its kubelet throws out pods."""

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


@register("failure", "memoryPressure")
@dataclass(frozen=True)
class MemoryPressure:
    """Something takes a node's memory, and the kubelet evicts pods until there is enough again.

    It looks every 10 s. From then on the node has a NoSchedule taint, which stays 5 min longer than the shortage. The
    first to go are pods that use more memory than they request, among them those of lower priority, then those that
    use most beyond it; then the others alike, one after the other, each when the last is gone, with 3 s to end at most.
    They fail, budgets are not asked, and their controllers make others at once, which go elsewhere. Static pods and
    critical ones (priority 2 000 000 000 and more) are never evicted. It is over with enough pods gone, at the end of
    `time_to_repair`, or when the node is off.

    What pods use is not simulated: each is taken to use what it requests, a container without a request 200 MiB (what
    the scheduler counts for it), and those that are `leaking` the `shortage` on top. So BestEffort pods, and containers
    without a request, are over theirs. A pod that leaks does not leak again where it is made anew. Memory that goes
    faster than 100 MiB in 10 s is not the kubelet's: see systemOOM.

    Source: pkg/kubelet/eviction (defaults: memory.available<100Mi, no soft threshold, transition period 5 min).
    """

    disruption: ClassVar = DisruptionKind.NODE
    name: str
    time_to_failure: Distribution
    """From the end of a shortage (or the start) to the node's next."""
    time_to_repair: Repair
    """How long the memory is missing if no pod that is evicted gives it back."""
    shortage: Bytes = 100 * 1024**2
    """How much is missing below the threshold; by default as much as the threshold itself, so that nothing is left."""
    leaking: LabelSelector | None = None
    """Which pods have taken it, by their labels; without it, something beside the pods."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels; all by default."""

    def __post_init__(self) -> None:
        if self.shortage <= 0:
            raise ValueError("`shortage` must be positive")

    def install(self, world: World) -> None:
        world.tell_each(self.name, self.select, self._story, world)

    def _story(self, subject: Subject, node: int, world: World) -> Story:
        effect = world.effects.memory_pressure(self.shortage, self.leaking, subject.rng)
        return subject.well_and_impaired([node], [effect], self.time_to_failure, self.time_to_repair, at_once=())

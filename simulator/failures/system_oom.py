"""systemOOM: a node has no memory left, and the kernel kills containers before the kubelet sees it."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from models.labels import LabelSelector
from models.units import Bytes
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "systemOOM")
@dataclass(frozen=True)
class SystemOOM:
    """A node's memory runs out faster than its kubelet looks (100 MiB within 10 s): the kernel kills whole containers.

    It takes the one with the highest score, over and over, until enough is free: what it uses, and oom_score_adj
    thousandths of the node's memory. That is 1000 for pods of class BestEffort, -997 for Guaranteed ones and those of
    system-node-critical, and for Burstable ones 1000 less a thousandth for each that they request of the node's memory,
    from 3 to 999. Containers that are killed (exit code 137) are restarted in place with CrashLoopBackOff; nothing is
    evicted, and nothing else in the cluster changes.

    What containers use is not simulated: each is taken to use what it requests, one without a request 200 MiB (what
    the scheduler counts for it), and those of pods that are `leaking` the `shortage` on top. What is allocatable stands
    for the node's memory.

    Source: pkg/kubelet/qos/policy.go; mm/oom_kill.c of Linux.
    """

    disruption: ClassVar = DisruptionKind.NODE
    name: str
    time_to_failure: Distribution
    """From one time that a node's memory runs out (or the start) to the node's next."""
    shortage: Bytes = 100 * 1024**2
    """How much has to be freed (by default what the kubelet's threshold keeps back)."""
    leaking: LabelSelector | None = None
    """Which pods have taken it, by their labels; without it, something beside the pods that is not killed."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels; all by default."""

    def __post_init__(self) -> None:
        if self.shortage <= 0:
            raise ValueError("`shortage` must be positive")

    def install(self, world: World) -> None:
        world.tell_each(self.name, self.select, self._story, world)

    def _story(self, subject: Subject, node: int, world: World) -> Story:
        while True:
            yield subject.failure_after(self.time_to_failure)
            world.memory.run_out(node, self.shortage, self.leaking, subject)

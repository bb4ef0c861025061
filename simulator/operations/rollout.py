"""rollout: a new release of a Deployment, StatefulSet or DaemonSet."""

from dataclasses import dataclass
from typing import ClassVar

from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.attempts import check_times, first_time
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.references import WorkloadName
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("operation", "rollout")
@dataclass(frozen=True)
class Rollout:
    """The template of a workload changes, once or at regular times, and its pods are replaced by its strategy.

    The new release is as good as the old one. While a rollout is under way the next one takes over (rollover). With
    the strategy OnDelete (StatefulSets, DaemonSets) pods get the new template only when something else takes them away.
    """

    disruption: ClassVar = DisruptionKind.RELEASE
    name: str
    target: WorkloadName | tuple[WorkloadName, ...]
    """The Deployment, StatefulSet or DaemonSet: "Deployment/name" or "Deployment/namespace/name". Or several, each of
    them released at these times: a list of names. In a file names may be patterns with * and ?: "Deployment/*"."""
    every: float | None = None
    """Time between two releases; without it, a single one."""
    at: float | None = None
    """Time from the start to the first release; `every` by default."""
    new_image: bool = True
    """The release comes in images that no node has yet, so they are pulled."""

    def __post_init__(self) -> None:
        if not self.target:
            raise ValueError("a rollout needs a `target`")
        check_times("rollout", self.at, self.every)

    def install(self, world: World) -> None:
        for target in [self.target] if isinstance(self.target, str) else self.target:
            world.tell(self.name, target, self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        target = world.rollouts.rollable(subject.name)
        first = first_time(self.at, self.every)
        for attempt in world.agenda(self.name, subject.name, first, self.every):
            yield world.until(attempt.asked)
            world.rollouts.roll_out(attempt, target, self.new_image)

"""scale: a workload gets another number of replicas, once or on a schedule."""

from dataclasses import dataclass

from models.maintenance import Calendar, open_from
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.attempts import check_times, first_time
from simulator.stories.references import WorkloadName
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("operation", "scale")
@dataclass(frozen=True)
class Scale:
    """spec.replicas of a Deployment or StatefulSet is set, as by `kubectl scale`.

    Two of them make a schedule: off at night, on in the morning. An autoscaler of the same target does nothing while
    there are 0 replicas, and goes on from the number that is set then.
    """

    name: str
    target: WorkloadName | tuple[WorkloadName, ...]
    """The Deployment, Rollout or StatefulSet: "Deployment/name" or "Deployment/namespace/name"; or several."""
    replicas: int
    """How many it is to have."""
    every: float | None = None
    """Time between two times; None: a single one."""
    at: float | None = None
    """Time from the start to the first; `every` by default."""
    calendar: Calendar | None = None
    """When it may begin (maintenance windows, change freezes): what is due otherwise waits; without it, at any time."""

    def __post_init__(self) -> None:
        if not self.target:
            raise ValueError("a scale needs a `target`")
        if self.replicas < 0:
            raise ValueError("`replicas` must not be negative")
        check_times("scale", self.at, self.every)

    def refusal(self, kind: str) -> str:
        """Why it cannot be done to a workload of this kind; "" if it can."""
        return "a DaemonSet has no replicas to scale" if kind == "DaemonSet" else ""

    def install(self, world: World) -> None:
        for target in [self.target] if isinstance(self.target, str) else self.target:
            world.rollouts.scalable(target)  # says so now if there is none
            world.tell(self.name, target, self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        target = world.rollouts.scalable(subject.name)
        first = first_time(self.at, self.every)
        for attempt in world.agenda(self.name, subject.name, first, self.every):
            yield world.until(open_from(self.calendar, attempt.asked))
            attempt.begin(world.now)
            world.rollouts.scale(attempt, target, self.replicas)
            attempt.end(world.now)

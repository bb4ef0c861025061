"""rollout: a new release of a Deployment, StatefulSet, DaemonSet or Rollout."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from models.maintenance import Calendar, open_from
from models.pod import PodTemplate
from simulator.kernel import Event, Story
from simulator.registry import register
from simulator.stories.attempts import Attempt, check_times, first_time
from simulator.stories.configurations import Rollback
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.references import WorkloadName
from simulator.stories.releases import BadRelease, DetectedBy, Luck, any_of
from simulator.stories.rollouts import Rollable
from simulator.stories.subject import Subject
from simulator.stories.world import World

GOOD = Luck(False, 0.0, 0.0)


@register("operation", "rollout")
@dataclass(frozen=True)
class Rollout:
    """The template of a workload changes, once or at regular times, and its pods are replaced by its strategy.

    The new release is as good as the old one, unless `bad` says that some are not. While a rollout is under way the
    next one takes over (rollover). With the strategy OnDelete (StatefulSets, DaemonSets) pods get the new template only
    when something else takes them away. A rollback brings the old template back; pods that people or a pipeline would
    have to delete by hand (of a StatefulSet with OrderedReady that is stuck) are deleted with it if it is manual.
    """

    disruption: ClassVar = DisruptionKind.RELEASE
    name: str
    target: WorkloadName | tuple[WorkloadName, ...]
    """The Deployment, StatefulSet, DaemonSet or Rollout: "Deployment/name" or "Deployment/namespace/name". Or several,
    each of them released at these times: a list of names. In a file names may be patterns with * and ?:
    "Deployment/*"."""
    every: float | None = None
    """Time between two releases; without it, a single one."""
    at: float | None = None
    """Time from the start to the first release; `every` by default."""
    new_image: bool = True
    """The release comes in images that no node has yet, so they are pulled."""
    bad: BadRelease | None = None
    """How likely a release is to be bad, and what follows; without it, none is."""
    rollback_on_failure: float | None = None
    """A release that is not complete after this time, bad or not, is rolled back at once, as by Helm's
    --rollback-on-failure (before version 4: --atomic), whose --timeout is 5m by default; without it, never."""
    calendar: Calendar | None = None
    """When it may begin (maintenance windows, change freezes): what is due otherwise waits; without it, at any time."""

    def __post_init__(self) -> None:
        if not self.target:
            raise ValueError("a rollout needs a `target`")
        check_times("rollout", self.at, self.every)
        if self.rollback_on_failure is not None and self.rollback_on_failure <= 0:
            raise ValueError("`rollbackOnFailure` must be positive")

    def refusal(self, kind: str) -> str:
        """Why it cannot be done to a workload of this kind; "" if it can."""
        judged = self.bad is not None and self.bad.detected_by is DetectedBy.DEADLINE
        if judged and kind not in ("Deployment", "Rollout"):
            return f"a {kind} has no progressDeadlineSeconds, so nothing is `detectedBy: deadline`"
        return ""

    def install(self, world: World) -> None:
        for target in [self.target] if isinstance(self.target, str) else self.target:
            found = world.rollouts.rollable(target)
            if refusal := self.refusal(found.workload.kind):
                raise ValueError(refusal)
            if self.bad is not None and self.bad.detected_by is DetectedBy.ALERT:
                world.rollouts.budgets(found, self.bad.alert)  # it watches from the start
            world.tell(self.name, target, self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        target = world.rollouts.rollable(subject.name)
        first = first_time(self.at, self.every)
        good = target.spec.template
        for attempt in world.agenda(self.name, subject.name, first, self.every):
            yield world.until(open_from(self.calendar, attempt.asked))
            if target.spec.template.defect is None:
                good = target.spec.template
            luck = GOOD if self.bad is None else self.bad.luck(world.rollouts.luck(attempt, target))
            bad = self.bad if luck.is_bad else None
            defect = None if bad is None else bad.defect(f"{self.name}/{target.workload}")
            world.rollouts.roll_out(attempt, target, self.new_image, defect)
            yield from self._followed(world, attempt, target, good, luck)

    def _followed(self, world: World, attempt: Attempt, target: Rollable, good: PodTemplate, luck: Luck) -> Story:
        """Until it is rolled back, or the next is due, if anybody looks at it at all."""
        released = target.spec.template
        timed_out = world.rollouts.unfinished_after(attempt, self.rollback_on_failure)
        noticed = [timed_out, *self._noticed(world, target, luck)]
        if self.rollback_on_failure is None and len(noticed) == 1:
            return
        failed = any_of(noticed)
        if self.every is None:
            yield failed
        else:
            yield failed | world.until(open_from(self.calendar, attempt.asked + self.every))  # then comes the next
        if not failed.triggered:
            return
        by_hand = self.bad is not None and self.bad.rollback is Rollback.MANUAL and not timed_out.triggered
        if by_hand:
            yield world.sleep(luck.reaction)
        if target.spec.template is released:
            world.rollouts.roll_back(attempt, target, good, by_hand)

    def _noticed(self, world: World, target: Rollable, luck: Luck) -> Iterator[Event]:
        """What tells somebody that the release is bad, if it is."""
        bad = self.bad
        if bad is None or not luck.is_bad or bad.stays:
            return
        match bad.detected_by:
            case DetectedBy.PEOPLE:
                yield world.sleep(luck.detection)
            case DetectedBy.DEADLINE:
                yield world.rollouts.late(target)
            case DetectedBy.ALERT:
                yield from (budget.fires() for budget in world.rollouts.budgets(target, bad.alert))

"""Changes of ConfigMaps and Secrets: what configChange and secretRotation have in common."""

import math
from dataclasses import dataclass
from typing import ClassVar

from models.configuration import Fails
from models.distributions import Distribution
from models.maintenance import Calendar, open_from
from simulator.kernel import Story
from simulator.stories.attempts import Attempt, Outcome, check_times, first_time
from simulator.stories.configurations import Changeable, Reload, Rollback
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.subject import Subject
from simulator.stories.world import World


@dataclass(frozen=True)
class ConfigurationChange:
    """Another content of a ConfigMap or Secret, once or at regular times, which may be bad and is rolled back then."""

    disruption: ClassVar = DisruptionKind.CONFIGURATION
    name: str
    target: str
    """"Kind/name" or "Kind/namespace/name"."""
    every: float | None = None
    """Seconds between changes; None: a single one."""
    at: float | None = None
    """Seconds from the start to the first change; `every` by default."""
    reload: Reload = Reload.NONE
    """What pods do about it: hot (processes read their volume anew, at the pod's next sync), restart (a checksum in
    the pod template: every workload that reads it is rolled out) or none (containers read it at their next start)."""
    bad_probability: float = 0.0
    """How likely a change is to be bad, from 0 to 1."""
    fails: Fails = Fails.BOTH
    """What a bad one does to processes that read it: start (they exit when they start; those that run keep what they
    have), requests (every request fails, and probes do not see it), readiness (every request fails, and the readiness
    probe sees it) or both (start, and requests of those that run)."""
    detection: Distribution | None = None
    """From a bad change to its being noticed."""
    rollback: Rollback = Rollback.AUTOMATIC
    """Who brings the old content back, by the same way: automatic (at once), manual (people, after `reaction`) or none
    (it stays until the next change)."""
    reaction: Distribution | None = None
    """From detection to a manual rollback."""
    calendar: Calendar | None = None
    """When it may begin (maintenance windows, change freezes): what is due otherwise waits; without it, at any time."""

    def __post_init__(self) -> None:
        check_times("change", self.at, self.every)
        if not 0 <= self.bad_probability <= 1:
            raise ValueError(f"bad_probability must be from 0 to 1 (got {self.bad_probability!r})")
        if self.bad_probability > 0 and self.rollback is not Rollback.NONE and self.detection is None:
            raise ValueError("a change that may be bad needs `detection`, or `rollback: none`")
        if (self.rollback is Rollback.MANUAL) is not (self.reaction is not None):
            raise ValueError("`rollback: manual` and `reaction` go together")

    def install(self, world: World) -> None:
        world.tell(self.name, self.target, self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        record = world.configurations.find(self.target)
        first = first_time(self.at, self.every)
        good = record.content
        for attempt in world.agenda(self.name, subject.name, first, self.every):
            yield world.until(open_from(self.calendar, attempt.asked))
            good = good if record.content.fails is not None else record.content
            is_bad, noticed = self._luck(subject)
            if not self._change(world, record, attempt, is_bad):
                continue
            number = record.content.number
            if is_bad and (self.every is None or noticed < self.every):
                yield world.sleep(noticed)
                if record.content.number == number:
                    attempt.end(world.now, Outcome.ROLLED_BACK)
                    back = Attempt(self.name, subject.name, world.now)
                    world.configurations.restore(record, good, self.reload, f"{self.name}/{self.target}")
                    world.rollouts.reload(back, record, self.reload)

    def _luck(self, subject: Subject) -> tuple[bool, float]:
        """Whether the change is bad, and seconds to the rollback. Drawn always, so every policy meets the same."""
        is_bad = subject.rng.random() < self.bad_probability
        laws = [law for law in (self.detection, self.reaction) if law is not None]
        noticed = sum(law.sample(subject.rng) for law in laws)
        return is_bad, math.inf if self.rollback is Rollback.NONE else noticed

    def _change(self, world: World, record: Changeable, attempt: Attempt, is_bad: bool) -> bool:
        """The new content, unless the API server refuses it."""
        world.strikes[self.name] += 1
        attempt.begin(world.now)
        if record.spec.immutable:
            attempt.last_refusal = record.spec.refusal
            attempt.end(world.now, Outcome.GIVEN_UP)
            return False
        fails = self.fails if is_bad else None
        world.configurations.renew(record, fails, self.reload, f"{self.name}/{self.target}", world.now)
        world.rollouts.reload(attempt, record, self.reload)
        return True

"""secretExpiry: a certificate runs out."""

from dataclasses import dataclass
from typing import ClassVar

from models.configuration import Fails
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.attempts import Attempt
from simulator.stories.configurations import Changeable, Reload, Validity
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.references import SecretName
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World

_SOONEST = 1.0
"""Seconds from one rotation, or try, to the next: what comes again at once leaves a simulation no time to go on."""


@register("failure", "secretExpiry")
@dataclass(frozen=True)
class SecretExpiry:
    """A certificate in a Secret runs out so long after it was made, unless it is rotated in time.

    It is new at the start. A rotation that fails is tried again until the certificate has run out; then people mend
    it. Pods that hold the old one when it runs out fail, though the Secret may have been rotated long before: they have
    to reload it. An immutable Secret cannot be rotated, and what mends it cannot either.
    """

    disruption: ClassVar = DisruptionKind.CONFIGURATION
    name: str
    target: SecretName
    """The Secret: "Secret/name" or "Secret/namespace/name"."""
    lifetime: float
    """From a rotation to the certificate's end."""
    time_to_repair: Repair
    """From its end to a new one that people make; where pods do not reload by themselves, they are restarted then."""
    renew_before: float | None = None
    """How long before its end it is rotated; None: nobody does."""
    failure_probability: float = 0.0
    """How likely a rotation is to fail, from 0 to 1, each try for itself."""
    retry_every: float = 3600.0
    """From a rotation that failed to the next try."""
    reload: Reload = Reload.HOT
    """What pods do about a new one: hot (processes read their volume anew, at the pod's next sync), restart (a checksum
    in the pod template: every workload that reads it is rolled out) or none (containers read it at their next start).
    """
    fails: Fails = Fails.BOTH
    """What one that has run out does to processes that hold it: start (they exit when they start, those that run go
    on), requests (every request fails, and probes do not see it), readiness (every request fails, and the readiness
    probe sees it) or both (start, and requests of those that run)."""

    def __post_init__(self) -> None:
        if self.lifetime < _SOONEST or self.retry_every < _SOONEST:
            raise ValueError(f"`lifetime` and `retry_every` must be {_SOONEST:g} s or more")
        if self.renew_before is not None and not 0 < self.renew_before <= self.lifetime - _SOONEST:
            raise ValueError(f"`renew_before` must be positive, and {_SOONEST:g} s or more below `lifetime`")
        if not 0 <= self.failure_probability <= 1:
            raise ValueError(f"failure_probability must be from 0 to 1 (got {self.failure_probability!r})")

    def install(self, world: World) -> None:
        record = world.configurations.find(self.target)
        told: dict[int, int] = {}
        validity = Validity(self.lifetime, self.fails, self._cause, lambda: self._tell(world, record, told))
        world.configurations.certify(record, validity, world.now)

    @property
    def _cause(self) -> str:
        return f"{self.name}/{self.target}"

    def _tell(self, world: World, record: Changeable, told: dict[int, int]) -> None:
        """The story of the certificate that is in it now, which has luck of its own: anew, if it is there again.

        `told`: by number of a content, the generation of the Secret that its last story is about.
        """
        number, generation = record.content.number, record.generation
        name = f"{self.target}/{number}" if number not in told else f"{self.target}/{number}/{generation}"
        told[number] = generation
        world.tell(self.name, name, self._story, world, record, told)

    def _story(self, subject: Subject, world: World, record: Changeable, told: dict[int, int]) -> Story:
        content, generation, certificate = record.content, record.generation, record.content.certificate
        assert certificate is not None
        if self.renew_before is not None and not record.spec.immutable:
            yield world.sleep(max(0.0, certificate.expires - self.renew_before - world.now))
            while record.generation == generation and world.now < certificate.expires:
                if subject.rng.random() >= self.failure_probability:
                    self._renew(world, record, self.reload)
                else:
                    yield world.sleep(min(self.retry_every, certificate.expires - world.now))
        yield world.sleep(max(0.0, certificate.expires - world.now))
        if told[content.number] != generation:
            return
        if record.generation != generation and not world.configurations.is_held(record, content):
            return
        world.strikes[self.name] += 1
        yield subject.mend(self.time_to_repair)
        by_itself = self.reload is Reload.HOT and world.configurations.is_file(record)
        mend = Reload.HOT if by_itself else Reload.RESTART
        if record.content.number != content.number:  # it was replaced, and some hold it on
            world.rollouts.reload(Attempt(self.name, self.target, world.now), record, mend)
        elif not record.spec.immutable:
            self._renew(world, record, mend)

    def _renew(self, world: World, record: Changeable, reload: Reload) -> None:
        world.configurations.renew(record, None, reload, self._cause, world.now)
        world.rollouts.reload(Attempt(self.name, self.target, world.now), record, reload)

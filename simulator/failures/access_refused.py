"""accessRefused: a Secret may not be read for a while."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.references import SecretName, ServiceAccountName
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "accessRefused")
@dataclass(frozen=True)
class AccessRefused:
    """A ServiceAccount may not read a Secret: a role was changed, a policy denies it, the store of secrets is away.

    Pods that start meanwhile do not (FailedMount, CreateContainerConfigError), and go on at a later try of their
    kubelet once the Secret may be read again. Those that run go on: they have what they need.
    """

    disruption: ClassVar = DisruptionKind.CONFIGURATION
    name: str
    target: SecretName
    """The Secret: "Secret/name" or "Secret/namespace/name"."""
    time_to_failure: Distribution
    """From a repair (or the start) to the next time that it may not be read."""
    time_to_repair: Repair
    """How long it may not be read."""
    service_accounts: tuple[ServiceAccountName, ...] = ()
    """By the pods of which ServiceAccounts; all by default."""

    def install(self, world: World) -> None:
        world.tell(self.name, self.target, self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        record = world.configurations.find(self.target)
        while True:
            yield subject.failure_after(self.time_to_failure)
            subject.strike()
            refusal = world.configurations.refuse(record, self.service_accounts, subject.cause)
            yield subject.mend(self.time_to_repair)
            world.configurations.allow(refusal)

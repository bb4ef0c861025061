"""volumeLoss: a disk dies with what is on it."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution, Fixed
from models.labels import LabelSelector
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "volumeLoss")
@dataclass(frozen=True)
class VolumeLoss:
    """The data of a volume is lost: its pods stop, and wait for another volume in its place, with data on it.

    Each claim that pods use at the start has a clock of its own, new after every repair; while it is deleted, as its
    StatefulSet is scaled down, there is nothing to lose. Where more than half of the
    claims of a StatefulSet's template have their data at the end of the repair, it is copied from them; else it comes
    from a backup.
    """

    disruption: ClassVar = DisruptionKind.VOLUME
    name: str
    time_to_failure: Distribution
    """From a repair (or the start) to the next loss."""
    time_to_repair: Repair
    """From the loss to an empty volume in its place."""
    resync: Distribution = Fixed(0.0)
    """Then, where other replicas have the data: how long copying it takes."""
    restore: Distribution = Fixed(0.0)
    """Then, where they do not: how long getting it from a backup takes. No time: pods start with empty volumes."""
    select: LabelSelector = LabelSelector()
    """The claims of which pods, by the pods' labels; all by default."""

    def install(self, world: World) -> None:
        for claim in world.storage.claims(self.select):
            world.tell(self.name, claim, self._story, world, claim)

    def _story(self, subject: Subject, world: World, claim: str) -> Story:
        while True:
            yield subject.failure_after(self.time_to_failure)
            volume = world.storage.lose(claim, subject)
            # Both are drawn in any case, so that every policy meets the same times.
            mended, resync = subject.mend(self.time_to_repair), self.resync.sample(subject.rng)
            restore = self.restore.sample(subject.rng)
            yield mended
            yield world.sleep(resync if world.storage.has_copies(claim) else restore)
            if volume is not None:
                world.storage.restore(volume, subject)

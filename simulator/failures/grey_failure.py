"""greyFailure: a container is ready, and answers wrong."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.world import World


@register("failure", "greyFailure")
@dataclass(frozen=True)
class GreyFailure:
    """A container runs and is ready, but a share of its requests is answered wrong, or too late to be of use.

    Probes do not see it, by definition: a full disk behind one path, a stuck thread pool, a bad network card, a library
    that returns errors. It lasts until somebody has noticed (an alert on an objective, people), and the container is
    killed and started anew; or until it ends for another reason, since a new process is well.

    What sees it: a container that answers nothing right (share 1) is an endpoint that does not answer, for availability
    as for requests. With any smaller share only requests see it (`traffic`): that share of the attempts that reach the
    pod fails. Retries go elsewhere; what they add to the load of others is not counted where single requests are not
    followed. Being late is a failure here, at once: latencies do not change.

    The differential observability of such failures: Huang et al., Gray Failure, HotOS 2017.
    """

    disruption: ClassVar = DisruptionKind.CONTAINER
    name: str
    time_to_failure: Distribution
    """From the start of a container to its turning grey; each container has a clock of its own."""
    detection: Distribution
    """From then until it is killed: minutes with an alert on the error rate of pods, hours without."""
    share: float = 1.0
    """Of its requests, those that go wrong: above 0, at most 1."""
    select: LabelSelector = LabelSelector()
    """Which pods, by their labels; all by default."""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"`share` must be above 0 and at most 1 (got {self.share!r})")

    @property
    def seen_by(self) -> str:
        """What can see it at all."""
        return "endpoints" if self.share >= 1 else "requests"

    def install(self, world: World) -> None:
        world.containers.turn_grey(self.name, self.time_to_failure, self.share, self.detection, self.select)

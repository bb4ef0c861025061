"""dnsOutage: names of Services are not resolved."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "dnsOutage")
@dataclass(frozen=True)
class DnsOutage:
    """The cluster's DNS (CoreDNS) answers nobody: who looks up the name of a Service fails, while its pods are well.

    What was looked up before is good until its time to live is over; from then on every request of clients on nodes
    fails as if there were no endpoint. Clients outside of the cluster look elsewhere, and are not concerned.

    Only requests see it (`traffic`, with clients on nodes; chains of calls): availability by answering endpoints
    cannot. Pods that need a name to start are not held up by it.

    Source: CoreDNS's kubernetes plugin (ttl 30 s in kubeadm's Corefile); by name alone clients find a ClusterIP.
    """

    disruption: ClassVar = DisruptionKind.NETWORK
    name: str
    time_to_failure: Distribution
    """From the end of an outage (or the start) to the next."""
    time_to_repair: Repair
    """How long nothing is resolved; a shorter time than `ttl` is not felt."""
    ttl: float = 30.0
    """For how long clients go by what they have looked up: 30 s by CoreDNS, 0 for those that keep nothing."""
    seen_by: ClassVar[str] = "requests from nodes"

    def __post_init__(self) -> None:
        if self.ttl < 0:
            raise ValueError("`ttl` must not be negative")

    def install(self, world: World) -> None:
        world.tell(self.name, "dns", self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        while True:
            yield subject.failure_after(self.time_to_failure)
            subject.strike()
            mended = subject.mend(self.time_to_repair)
            yield mended | world.sleep(self.ttl)
            if not mended.triggered:
                outage = world.service_path.stop_resolving(subject.cause)
                yield mended
                world.service_path.resolve(outage)

"""kubeProxyOutage: a node goes by rules that nobody brings up to date."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "kubeProxyOutage")
@dataclass(frozen=True)
class KubeProxyOutage:
    """A node's kube-proxy (or what stands for it: a CNI agent, a mesh proxy) stops following changes of endpoints.

    The rules stay in the kernel, so nothing happens until endpoints change: clients on the node are sent on to pods
    that are gone (requests to them fail, by their share of the list) and never to new ones. When it is back it writes
    all rules at once. Short and frequent outages make a proxy that lags.

    Only requests see it (`traffic`, with clients on nodes): availability by answering endpoints cannot. Clients outside
    of the cluster come by a load balancer that learns of changes by itself; probes do not go through kube-proxy.

    Source: pkg/proxy (rules are only changed by a sync; a full one at the start).
    """

    disruption: ClassVar = DisruptionKind.NETWORK
    name: str
    time_to_failure: Distribution
    """From the proxy's return (or the start) to its next outage, for each node."""
    time_to_repair: Repair
    """How long its rules stay as they are."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels; all by default."""
    seen_by: ClassVar[str] = "requests from nodes"

    def install(self, world: World) -> None:
        world.tell_each(self.name, self.select, self._story, world)

    def _story(self, subject: Subject, node: int, world: World) -> Story:
        while True:
            yield subject.failure_after(self.time_to_failure)
            subject.strike()
            outage = world.service_path.stop_proxies([node], subject.cause)
            yield subject.mend(self.time_to_repair)
            world.service_path.start_proxies(outage)

"""Pools: nodes that are all alike, of which there may be more or fewer as time goes on."""

from dataclasses import dataclass, replace

from models.distributions import Distribution, LogNormal
from models.node import HOSTNAME_LABEL, ZONE_LABEL, Node

POOL_LABEL = "pool"
"""Label of the nodes of a pool: the pool's name."""
PROVISIONING = LogNormal.from_quantile(median=60.0, p95=120.0)
"""Our choice: 30-120 s are usual in clouds today."""


@dataclass(frozen=True, slots=True)
class NodePool:
    """A node group of a cloud provider: what its nodes are like, how many there may be, what one costs.

    Its nodes are called `<name>-1`, `<name>-2`, ...; those that are gone leave their names to nobody.
    """

    name: str
    template: Node
    """What its nodes are like, but for their names and zones."""
    zones: tuple[str, ...] = ()
    """Where nodes can be had: each zone is a node group of its own to an autoscaler, `min` and `max` are of all."""
    count: int = 0
    """How many there are at the start."""
    min: int = 0
    """Fewer are never left by an autoscaler."""
    max: int = 0
    """More are never asked for by an autoscaler."""
    price: float = 0.0
    """Of one node for one hour, in whatever money."""
    provisioning: Distribution = PROVISIONING
    """From the request to the node being Ready: machine, boot, joining."""

    @property
    def autoscaled(self) -> bool:
        """Whether its size may change."""
        return self.max > self.min

    @property
    def speaks(self) -> bool:
        """Whether it says more than that its nodes are there."""
        return self.autoscaled or self.price > 0

    def zone_of(self, number: int) -> str:
        """The zone of the node with this number (from 1) at the start: they are dealt over the zones in turn."""
        return self.zones[(number - 1) % len(self.zones)] if self.zones else ""

    def node(self, number: int, zone: str) -> Node:
        """The node with this number, in this zone ("": none)."""
        name = f"{self.name}-{number}"
        own = {HOSTNAME_LABEL: name, **({ZONE_LABEL: zone} if zone else {})}
        return replace(self.template, name=name, labels={**own, **self.template.labels})

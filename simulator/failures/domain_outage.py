"""domainOutage: everything that shares a rack, a switch or a power feed goes dark."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from models.distributions import Distribution
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.references import LabelKey, ValueOf
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "domainOutage")
@dataclass(frozen=True)
class DomainOutage:
    """All nodes that share the value of a label stop at once, and come back at once.

    The label says what the domain is: `rack`, `topology.kubernetes.io/region`, a pool. With the label of zones it is
    a zoneOutage. Nodes without the label are in no domain.
    """

    disruption: ClassVar = DisruptionKind.RACK
    name: str
    time_to_failure: Distribution
    """From the end of an outage (or the start) to the domain's next."""
    time_to_repair: Repair
    """How long the domain stays dark."""
    domain: LabelKey
    """The label."""
    values: tuple[Annotated[str, ValueOf("domain")], ...] = ()
    """Which domains, by the label's value; all by default."""

    def install(self, world: World) -> None:
        for value, nodes in world.domains(self.domain).items():
            if not self.values or value in self.values:
                world.tell(self.name, value, Subject.up_and_down, nodes, self.time_to_failure, self.time_to_repair)

"""zoneOutage: a whole zone goes dark."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.references import ZoneName
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "zoneOutage")
@dataclass(frozen=True)
class ZoneOutage:
    """All nodes of a zone stop at once, and come back at once.

    Zones are told apart by name alone; nodes without a zone label are one, named "".
    """

    disruption: ClassVar = DisruptionKind.ZONE
    name: str
    time_to_failure: Distribution
    """From the end of an outage (or the start) to the zone's next."""
    time_to_repair: Repair
    """How long the zone stays dark."""
    zones: tuple[ZoneName, ...] = ()
    """Which zones; all by default."""

    def install(self, world: World) -> None:
        for zone, nodes in world.zones().items():
            if not self.zones or zone in self.zones:
                world.tell(self.name, zone, Subject.up_and_down, nodes, self.time_to_failure, self.time_to_repair)

"""What happens to pods under whatever runs their containers, and what is measured of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from models.distributions import Distribution, Fixed
from models.labels import LabelSelector
from simulator.failures.network_partition import NetworkPartition
from simulator.log import Kind
from simulator.stories.world import World
from tests.simulator.clusters import Lab

AT = 1000.0


@dataclass(frozen=True)
class Crash:
    """Containers of one workload crash so many seconds after each start."""

    after: Distribution
    name: str = "crash"

    def install(self, world: World) -> None:
        world.crash_containers(self.name, self.after, LabelSelector())


def cut(node: int, lasting: float) -> NetworkPartition:
    """A node is cut off from the others and from users at `AT`, for a time."""
    return NetworkPartition("cut", Fixed(AT), Fixed(lasting), values=(f"node-{node}",))


def node_of(found: Lab, number: int = 0) -> int:
    """Where one of the pods is."""
    return found.pods()[number].node


def starts(found: Lab, since: float = AT) -> list[float]:
    """When containers started."""
    return [time for time, _, old, new, _ in found.rows(Kind.POD_CONTAINERS, since) if new > old]


def outages(found: Lab, since: float = AT, kind: Kind = Kind.SERVICE_ANSWERING) -> list[tuple[float, float]]:
    """When no endpoint answered: from, to."""
    spells, began = [], None
    for time, _, _, new, _ in found.rows(kind, since):
        if new == 0 and began is None:
            began = time
        elif new and began is not None:
            spells.append((began, time))
            began = None
    return spells


def alike(laws: Iterable[float]) -> tuple[float, float]:
    """(mean, standard error)."""
    values = list(laws)
    mean = sum(values) / len(values)
    return mean, (sum((v - mean) ** 2 for v in values) / (len(values) - 1) / len(values)) ** 0.5

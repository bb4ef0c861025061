"""Labs with Docker Swarm, and what is measured in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from models.cluster import Cluster
from models.distributions import Distribution, Fixed
from models.labels import LabelSelector
from models.pod import Probe
from simulator.control_planes.swarm import Swarm
from simulator.failures.network_partition import NetworkPartition
from simulator.log import Kind
from simulator.stories.protocols import FailureMode, Operation
from simulator.stories.world import World
from tests.simulator.clusters import Lab, behaviour, cluster, container, deployment, nodes, template

CREATE = 0.15
"""Seconds that a container takes to be created, the image being there."""
SLOW = 0.1
"""Relative difference that measured rows may have."""
AT = 1000.0
DEFAULT = Swarm()


def lab(
    of: Cluster,
    swarm: Swarm = DEFAULT,
    failures: Sequence[FailureMode] = (),
    operations: Sequence[Operation] = (),
    seed: int = 0,
    **laws: Distribution,
) -> Lab:
    """Containers take `CREATE` to make, start up at once and stop at once, unless a law says otherwise."""
    quick: dict[str, Distribution] = {"start": Fixed(CREATE), "startup": Fixed(0.0), "stop": Fixed(0.0)}
    return Lab(of, behaviour(**(quick | laws)), failures, operations, seed, control_plane=swarm)


def app(machines: int, replicas: int, check: Probe | None = None, **other: Any) -> Cluster:
    """One service on equal nodes, with or without a healthcheck."""
    pods = template("web", container(liveness=check))
    return cluster(nodes(machines, "abc"), deployment(replicas=replicas, pods=pods, **other))


@dataclass(frozen=True)
class Crash:
    """Containers of one service crash so many seconds after each start."""

    after: Distribution
    name: str = "crash"

    def install(self, world: World) -> None:
        world.crash_containers(self.name, self.after, LabelSelector())


def cut(node: int, lasting: float) -> NetworkPartition:
    """A node is cut off from the others and from users at `AT`, for a time."""
    return NetworkPartition("cut", Fixed(AT), Fixed(lasting), values=(f"node-{node}",))


def node_of(found: Lab, number: int = 0) -> int:
    """Where one of the tasks is."""
    return found.pods()[number].node


def starts(found: Lab, since: float = AT) -> list[float]:
    """When containers started."""
    return [time for time, _, old, new, _ in found.rows(Kind.POD_CONTAINERS, since) if new > old]


def outages(found: Lab, since: float = AT) -> list[tuple[float, float]]:
    """When no endpoint answered: from, to."""
    times = [(time, new) for time, _, _, new, _ in found.rows(Kind.SERVICE_ANSWERING, since)]
    spells, began = [], None
    for time, new in times:
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

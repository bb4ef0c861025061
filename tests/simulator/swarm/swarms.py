"""Labs with Docker Swarm."""

from collections.abc import Sequence
from typing import Any

from models.cluster import Cluster
from models.distributions import Distribution, Fixed
from models.pod import Probe
from simulator.control_planes.swarm import Swarm
from simulator.stories.protocols import FailureMode, Operation
from tests.simulator.clusters import Lab, behaviour, cluster, container, deployment, nodes, template

CREATE = 0.15
"""Seconds that a container takes to be created, the image being there."""
SLOW = 0.1
"""Relative difference that measured rows may have."""
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

"""Labs with plain hosts."""

from collections.abc import Sequence
from typing import Any

from models.cluster import Cluster
from models.distributions import Fixed
from models.pod import Probe
from simulator.control_planes.plain_hosts import PlainHosts
from simulator.stories.protocols import FailureMode, Operation
from tests.simulator.clusters import Lab, behaviour, cluster, container, deployment, nodes, template

DEFAULT = PlainHosts()


def lab(
    of: Cluster,
    hosts: PlainHosts = DEFAULT,
    failures: Sequence[FailureMode] = (),
    operations: Sequence[Operation] = (),
    seed: int = 0,
    **laws: Any,
) -> Lab:
    """Units take no time to start, start up and stop, unless a law says otherwise."""
    quick: dict[str, Any] = {"start": Fixed(0.0), "startup": Fixed(0.0), "stop": Fixed(0.0)}
    return Lab(of, behaviour(**(quick | laws)), failures, operations, seed, control_plane=hosts)


def app(machines: int, replicas: int, check: Probe | None = None, zones: str = "abc", **other: Any) -> Cluster:
    """One workload on equal hosts, with or without an HTTP check."""
    pods = template("web", container(readiness=check))
    return cluster(nodes(machines, zones), deployment(replicas=replicas, pods=pods, **other))

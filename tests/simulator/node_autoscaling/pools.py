"""Clusters whose pools may grow and shrink."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from models.cluster import Cluster
from models.deployment import Deployment
from models.distributions import Distribution, Fixed
from models.node_pool import NodePool
from models.pod import Pod
from simulator.node_autoscaling.fleet import NodeAutoscaler
from tests.simulator.clusters import Lab, behaviour, cluster, node

BOOT = 60.0


def pool(
    name: str = "general",
    count: int = 1,
    most: int = 5,
    zones: Sequence[str] = (),
    provisioning: Distribution = Fixed(BOOT),
    least: int | None = None,
    price: float = 0.0,
    **template: Any,
) -> NodePool:
    """Nodes of one CPU, unless it says otherwise."""
    like = replace(node(name, **{"cpu": 1000, **template}), labels={"pool": name})
    return NodePool(name, like, tuple(zones), count, count if least is None else least, most, price, provisioning)


def pooled(pools: Sequence[NodePool], *workloads: Deployment | Pod) -> Cluster:
    """The nodes that the pools start with, and these workloads, each behind a Service."""
    machines = [each.node(i, each.zone_of(i)) for each in pools for i in range(1, each.count + 1)]
    return replace(cluster(machines, *workloads), pools=tuple(pools))


def lab(load: Cluster, autoscaler: NodeAutoscaler, **settings: Any) -> Lab:
    """A settled simulation with this autoscaler."""
    return Lab(load, **{"behaviour": behaviour(), **settings}, node_autoscaler=autoscaler)

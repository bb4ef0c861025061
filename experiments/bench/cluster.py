"""How fast years of failures in one cluster are simulated."""

import gc
import resource
import time
from dataclasses import asdict, dataclass
from typing import Any

from models.cluster import Cluster
from models.deployment import Deployment
from models.distributions import Exponential, LogNormal
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL, NOT_READY, UNREACHABLE, ZONE_LABEL, Node, Resources, TaintEffect
from models.pod import (
    Container,
    PodSpec,
    PodTemplate,
    Toleration,
)
from models.service import Service
from models.units import DAY
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.run import simulate

GIB = 1024**3
REPLICAS = 20
TOLERATIONS = tuple(Toleration(key, effect=TaintEffect.NO_EXECUTE, seconds=300.0) for key in (NOT_READY, UNREACHABLE))
"""What admission gives every pod."""
FAILURES = (
    NodeCrash("node-crash", Exponential(130 * DAY), LogNormal.from_quantile(480.0, 3600.0)),
    ContainerCrash("container-crash", Exponential(30 * DAY)),
)


@dataclass(frozen=True)
class ClusterBench:
    """One run of the cluster benchmark."""

    nodes: int
    pods: int
    years: float
    transitions: int
    seconds: float
    """Wall time of simulate(), the deployment before time 0 included."""
    transitions_per_second: float
    peak_rss_mib: float
    """Peak resident memory of the process so far."""
    strikes: dict[str, int]


def uniform_cluster(nodes: int, pods: int) -> Cluster:
    """Equal nodes in three zones, and Deployments of 20 replicas (the last of fewer), each with a Service."""
    machines = tuple(
        Node(
            f"node-{i}",
            Resources(32_000, 128 * GIB),
            labels={HOSTNAME_LABEL: f"node-{i}", ZONE_LABEL: f"zone-{i % 3}"},
        )
        for i in range(nodes)
    )
    sizes = [REPLICAS] * (pods // REPLICAS) + [pods % REPLICAS] * (pods % REPLICAS > 0)
    return Cluster(
        nodes=machines,
        deployments=tuple(_deployment(f"app-{i}", size) for i, size in enumerate(sizes)),
        services=tuple(Service(f"app-{i}", selector={"app": f"app-{i}"}) for i in range(len(sizes))),
    )


def _deployment(name: str, replicas: int) -> Deployment:
    container = Container(
        "server",
        image=name,
        requests=Resources(250, GIB // 2),
        declared=frozenset({"cpu", "memory"}),
    )
    template = PodTemplate(PodSpec((container,), tolerations=TOLERATIONS), {"app": name})
    return Deployment(name, template, LabelSelector.of({"app": name}), replicas=replicas)


def cluster(nodes: int, pods: int, years: float) -> dict[str, Any]:
    """Years of failures: node lifetime 130 d (repair lognormal, median 8 min, p95 1 h), container crash every 30 d.

    No transition log is kept: transitions are counted, and what became of every Service is. Returns the fields of
    ClusterBench.
    """
    load = uniform_cluster(nodes, pods)
    simulate(uniform_cluster(2, 2), duration=DAY, failures=FAILURES)  # modules are imported at the first run
    gc.collect()
    begin = time.perf_counter()
    run = simulate(load, duration=years * 365 * DAY, failures=FAILURES)
    seconds = time.perf_counter() - begin
    result = ClusterBench(
        nodes=nodes,
        pods=pods,
        years=years,
        transitions=run.transitions,
        seconds=seconds,
        transitions_per_second=run.transitions / seconds,
        peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        strikes=dict(run.strikes),
    )
    return asdict(result)

"""Benchmarks: how fast the simulator is, on loads that anybody can repeat."""

import gc
import resource
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from experiments.traces import openb
from models.cluster import Cluster
from models.deployment import Deployment
from models.distributions import Exponential, LogNormal
from models.labels import LabelSelector, Operator, Requirement
from models.node import HOSTNAME_LABEL, NOT_READY, UNREACHABLE, ZONE_LABEL, Node, Resources, TaintEffect
from models.pod import (
    Affinity,
    Container,
    NodeSelectorTerm,
    PodAffinityTerm,
    PodSpec,
    PodTemplate,
    PreferredNode,
    PreferredPodAffinity,
    Toleration,
    TopologySpreadConstraint,
    WhenUnsatisfiable,
)
from models.service import Service
from models.units import DAY
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.placement import Arrival, place
from simulator.run import simulate

MIB, GIB = 1024**2, 1024**3
REPLICAS = 20
TEMPLATES, BURST = 20, 500
_TOLERATIONS = tuple(Toleration(key, effect=TaintEffect.NO_EXECUTE, seconds=300.0) for key in (NOT_READY, UNREACHABLE))


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


@dataclass(frozen=True)
class PlacementBench:
    """One run of the placement benchmark."""

    nodes: int
    pods: int
    placed: int
    seconds: float
    """Wall time from the creation of the first pod to the binding of the last, of a cluster in which kubelets and
    controllers do nothing; reading and building the load is not part of it."""
    pods_per_second: float
    peak_rss_mib: float
    """Peak resident memory of the process so far."""


def placement(nodes: int, pods: int) -> dict[str, Any]:
    """Places pods of 20 templates on nodes of four sizes in three zones, with the default profile.

    The templates ask for different amounts; four have spread constraints of their own, three pod affinity or
    anti-affinity, two node affinity; the rest are spread by the system's defaults. They come in bursts of up to 500,
    as from ReplicaSets. Returns the fields of PlacementBench.
    """
    machines, arrivals = placement_load(nodes, pods)
    gc.collect()
    gc.disable()
    begin = time.perf_counter()
    placed = place(machines, arrivals).placed
    seconds = time.perf_counter() - begin
    gc.enable()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return asdict(PlacementBench(nodes, pods, placed, seconds, placed / seconds, peak))


def trace(nodes: str, pods: str) -> dict[str, Any]:
    """Reads an openb trace and lets its pods come and go at their times; the seconds include reading."""
    begin = time.perf_counter()
    machines, arrivals = openb.nodes(Path(nodes)), openb.arrivals(Path(pods))
    placed = place(machines, arrivals).placed
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return asdict(PlacementBench(len(machines), len(arrivals), placed, seconds, placed / seconds, peak))


def placement_load(nodes: int, pods: int) -> tuple[list[Node], list[Arrival]]:
    """The nodes and pods of the placement benchmark."""
    machines = [
        Node(
            f"node-{i}",
            Resources(cores * 1000, cores * memory * GIB),
            labels={HOSTNAME_LABEL: f"node-{i}", ZONE_LABEL: f"zone-{i % 3}", "disk": "ssd" if i % 4 else "hdd"},
        )
        for i in range(nodes)
        for cores, memory in [((16, 4), (32, 4), (32, 8), (64, 4))[i % 4]]
    ]
    templates = [_placement_template(i) for i in range(TEMPLATES)]
    arrivals = []
    left = [pods // TEMPLATES + (i < pods % TEMPLATES) for i in range(TEMPLATES)]
    while any(left):
        for i in range(TEMPLATES):
            number = min(left[i], BURST)
            left[i] -= number
            if number:
                arrivals.append(Arrival(f"app-{i}", templates[i], number))
    return machines, arrivals


def _placement_template(i: int) -> PodTemplate:
    labels = {"app": f"app-{i}"}
    selector = LabelSelector.of(labels)
    container = Container(
        "server",
        image=f"app-{i}:1",
        requests=Resources(100 + 25 * i, (128 + 64 * (i % 7)) * MIB),
        declared=frozenset({"cpu", "memory"}),
    )
    anyway, never = WhenUnsatisfiable.SCHEDULE_ANYWAY, WhenUnsatisfiable.DO_NOT_SCHEDULE
    spread = {
        0: (TopologySpreadConstraint(1, ZONE_LABEL, never, selector),),
        5: (TopologySpreadConstraint(2, ZONE_LABEL, anyway, selector),),
        10: (TopologySpreadConstraint(1, HOSTNAME_LABEL, anyway, selector),),
        15: (TopologySpreadConstraint(5, ZONE_LABEL, never, selector),),
    }.get(i, ())
    near = PodAffinityTerm(selector, ZONE_LABEL)
    apart = PodAffinityTerm(selector, HOSTNAME_LABEL)
    ssd = NodeSelectorTerm((Requirement("disk", Operator.IN, ("ssd",)),))
    affinity = {
        2: Affinity(pod_anti_preferred=(PreferredPodAffinity(100, apart),)),
        7: Affinity(pod_preferred=(PreferredPodAffinity(50, near),)),
        12: Affinity(pod_required=(near,)),
        3: Affinity(node_preferred=(PreferredNode(10, ssd),)),
        13: Affinity(node_required=(ssd,)),
    }.get(i, Affinity())
    return PodTemplate(
        PodSpec((container,), affinity=affinity, topology_spread_constraints=spread, tolerations=_TOLERATIONS), labels
    )


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
    template = PodTemplate(PodSpec((container,), tolerations=_TOLERATIONS), {"app": name})
    return Deployment(name, template, LabelSelector.of({"app": name}), replicas=replicas)


def cluster(nodes: int, pods: int, years: float) -> dict[str, Any]:
    """Years of failures: node lifetime 130 d (repair lognormal, median 8 min, p95 1 h), container crash every 30 d.

    The transition log is kept, as a single run keeps it. Returns the fields of ClusterBench.
    """
    failures = (
        NodeCrash("node-crash", Exponential(130 * DAY), LogNormal.from_quantile(480.0, 3600.0)),
        ContainerCrash("container-crash", Exponential(30 * DAY)),
    )
    load = uniform_cluster(nodes, pods)
    simulate(uniform_cluster(2, 2), duration=DAY, failures=failures)  # modules are imported at the first run
    gc.collect()
    begin = time.perf_counter()
    run = simulate(load, duration=years * 365 * DAY, failures=failures, keep_log=True)
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


@dataclass(frozen=True)
class TrafficBench:
    """One run of the traffic benchmark."""

    policy: str
    pods: int
    requests: int
    answered: int
    compiled: bool
    """Whether the compiler (the extra `fast`) is installed."""
    seconds: float
    """Wall time, compiling left out."""
    requests_per_second: float
    mean_latency: float
    p99_latency: float
    """Simulated seconds."""
    peak_rss_mib: float
    """Peak resident memory of the process so far."""


def traffic(requests: int, policy: str, pods: int) -> dict[str, Any]:
    """About so many Poisson requests to pods of one worker each, 80 % busy; returns the fields of TrafficBench."""
    from simulator.registry import find
    from simulator.traffic.requests.compiling import numba

    balancing = find("balancing", policy)()
    _requests(1000, balancing, pods)  # compiled at the first use
    begin = time.perf_counter()
    found = _requests(requests, balancing, pods)
    seconds = time.perf_counter() - begin
    return asdict(
        TrafficBench(
            policy=policy,
            pods=pods,
            requests=found.sent,
            answered=found.answered,
            compiled=numba() is not None,
            seconds=seconds,
            requests_per_second=found.sent / seconds,
            mean_latency=found.latencies.mean,
            p99_latency=found.latencies.quantile(0.99),
            peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        )
    )


def _requests(number: int, balancing: Any, pods: int) -> Any:
    import numpy as np

    from models.distributions import Fixed
    from models.request_level import FirstComeFirstServed, RequestLevel
    from models.traffic import Clients, RequestRate, Traffic
    from simulator.streams import Streams
    from simulator.traffic.endpoints import Condition, EndpointHistory
    from simulator.traffic.requests.requests import requests

    rate = 0.8 * pods / 0.1
    up = int(Condition.LISTED | Condition.ANSWERING)
    history = EndpointHistory(
        0.0,
        number / rate,
        names=tuple(f"pod-{i}" for i in range(pods)),
        nodes=np.zeros(pods, dtype=np.int64),
        zones=("",) * pods,
        times=np.zeros(pods),
        endpoints=np.arange(pods),
        conditions=np.full(pods, up),
        causes=("",) * pods,
    )
    load = Traffic(
        "bench",
        RequestRate.constant(rate),
        balancing,
        endpoint_lag=Fixed(0.0),
        clients=(Clients("outside"),),
        service_time=Exponential(0.1),
    )
    level = RequestLevel(pod=FirstComeFirstServed())
    return requests(load, level, history, Cluster(nodes=(Node("node", Resources(1000, GIB)),)), Streams(0, 0))

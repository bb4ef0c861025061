"""How fast pods are placed: by templates of many kinds, and as a recorded trace has them."""

import gc
import resource
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from experiments.bench.cluster import GIB, TOLERATIONS
from experiments.traces import openb
from models.labels import LabelSelector, Operator, Requirement
from models.node import HOSTNAME_LABEL, ZONE_LABEL, Node, Resources
from models.pod import (
    Affinity,
    Container,
    NodeSelectorTerm,
    PodAffinityTerm,
    PodSpec,
    PodTemplate,
    PreferredNode,
    PreferredPodAffinity,
    TopologySpreadConstraint,
    WhenUnsatisfiable,
)
from simulator.placement import Arrival, place

MIB = 1024**2
TEMPLATES, BURST = 20, 500


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
        PodSpec((container,), affinity=affinity, topology_spread_constraints=spread, tolerations=TOLERATIONS), labels
    )

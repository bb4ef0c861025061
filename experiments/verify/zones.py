"""Groups d and e: replicas packed on a node, spread over nodes and zones, and a common cause."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from experiments import closed_form as exact
from experiments.verify.check import Check, Study
from experiments.verify.systems import DAY, YEAR, behaviour, nodes, replications, steadfast, unit_per_node
from models.cluster import Cluster
from models.distributions import Exponential
from models.service import Service
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.world import FailureMode

NODE_MTTF, NODE_MTTR = 60 * DAY, 1800.0
POD_MTTF, POD_MTTR = 2 * DAY, 30.0
ZONE_MTTF, ZONE_MTTR = YEAR, 7200.0
NODE_DOWN = exact.unavailability(NODE_MTTF, NODE_MTTR)
POD_DOWN = exact.unavailability(POD_MTTF, POD_MTTR)
ZONE_DOWN = exact.unavailability(ZONE_MTTF, ZONE_MTTR)

NODES = NodeCrash("node", Exponential(NODE_MTTF), Exponential(NODE_MTTR))
PODS = ContainerCrash("pod", Exponential(POD_MTTF))
ZONES = ZoneOutage("zone", Exponential(ZONE_MTTF), Exponential(ZONE_MTTR))
BEHAVIOUR = behaviour(restart=Exponential(POD_MTTR))


def _packed(seed: int, effort: float) -> list[Check]:
    """Five replicas on one node; three of them are another Service."""
    pods = [steadfast(f"pod-{i}", "node-0", {"app": "five", **({"part": "three"} if i < 3 else {})}) for i in range(5)]
    services = (Service("five", selector={"app": "five"}), Service("three", selector={"part": "three"}))
    cluster = Cluster(nodes=nodes(1), pods=tuple(pods), services=services)
    number, years = 30 * effort, 10.0
    downtime = {"three": 0.0, "five": 0.0}
    runs = 0
    for run in replications(cluster, [NODES, PODS], number=number, years=years, seed=seed, behaviour=BEHAVIOUR):
        runs += 1
        downtime["three"] += run.services["three"].answering.time_below(2)
        downtime["five"] += run.services["five"].answering.time_below(3)
    time = runs * years * YEAR
    error = math.sqrt(_clump_rate(NODE_MTTF, NODE_MTTR) / time)
    return [
        Check(
            f"d1_{k}of{n}",
            f"steady-state unavailability, {k} of {n} packed on a node",
            exact.packed_unavailability(n, k, NODE_DOWN, POD_DOWN),
            downtime[name] / time,
            error,
        )
        for name, n, k in (("three", 3, 2), ("five", 5, 3))
    ]


def _clump_rate(mttf: float, mttr: float) -> float:
    """Variance rate of the downtime of rare exponential outages: rate x E[length^2]."""
    return 2 * mttr**2 / mttf


def _spread(seed: int, effort: float) -> list[Check]:
    """Three replicas on a node each; the first two are another Service."""
    number, years = 40 * effort, 10.0
    downtime = {"first-2": 0.0, "all": 0.0}
    runs = 0
    for run in replications(
        unit_per_node(3), [NODES, PODS], number=number, years=years, seed=seed, behaviour=BEHAVIOUR
    ):
        runs += 1
        downtime["first-2"] += run.services["first-2"].answering.time_below(1)
        downtime["all"] += run.services["all"].answering.time_below(2)
    time = runs * years * YEAR
    return [
        Check(
            f"d2_{k}of{n}",
            f"steady-state unavailability, {k} of {n} spread over nodes",
            exact.spread_unavailability(n, k, NODE_DOWN, POD_DOWN),
            downtime[name] / time,
            math.sqrt(math.comb(n, 2) * _overlap_rate() / time),
        )
        for name, n, k in (("first-2", 2, 1), ("all", 3, 2))
    ]


def _overlap_rate() -> float:
    """Variance rate of the time that two units, each failing in two ways, are down together."""
    ways = ((1 / NODE_MTTF, NODE_MTTR), (1 / POD_MTTF, POD_MTTR))
    total = 0.0
    for rate_a, repair_a in ways:
        for rate_b, repair_b in ways:
            overlaps = rate_a * rate_b * (repair_a + repair_b)
            length = repair_a * repair_b / (repair_a + repair_b)
            total += overlaps * 2 * length**2
    return total


def _common_cause(seed: int, effort: float) -> list[Check]:
    """A tenth of the failures strikes all three nodes of a zone at once."""
    beta, number, years = 0.1, 20 * effort, 50.0
    failures: list[FailureMode] = [
        NodeCrash("own", Exponential(NODE_MTTF / (1 - beta)), Exponential(NODE_MTTR)),
        ZoneOutage("shared", Exponential(NODE_MTTF / beta), Exponential(NODE_MTTR)),
    ]
    downtime, runs = 0.0, 0
    for run in replications(unit_per_node(3), failures, number=number, years=years, seed=seed, behaviour=behaviour()):
        runs += 1
        downtime += run.services["all"].answering.time_below(1)
    time = runs * years * YEAR
    return [
        Check(
            "d4",
            "steady-state unavailability, 1 of 3 with a common cause (beta 0.1)",
            exact.common_cause_unavailability(3, beta, NODE_MTTF, NODE_MTTR),
            downtime / time,
            math.sqrt(_clump_rate(NODE_MTTF / beta, NODE_MTTR) / time),
        )
    ]


@dataclass(frozen=True)
class _Layout:
    """Six replicas, so many in each zone, on a node each."""

    name: str
    replicas: tuple[int, ...]
    needs: tuple[int, ...]
    fatal_zones: int
    """How many of the zones take the Service down alone, for every k in `needs`."""

    def __call__(self, seed: int, effort: float) -> list[Check]:
        zones = [f"zone-{zone}" for zone, number in enumerate(self.replicas) for _ in range(number)]
        number, years = 20 * effort, 10.0
        downtime = dict.fromkeys(self.needs, 0.0)
        capacity, runs = 0.0, 0
        for run in replications(
            unit_per_node(6, zones), [NODES, PODS, ZONES], number=number, years=years, seed=seed, behaviour=BEHAVIOUR
        ):
            runs += 1
            history = run.services["all"].answering
            capacity += history.mean() / 6
            for k in self.needs:
                downtime[k] += history.time_below(k)
        time = runs * years * YEAR
        error = math.sqrt(self.fatal_zones * _clump_rate(ZONE_MTTF, ZONE_MTTR) / time)
        checks = [
            Check(
                f"e1_{self.name}_k{k}",
                f"steady-state unavailability, {k} of 6 needed, zones {self.name}",
                exact.zones_unavailability(self.replicas, k, ZONE_DOWN, NODE_DOWN, POD_DOWN),
                downtime[k] / time,
                error,
            )
            for k in self.needs
        ]
        if self.name == "2-2-2":
            checks.append(_mean_capacity(self.replicas, capacity / runs, time))
        return checks


def _mean_capacity(replicas: Sequence[int], estimate: float, time: float) -> Check:
    zones = sum(number**2 for number in replicas) * _clump_rate(ZONE_MTTF, ZONE_MTTR)
    each = _clump_rate(NODE_MTTF, NODE_MTTR) + _clump_rate(POD_MTTF, POD_MTTR)
    return Check(
        "e2",
        "mean share of replicas up, zones 2-2-2",
        exact.mean_capacity(ZONE_DOWN, NODE_DOWN, POD_DOWN),
        estimate,
        math.sqrt((zones + sum(replicas) * each) / time) / sum(replicas),
    )


LAYOUTS = (
    _Layout("6", (6,), (1, 3, 4), fatal_zones=1),
    _Layout("4-1-1", (4, 1, 1), (3, 4), fatal_zones=1),
    _Layout("3-3", (3, 3), (4, 5), fatal_zones=2),
    _Layout("2-2-2", (2, 2, 2), (5,), fatal_zones=3),
)

STUDIES = (
    Study("packed", _packed),
    Study("spread", _spread),
    Study("common cause", _common_cause),
    *(Study(f"zones {layout.name}", layout) for layout in LAYOUTS),
)

"""Group e: six replicas over one, two or three zones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from experiments import closed_form as exact
from experiments.verify.check import Basis, Check, Study
from experiments.verify.pool import precise
from experiments.verify.systems import behaviour, nodes, replications, steadfast, unit_per_node
from models.cluster import Cluster
from models.distributions import Exponential
from models.service import Service
from models.units import DAY, YEAR
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.failures.zone_outage import ZoneOutage

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


def clump_rate(mttf: float, mttr: float) -> float:
    """Variance rate of the downtime of rare exponential outages: rate x E[length^2]."""
    return 2 * mttr**2 / mttf


RUNS_OF_LAYOUT, YEARS = 20, 10.0
"""Runs of each layout, and years of each: as many outages of every zone as years, which is its mean time to failure."""


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
        number, years = RUNS_OF_LAYOUT * effort, YEARS
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
        error = math.sqrt(self.fatal_zones * clump_rate(ZONE_MTTF, ZONE_MTTR) / time)
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
    zones = sum(number**2 for number in replicas) * clump_rate(ZONE_MTTF, ZONE_MTTR)
    each = clump_rate(NODE_MTTF, NODE_MTTR) + clump_rate(POD_MTTF, POD_MTTR)
    return Check(
        "e2",
        "mean share of replicas up, zones 2-2-2",
        exact.mean_capacity(ZONE_DOWN, NODE_DOWN, POD_DOWN),
        estimate,
        math.sqrt((zones + sum(replicas) * each) / time) / sum(replicas),
    )


LAYOUTS = (
    _Layout("6", (6,), (1, 3, 4), fatal_zones=1),
    _Layout("4-1-1", (4, 1, 1), (3, 4, 5), fatal_zones=1),
    _Layout("3-3", (3, 3), (4, 5), fatal_zones=2),
    _Layout("2-2-2", (2, 2, 2), (5,), fatal_zones=3),
)

PAIRED, RUNS = 10, 80
"""Zones of three nodes each, and years in which they are watched."""


def _two_zones(seed: int, effort: float) -> list[Check]:
    """Every pair of zones with three replicas each is a system; the pairs overlap, so the years are the sample."""
    zones = [f"zone-{i // 3}" for i in range(3 * PAIRED)]
    pods = [steadfast(f"pod-{i}", f"node-{i}", {"zone": zone}) for i, zone in enumerate(zones)]
    services = [Service(zone, selector={"zone": zone}) for zone in dict.fromkeys(zones)]
    cluster = Cluster(nodes=nodes(len(zones), zones), pods=tuple(pods), services=tuple(services))
    shares = []
    for run in replications(
        cluster, [NODES, PODS, ZONES], number=max(30.0, RUNS * effort), years=1, seed=seed, behaviour=BEHAVIOUR
    ):
        pairs = combinations((service.answering for service in run.services.values()), 2)
        shares.append(np.mean([(one + other).time_below(3) / YEAR for one, other in pairs]))
    return precise(
        [
            Check(
                "e1_3-3_k3",
                "steady-state unavailability, 3 of 6 needed, zones 3-3",
                exact.zones_unavailability((3, 3), 3, ZONE_DOWN, NODE_DOWN, POD_DOWN),
                float(np.mean(shares)),
                float(np.std(shares, ddof=1)) / math.sqrt(len(shares)),
                Basis.SAMPLED,
            )
        ]
    )


STUDIES = (
    *(
        Study(f"zones {layout.name}", layout, seconds=10, events=RUNS_OF_LAYOUT * YEARS * layout.fatal_zones)
        for layout in LAYOUTS
    ),
    Study("two zones out of ten", _two_zones, seconds=20, least=0.5),
)

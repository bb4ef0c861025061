"""Group d: replicas packed on a node, spread over nodes, and a common cause."""

import math

import numpy as np

from experiments import closed_form as exact
from experiments.verify.check import Check, Study
from experiments.verify.pool import Pool, System, precise, tallies
from experiments.verify.systems import ALONE, behaviour, nodes, one_service, replications, steadfast
from experiments.verify.zones import (
    BEHAVIOUR,
    NODE_DOWN,
    NODE_MTTF,
    NODE_MTTR,
    NODES,
    POD_DOWN,
    POD_MTTF,
    POD_MTTR,
    PODS,
    clump_rate,
)
from models.cluster import Cluster
from models.distributions import Exponential
from models.service import Service
from models.units import YEAR
from simulator.failures.node_crash import NodeCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.stories.protocols import FailureMode

SPREAD = {"1of2": System(2, 1), "2of3": System(3, 2), "1of3": System(3, 1)}
POOL = Pool(200, ((NODE_MTTF, NODE_MTTR), (POD_MTTF, POD_MTTR)), most=(10, 10))
"""A replica is down with its node, or by itself."""
ON_NODES = 10
"""Nodes of the cluster in which replicas are packed."""


def _packed_downtime(seed: int, effort: float) -> tuple[float, dict[tuple[int, int], float]]:
    """Seconds simulated and seconds down, by (n, k); on every node five replicas, three of them a Service as well."""
    pods, services = [], []
    for node in range(ON_NODES):
        for i in range(5):
            labels = {"five": str(node), **({"three": str(node)} if i < 3 else {})}
            pods.append(steadfast(f"pod-{node}-{i}", f"node-{node}", labels))
        services += [Service(f"{app}-{node}", selector={app: str(node)}) for app in ("three", "five")]
    cluster = Cluster(nodes=nodes(ON_NODES), pods=tuple(pods), services=tuple(services))
    seconds, downtime = 0.0, {(3, 1): 0.0, (3, 2): 0.0, (5, 3): 0.0}
    for run in replications(cluster, [NODES, PODS], number=30 * effort, years=1, seed=seed, behaviour=BEHAVIOUR):
        seconds += ON_NODES * YEAR
        for node in range(ON_NODES):
            for n, k in downtime:
                app = "three" if n == 3 else "five"
                downtime[n, k] += run.services[f"{app}-{node}"].answering.time_below(k)
    return seconds, downtime


def _packed_and_spread(seed: int, effort: float) -> list[Check]:
    seconds, downtime = _packed_downtime(seed, effort)
    error = math.sqrt(clump_rate(NODE_MTTF, NODE_MTTR) / seconds)
    checks = [
        Check(
            f"d1_{k}of{n}",
            f"steady-state unavailability, {k} of {n} packed on a node",
            exact.packed_unavailability(n, k, NODE_DOWN, POD_DOWN),
            downtime[n, k] / seconds,
            error,
        )
        for n, k in ((3, 2), (5, 3))
    ]
    runs = replications(
        one_service(POOL.size), [NODES, PODS], number=10 * effort, years=0.5, seed=seed, behaviour=BEHAVIOUR
    )
    spread = tallies(POOL.size, list(SPREAD.values()), (run.services["all"].answering for run in runs))
    for (name, system), tally in zip(SPREAD.items(), spread, strict=True):
        checks.append(
            Check(
                f"d2_{name}",
                f"steady-state unavailability, {system.k} of {system.n} spread over nodes",
                exact.spread_unavailability(system.n, system.k, NODE_DOWN, POD_DOWN),
                tally.unavailability,
                POOL.errors(system, tally.seconds)[0],
            )
        )
    return precise([*checks, _benefit(downtime[3, 1] / seconds, error, checks[-1])])


def _benefit(packed: float, packed_error: float, spread: Check) -> Check:
    """How much better three spread replicas are than three packed ones, k = 1, both simulated."""
    expected = exact.packed_unavailability(3, 1, NODE_DOWN, POD_DOWN)
    ratio = expected / spread.exact
    error = ratio * math.hypot(packed_error / expected, spread.standard_error / spread.exact)
    return Check("d3", "unavailability packed over spread, 1 of 3", ratio, packed / max(spread.estimate, 1e-300), error)


BETA = 0.1
COMMON_RUNS, COMMON_YEARS = 20, 50.0
"""Runs, and years of each."""


def _common_cause(seed: int, effort: float) -> list[Check]:
    """A tenth of the failures strikes all three nodes of a zone at once."""
    number, years = COMMON_RUNS * effort, COMMON_YEARS
    failures: list[FailureMode] = [
        NodeCrash("own", Exponential(NODE_MTTF / (1 - BETA)), Exponential(NODE_MTTR)),
        ZoneOutage("shared", Exponential(NODE_MTTF / BETA), Exponential(NODE_MTTR)),
    ]
    down = [
        run.services["all"].answering.time_below(1)
        for run in replications(one_service(3), failures, number=number, years=years, seed=seed, behaviour=behaviour())
    ]
    time = len(down) * years * YEAR
    return [
        Check(
            "d4",
            "steady-state unavailability, 1 of 3 with a common cause (beta 0.1)",
            exact.common_cause_unavailability(3, BETA, NODE_MTTF, NODE_MTTR),
            float(np.sum(down)) / time,
            math.sqrt(clump_rate(NODE_MTTF / BETA, NODE_MTTR) / time),
        )
    ]


def _no_common_cause(seed: int, effort: float) -> list[Check]:
    """All failures strike single nodes: three down at once are so rare that it takes a pool to see it."""
    pool, system = Pool(300, ((NODE_MTTF, NODE_MTTR),), most=(14,)), System(3, 1)
    crash = NodeCrash("own", Exponential(NODE_MTTF), Exponential(NODE_MTTR))
    runs = replications(
        one_service(pool.size), [crash], number=24 * effort, years=1, seed=seed, behaviour=behaviour(timing=ALONE)
    )
    [tally] = tallies(pool.size, [system], (run.services["all"].answering for run in runs))
    return precise(
        [
            Check(
                "d5",
                "steady-state unavailability, 1 of 3 without common cause",
                exact.common_cause_unavailability(3, 0.0, NODE_MTTF, NODE_MTTR),
                tally.unavailability,
                pool.errors(system, tally.seconds)[0],
            )
        ]
    )


STUDIES = (
    Study("packed and spread", _packed_and_spread, seconds=25),
    Study("common cause", _common_cause, seconds=5, events=COMMON_RUNS * COMMON_YEARS * YEAR * BETA / NODE_MTTF),
    Study("no common cause", _no_common_cause, seconds=5),
)

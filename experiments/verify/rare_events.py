"""Group r: replicas that are all down once in years, by plain simulation of a pool of them, and by rare outages."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from experiments import closed_form as exact
from experiments.design.goal import ReadyEndpoints, ServiceGoal
from experiments.design.scenario import Scenario
from experiments.rare.study import study
from experiments.verify.check import Basis, Check, Study
from experiments.verify.pool import Pool, System, precise, tallies
from experiments.verify.systems import ALONE, behaviour, one_service, replications, unit_per_node
from models.arrays import Floats
from models.cluster import Cluster
from models.distributions import Distribution, Exponential, Fixed, LogNormal, Weibull
from models.units import DAY
from simulator.failures.common_cause import CommonCause
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.step_function import StepFunction
from simulator.stories.protocols import FailureMode

ALL_THREE, ONE = System(3, 1), System(1, 1)
CRASH_MTTF, RESTART = 2 * DAY, 30.0
NODE_MTTF, NODE_MTTR = 30 * DAY, 11_880.0
REPLICAS = Pool(50, ((CRASH_MTTF, RESTART), (NODE_MTTF, NODE_MTTR)), most=(8, 12))
"""Each up, restarting, or on a node that is down."""
MTTF, OUTAGE = 75_600.0, 352.5
"""Benchmark B: exponential lives and fixed outages."""


def _restarting_or_down(seed: int, effort: float) -> list[Check]:
    runs = replications(
        one_service(REPLICAS.size),
        [
            NodeCrash("node", Exponential(NODE_MTTF), Exponential(NODE_MTTR)),
            ContainerCrash("crash", Exponential(CRASH_MTTF)),
        ],
        number=14 * effort,
        years=1,
        seed=seed,
        behaviour=behaviour(timing=ALONE, restart=Exponential(RESTART)),
    )
    all_three, one = tallies(REPLICAS.size, [ALL_THREE, ONE], (run.services["all"].answering for run in runs))
    down = exact.replica_unavailability(CRASH_MTTF, RESTART, NODE_MTTF, NODE_MTTR)
    return precise(
        [
            Check(
                "r1u",
                "unavailability of a replica, crashes and node outages",
                down,
                one.unavailability,
                REPLICAS.errors(ONE, one.seconds)[0],
            ),
            Check(
                "r1",
                "P(all 3 replicas down), crashes and node outages",
                down**3,
                all_three.unavailability,
                REPLICAS.errors(ALL_THREE, all_three.seconds)[0],
            ),
        ]
    )


def _fixed_outages(seed: int, effort: float) -> list[Check]:
    """No chain describes fixed outages: the standard error comes from the spread over the runs."""
    shares = []
    for run in replications(
        one_service(30),
        [NodeCrash("node", Exponential(MTTF), Fixed(OUTAGE))],
        number=max(30.0, 100 * effort),
        years=0.1,
        seed=seed,
        behaviour=behaviour(timing=ALONE),
    ):
        [tally] = tallies(30, [ALL_THREE], [run.services["all"].answering])
        shares.append(tally.unavailability)
    return precise(
        [
            Check(
                "r2",
                "P(all 3 replicas down), fixed outages",
                exact.unavailability(MTTF, OUTAGE) ** 3,
                float(np.mean(shares)),
                float(np.std(shares, ddof=1)) / math.sqrt(len(shares)),
                Basis.SAMPLED,
            )
        ]
    )


def _cycles(seed: int, effort: float) -> list[Check]:
    cycles = np.concatenate(
        [
            _between_renewals(run.services["all"].answering)
            for run in replications(
                one_service(3),
                [NodeCrash("node", Exponential(MTTF), Fixed(OUTAGE))],
                number=5 * effort,
                years=2,
                seed=seed,
                behaviour=behaviour(timing=ALONE),
            )
        ]
    )
    # All but the whole variance of a cycle is that of its first failure: exponential, of three clocks.
    return [
        Check(
            "r3",
            "mean seconds between moments when all 3 replicas are up again, fixed outages",
            exact.mean_regeneration_cycle(3, MTTF, OUTAGE),
            float(cycles.mean()),
            MTTF / 3 / math.sqrt(len(cycles)),
        )
    ]


def _between_renewals(up: StepFunction) -> Floats:
    """Seconds between the moments when the last of the replicas came back."""
    renewals: Floats = np.diff(up.times[up.values == up.values.max()])
    return renewals


def _rare(case: str, quantity: str, scenario: Scenario, true: float) -> Callable[[int, float], list[Check]]:
    """The same through degraded periods that are begun on purpose: at full effort to 10 %."""

    def run(seed: int, effort: float) -> list[Check]:
        found = study(replace(scenario, seed=seed), scenario.services[0].name, 0.1 / math.sqrt(effort))
        of = found.unavailability
        if of is None:
            return [Check(case, f"{quantity}: no outage was met", true, 0.0, basis=Basis.CERTAIN)]
        return [Check(case, quantity, true, of.value, of.error, Basis.SAMPLED)]

    return run


def _scenario(cluster: Cluster, failures: Sequence[FailureMode], days: float, needed: int, **other: Any) -> Scenario:
    """Pods that stay on their nodes, and answer whenever nothing is wrong; so many of them are needed."""
    given: dict[str, Any] = {"behaviour": behaviour(timing=ALONE), "operations": (), "warmup": 0.0, "seed": 0} | other
    goals = (ServiceGoal("all", ReadyEndpoints(needed)),)
    return Scenario("rare", cluster, failures=tuple(failures), services=goals, duration=days * DAY, **given)


def _of(
    number: int, lives: Distribution, repairs: Distribution, days: float, needed: int = 1, **other: Any
) -> Scenario:
    return _scenario(one_service(number), [NodeCrash("node", lives, repairs)], days, needed, **other)


LONG_REPAIRS = LogNormal.from_mean(370.0, 1.2)
BETA, LIFE, REPAIR = 0.1, 100 * DAY, 600.0


def _common_cause() -> tuple[Scenario, float]:
    """1 of 2 in one group: both down by themselves, or together."""
    cluster = unit_per_node(2, ("a", "a"))
    scenario = _scenario(
        replace(cluster, services=cluster.services[:1]),
        [CommonCause("node", Exponential(LIFE), Exponential(REPAIR), BETA)],
        300,
        1,
    )
    alone, together = (exact.unavailability(LIFE / share, REPAIR) for share in (1 - BETA, BETA))
    return scenario, together + (1 - together) * alone**2


def _rare_studies() -> Iterator[Study]:
    crashes: list[FailureMode] = [
        NodeCrash("node", Exponential(NODE_MTTF), Exponential(NODE_MTTR)),
        ContainerCrash("crash", Exponential(CRASH_MTTF)),
    ]
    two_kinds = _scenario(
        one_service(3), crashes, 60, 1, behaviour=behaviour(timing=ALONE, restart=Exponential(RESTART))
    )
    down = exact.replica_unavailability(CRASH_MTTF, RESTART, NODE_MTTF, NODE_MTTR)
    all_down = "P(all {} replicas down), {}, by rare outages"
    week, fixed = Exponential(MTTF), Fixed(OUTAGE)
    weibull = Weibull.from_mean(0.7, MTTF)
    systems = (
        ("r1_rare", all_down.format(3, "crashes and node outages"), two_kinds, down**3),
        (
            "r2_rare",
            all_down.format(3, "fixed outages"),
            _of(3, week, fixed, 20),
            exact.unavailability(MTTF, OUTAGE) ** 3,
        ),
        (
            "r4_rare",
            all_down.format(2, "exponential repairs"),
            _of(2, Exponential(5 * DAY), Exponential(1800.0), 100),
            exact.unavailability(5 * DAY, 1800.0) ** 2,
        ),
        (
            "r5_rare",
            all_down.format(3, "lognormal repairs"),
            _of(3, week, LONG_REPAIRS, 60),
            exact.unavailability(MTTF, LONG_REPAIRS.mean) ** 3,
        ),
        (
            "r6_rare",
            "P(fewer than 2 of 5 up), exponential repairs, by rare outages",
            _of(5, Exponential(10 * DAY), Exponential(1800.0), 100, needed=2),
            exact.k_of_n_unavailability(5, 2, 10 * DAY, 1800.0),
        ),
        (
            "r7_rare",
            all_down.format(3, "one in ten thousand"),
            _of(3, Exponential(100 * DAY), Exponential(864.0), 500),
            exact.unavailability(100 * DAY, 864.0) ** 3,
        ),
        (
            "r8_rare",
            all_down.format(3, "Weibull lives"),
            _of(3, weibull, fixed, 20, warmup=20 * DAY),
            exact.unavailability(MTTF, OUTAGE) ** 3,
        ),
        ("r9_rare", all_down.format(2, "common cause"), *_common_cause()),
    )
    for case, quantity, scenario, true in systems:
        yield Study(f"rare outages, {case.removesuffix('_rare')}", _rare(case, quantity, scenario, true), seconds=8)


STUDIES = (
    *_rare_studies(),
    Study("replicas of two kinds of failure", _restarting_or_down, seconds=12),
    Study("fixed outages", _fixed_outages, seconds=5),
    Study("regeneration cycles", _cycles, seconds=2),
)

"""Group r: three replicas that are all down once in years, by plain simulation of a pool of them."""

import math

import numpy as np

from experiments import closed_form as exact
from experiments.verify.check import Basis, Check, Study
from experiments.verify.pool import Pool, System, precise, tallies
from experiments.verify.systems import ALONE, behaviour, one_service, replications
from models.arrays import Floats
from models.distributions import Exponential, Fixed
from models.units import DAY
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.step_function import StepFunction

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


STUDIES = (
    Study("replicas of two kinds of failure", _restarting_or_down, seconds=12),
    Study("fixed outages", _fixed_outages, seconds=5),
    Study("regeneration cycles", _cycles, seconds=2),
)

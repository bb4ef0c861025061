"""Groups b and i: k of n units, each repaired on its own; group x: quorums."""

import math
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import combinations

import numpy as np

from experiments import closed_form as exact
from experiments.verify.check import Basis, Check, Study
from experiments.verify.first_outage import FirstOutages, mean_of_lives, power_changes
from experiments.verify.pool import Pool, System, Tally, precise, tallies
from experiments.verify.systems import ALONE, behaviour, one_service, replications
from models.arrays import Ints
from models.distributions import Distribution, Exponential, LogNormal, Weibull
from models.units import DAY, YEAR
from simulator.failures.node_crash import NodeCrash
from simulator.run import Run, simulate
from simulator.step_function import StepFunction

MTTF, MTTR = 10 * DAY, 1800.0
SYSTEMS = {
    "1of2": System(2, 1),
    "2of3": System(3, 2),
    "1of3": System(3, 1),
    "3of5": System(5, 3),
    "8of10": System(10, 8),
}
POOL = Pool(30, ((MTTF, MTTR),), most=(20,))
RUNS = {"1of2": 60, "2of3": 60, "1of3": 150, "3of5": 150, "8of10": 150}
"""Runs of a year by system."""


def _runs(pool: int, up: Distribution, down: Distribution, number: float, seed: int) -> Iterator[Run]:
    """Years of a pool of nodes with a pod each that stays, come what may."""
    return replications(
        one_service(pool),
        [NodeCrash("crash", up, down)],
        number=number,
        years=1,
        seed=seed,
        behaviour=behaviour(timing=ALONE),
        keep_log=True,
    )


def _independent(name: str, seed: int, effort: float) -> list[Check]:
    """Every choice of n of 30 nodes is a system of n units."""
    system = SYSTEMS[name]
    watched = FirstOutages(_choices(system), system.k, YEAR)
    tally = Tally(POOL.size, system)
    lives = []
    for run in _runs(POOL.size, Exponential(MTTF), Exponential(MTTR), max(30.0, RUNS[name] * effort), seed):
        tally.add(run.services["all"].answering)
        lives.append(watched.of(power_changes(run)))
    return precise(_long_run(name, system, tally) + _first(name, system, np.array(lives)))


def _choices(system: System) -> Ints:
    """All systems of a pool; of too many, the same thousand every time."""
    if math.comb(POOL.size, system.n) <= 200_000:
        return np.array(list(combinations(range(POOL.size), system.n)))
    rng = np.random.default_rng(0)
    return np.array([rng.choice(POOL.size, system.n, replace=False) for _ in range(1000)])


def _long_run(name: str, system: System, tally: Tally) -> list[Check]:
    parameters = (system.n, system.k, MTTF, MTTR)
    unavailability, outages, length = POOL.errors(system, tally.seconds)
    checks = [
        Check(
            f"b1_{name}",
            f"steady-state unavailability, {name}",
            exact.k_of_n_unavailability(*parameters),
            tally.unavailability,
            unavailability,
        ),
        Check(
            f"b3_{name}",
            f"outages a year, {name}",
            exact.k_of_n_outages_per_year(*parameters),
            tally.outages_per_year,
            outages,
        ),
    ]
    if tally.outages and name != "8of10":
        mean = exact.k_of_n_mean_outage(*parameters)
        checks.append(Check(f"b4_{name}", f"mean outage (s), {name}", mean, tally.downtime / tally.outages, length))
    return checks


def _first(name: str, system: System, lives: np.ndarray) -> list[Check]:
    """From the spread over the replications: systems of a pool share their units."""
    lived, ended, struck = lives.T
    if not ended.any():
        return []
    n, k = system.n, system.k
    mean, error = mean_of_lives(lived, ended)
    days = exact.mean_time_to_first_outage(n, k, MTTF, MTTR, crews=n) / DAY
    first = Check(f"i1_{name}", f"mean days to the first outage, {name}", days, mean / DAY, error / DAY, Basis.SAMPLED)
    within = exact.probability_of_an_outage(n, k, MTTF, MTTR, crews=n, horizon=YEAR)
    error = float(struck.std(ddof=1)) / math.sqrt(len(struck))
    year = Check(
        f"i5_{name}", f"P(an outage in the first year), {name}", within, float(struck.mean()), error, Basis.SAMPLED
    )
    checks = [first]
    if name in ("1of2", "2of3", "1of3"):
        checks.append(year)
    if name == "1of3":
        checks.append(Check("i3", "mean days to the first outage, 3 in parallel", *_answer(first)))
    return checks


def _answer(check: Check) -> tuple[float, float, float, Basis]:
    return check.exact, check.estimate, check.standard_error, check.basis


def _other_laws(seed: int, effort: float) -> list[Check]:
    """Weibull lives and lognormal repairs: how often a system fails depends on their means only."""
    names = ("2of3", "3of5")
    per_run: list[list[Tally]] = []
    for replication in range(max(30, round(60 * effort))):
        run = simulate(
            one_service(POOL.size),
            duration=YEAR,
            warmup=YEAR / 2,
            behaviour=behaviour(timing=ALONE),
            failures=[NodeCrash("crash", Weibull.from_mean(0.7, MTTF), LogNormal.from_mean(MTTR, 1.0))],
            seed=seed,
            replication=replication,
        )
        per_run.append(tallies(POOL.size, [SYSTEMS[name] for name in names], [run.services["all"].answering]))
    checks = []
    for name, runs in zip(names, zip(*per_run, strict=True), strict=True):
        outages = np.array([tally.outages_per_year for tally in runs])
        checks.append(
            Check(
                f"b5_{name}",
                f"outages a year, {name}, Weibull and lognormal",
                exact.k_of_n_outages_per_year(SYSTEMS[name].n, SYSTEMS[name].k, MTTF, MTTR),
                float(outages.mean()),
                float(outages.std(ddof=1)) / math.sqrt(len(outages)),
                Basis.SAMPLED,
            )
        )
    return precise(checks)


QUORUM_MTTF, QUORUM_MTTR = 30 * DAY, 600.0
QUORUMS = {3: (100, 20.0), 5: (300, 12.0), 7: (700, 12.0)}
"""Voters -> (nodes in the pool, years)."""


def _quorum(voters: int, seed: int, effort: float) -> list[Check]:
    """A majority of the voters; the larger the quorum, the larger a pool it takes to see it lost."""
    size, years = QUORUMS[voters]
    system = System(voters, voters // 2 + 1)
    pool = Pool(size, ((QUORUM_MTTF, QUORUM_MTTR),), most=(12,))
    runs = _runs(size, Exponential(QUORUM_MTTF), Exponential(QUORUM_MTTR), years * effort, seed)
    [tally] = tallies(size, [system], _histories(runs))
    return precise(
        [
            Check(
                f"x1_{voters}",
                f"steady-state unavailability, quorum of {voters}",
                exact.k_of_n_unavailability(voters, system.k, QUORUM_MTTF, QUORUM_MTTR),
                tally.unavailability,
                pool.errors(system, tally.seconds)[0],
            )
        ]
    )


def _histories(runs: Iterable[Run]) -> Iterator[StepFunction]:
    return (run.services["all"].answering for run in runs)


STUDIES = (
    *(Study(f"k of n, {name}", partial(_independent, name), seconds=RUNS[name] / 10) for name in SYSTEMS),
    Study("k of n, other laws", _other_laws, seconds=8),
    Study("quorum of 3", partial(_quorum, 3), seconds=4),
    Study("quorum of 5", partial(_quorum, 5), seconds=6, least=0.5),
    Study("quorum of 7", partial(_quorum, 7), seconds=22, least=0.5),
)

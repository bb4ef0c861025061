"""Groups b and i with one repair crew: a second failed unit waits until the first is repaired."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from experiments import closed_form as exact
from experiments.verify.check import Check, Study
from experiments.verify.pool import System, precise
from experiments.verify.systems import ALONE, behaviour, nodes, replications, steadfast
from models.cluster import Cluster
from models.distributions import Exponential
from models.labels import LabelSelector, Operator, Requirement
from models.node import HOSTNAME_LABEL
from models.people import Crew, People, Response
from models.service import Service
from models.units import DAY
from simulator.failures.node_crash import NodeCrash
from simulator.step_function import StepFunction
from simulator.stories.repair import ByPeople

MTTF, MTTR = 10 * DAY, 1800.0
YEARS = 20


def _people(crews: int) -> People:
    """So many crews of one, and a response of each: they mend for `Exponential(MTTR)`."""
    return People(
        tuple(Crew(f"crew-{i}") for i in range(crews)),
        tuple(Response(f"response-{i}", Exponential(MTTR), crew=f"crew-{i}") for i in range(crews)),
    )


def _crash(group: int, size: int) -> NodeCrash:
    """The nodes of a group crash, each on its own clock, and are mended one after the other."""
    names = tuple(f"node-{i}" for i in range(group * size, (group + 1) * size))
    select = LabelSelector((Requirement(HOSTNAME_LABEL, Operator.IN, names),))
    return NodeCrash(f"crash-{group}", Exponential(MTTF), ByPeople(f"response-{group}"), select)


@dataclass(frozen=True)
class _Plan:
    """A system, how many of it there are in a cluster, how often it runs, and which cases it answers."""

    system: System
    groups: int
    runs: float
    cases: tuple[str, ...]
    least: float = 0.0


PLANS = {
    "1of2": _Plan(System(2, 1), 15, 4, ("b2_1of2", "i2_1of2")),
    "2of3": _Plan(System(3, 2), 10, 2, ("i2_2of3",)),
    "8of10": _Plan(System(10, 8), 3, 10, ("b2_8of10", "i2_8of10")),
    "3of5": _Plan(System(5, 3), 6, 32, ("b2_3of5", "i2_3of5"), least=0.5),
    "1of3": _Plan(System(3, 1), 10, 60, ("i2_1of3", "i4"), least=1.0),
}


def _one_crew(name: str, seed: int, effort: float) -> list[Check]:
    plan = PLANS[name]
    system, cases = plan.system, plan.cases
    pods = [steadfast(f"unit-{i}", f"node-{i}", {"group": str(i // system.n)}) for i in range(system.n * plan.groups)]
    services = [Service(f"group-{i}", selector={"group": str(i)}) for i in range(plan.groups)]
    cluster = Cluster(nodes=nodes(len(pods)), pods=tuple(pods), services=tuple(services))
    crashes = [_crash(group, system.n) for group in range(plan.groups)]
    seconds = downtime = lived = 0.0
    lives = 0
    for run in replications(
        cluster,
        crashes,
        number=plan.runs * effort,
        years=YEARS,
        seed=seed,
        behaviour=behaviour(timing=ALONE),
        people=_people(plan.groups),
    ):
        for service in run.services.values():
            up = service.answering
            seconds += up.duration
            downtime += up.time_below(system.k)
            alive, ended = _lives(up, system)
            lived, lives = lived + alive, lives + ended
    unavailability = exact.k_of_n_unavailability_with_crews(system.n, system.k, MTTF, MTTR, crews=1)
    chain, down = exact.units_down(system.n, ((MTTF, MTTR),), (system.n,), crews=1)
    rate = chain.variance_rate((down > system.n - system.k).astype(float), np.zeros_like(chain.generator))
    first = exact.mean_time_to_first_outage(system.n, system.k, MTTF, MTTR, crews=1)
    # The first passage is all but exponential, so the number of lives that end is Poisson.
    error = first / math.sqrt(seconds / first)
    checks = []
    for case in cases:
        if case.startswith("b2"):
            quantity = f"steady-state unavailability, {name}, one crew"
            checks.append(Check(case, quantity, unavailability, downtime / seconds, math.sqrt(rate / seconds)))
        elif lives:
            quantity = f"mean days to the first outage, {name}, one crew"
            checks.append(Check(case, quantity, first / DAY, lived / lives / DAY, error / DAY))
    return precise(checks)


def _lives(up: StepFunction, system: System) -> tuple[float, int]:
    """Seconds lived and lives ended: from all units up to the next outage, again and again."""
    lived, lives, dead_since = up.duration, 0, math.nan
    critical = np.flatnonzero((up.values == system.n) | (up.values < system.k))
    for time, value in zip(up.times[critical].tolist(), up.values[critical].tolist(), strict=True):
        if value == system.n and not math.isnan(dead_since):
            lived -= time - dead_since
            dead_since = math.nan
        elif value < system.k and math.isnan(dead_since):
            lives, dead_since = lives + 1, time
    return lived - (0.0 if math.isnan(dead_since) else up.end - dead_since), lives


STUDIES = tuple(
    Study(f"one crew, {name}", partial(_one_crew, name), seconds=plan.runs * YEARS / 15, least=plan.least)
    for name, plan in PLANS.items()
)

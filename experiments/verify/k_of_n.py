"""Groups b and i: k of n units, each repaired on its own: long-run figures and the first outage."""

import math

import numpy as np

from experiments import closed_form as exact
from experiments.verify.check import Check, Study
from experiments.verify.systems import DAY, YEAR, behaviour, replications, unit_per_node
from models.distributions import Exponential
from simulator.failures.node_crash import NodeCrash

MTTF, MTTR = 10 * DAY, 1800.0
RUNS, YEARS = 200, 20
SYSTEMS = {"1of2": ("first-2", 2, 1), "2of3": ("first-3", 3, 2), "3of5": ("all", 5, 3)}
"""Case suffix -> (Service, n, k). One cluster of five nodes serves all three."""
FIRST_OUTAGE = ("1of2", "2of3")


def _independent(seed: int, effort: float) -> list[Check]:
    downtime: dict[str, float] = dict.fromkeys(SYSTEMS, 0.0)
    outages: dict[str, int] = dict.fromkeys(SYSTEMS, 0)
    first: dict[str, list[float]] = {name: [] for name in SYSTEMS}
    runs = 0
    for run in replications(
        unit_per_node(5),
        [NodeCrash("crash", Exponential(MTTF), Exponential(MTTR))],
        number=RUNS * effort,
        years=YEARS,
        seed=seed,
        behaviour=behaviour(),
    ):
        runs += 1
        for name, (service, _, k) in SYSTEMS.items():
            history = run.services[service].answering
            intervals = history.intervals_below(k)
            downtime[name] += history.time_below(k)
            outages[name] += len(intervals)
            first[name].append(float(intervals[0, 0]) if len(intervals) else math.inf)
    checks = []
    for name, (_, n, k) in SYSTEMS.items():
        checks += _long_run(name, n, k, downtime[name], outages[name], runs * YEARS)
    for name in FIRST_OUTAGE:
        _, n, k = SYSTEMS[name]
        checks += _first(name, n, k, np.array(first[name]))
    return checks


def _long_run(name: str, n: int, k: int, downtime: float, outages: int, years: float) -> list[Check]:
    """Outages are rare, so their number is Poisson, and their lengths are all but exponential."""
    unavailability = exact.k_of_n_unavailability(n, k, MTTF, MTTR)
    frequency = exact.k_of_n_outages_per_year(n, k, MTTF, MTTR)
    mean_outage = exact.k_of_n_mean_outage(n, k, MTTF, MTTR)
    expected = frequency * years
    checks = [
        Check(
            f"b1_{name}",
            f"steady-state unavailability, {name}",
            unavailability,
            downtime / (years * YEAR),
            unavailability * math.sqrt(2 / expected),
        ),
        Check(f"b3_{name}", f"outages a year, {name}", frequency, outages / years, frequency / math.sqrt(expected)),
    ]
    if outages:
        error = mean_outage / math.sqrt(expected)
        checks.append(Check(f"b4_{name}", f"mean outage (s), {name}", mean_outage, downtime / outages, error))
    return checks


def _first(name: str, n: int, k: int, first: np.ndarray) -> list[Check]:
    """The first passage is all but exponential: time at risk over passages, whatever the runs that saw none."""
    days = exact.mean_time_to_first_outage(n, k, MTTF, MTTR, crews=n) / DAY
    seen = np.isfinite(first)
    at_risk = np.where(seen, first, YEARS * YEAR).sum() / DAY
    expected = len(first) * -math.expm1(-YEARS * YEAR / DAY / days)
    within = exact.probability_of_an_outage(n, k, MTTF, MTTR, crews=n, horizon=YEAR)
    return [
        Check(
            f"i1_{name}",
            f"mean days to the first outage, {name}",
            days,
            float(at_risk / max(1, seen.sum())),
            days / math.sqrt(expected),
        ),
        Check(
            f"i5_{name}",
            f"P(an outage in the first year), {name}",
            within,
            float((first <= YEAR).mean()),
            math.sqrt(within * (1 - within) / len(first)),
        ),
    ]


STUDIES = (Study("k of n", _independent),)

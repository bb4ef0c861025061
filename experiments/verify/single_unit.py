"""Groups a and h: one unit that fails and is repaired, and the distribution of its yearly downtime."""

import math
from dataclasses import dataclass

import numpy as np

from experiments import closed_form as exact
from experiments.verify.check import Basis, Check, Study
from experiments.verify.systems import ALONE, behaviour, nodes, replications, steadfast, unit_per_node
from models.cluster import Cluster
from models.distributions import Distribution, Exponential, Fixed, LogNormal, Weibull
from models.service import Service
from models.units import DAY, YEAR
from simulator.failures.node_crash import NodeCrash
from simulator.step_function import StepFunction

MTTF, MTTR = 30 * DAY, 300.0
YEARS_SIMULATED = 2000
RAREST, RAREST_OF_FIXED = 0.05, 0.018
"""Share of the years that are the rarest to be counted: beyond the 95 % quantile; within 99.995 % of fixed repairs."""
GOALS = {"99.99%": 0.9999, "99.995%": 0.99995}


@dataclass(frozen=True)
class _Years:
    """Downtime (s) and number of outages of independent years."""

    downtime: np.ndarray
    outages: np.ndarray
    histories: list[StepFunction]


def _years(up: Distribution, down: Distribution, seed: int, effort: float) -> _Years:
    """One node, one pod that stays on it and answers while its node is up."""
    runs = replications(
        unit_per_node(1),
        [NodeCrash("crash", up, down)],
        number=YEARS_SIMULATED * effort,
        years=1,
        seed=seed,
        behaviour=behaviour(),
    )
    histories = [run.services["all"].answering for run in runs]
    downtime = np.array([history.time_below(1) for history in histories])
    return _Years(downtime, np.array([len(history.intervals_below(1)) for history in histories]), histories)


def _exponential(seed: int, effort: float) -> list[Check]:
    years = _years(Exponential(MTTF), Exponential(MTTR), seed, effort)
    n = len(years.downtime)
    rate = exact.downtime_variance_rate(MTTF, MTTF**2, MTTR, MTTR**2)
    # Fourth cumulant over squared variance of a compound Poisson sum of exponentials: 6 over the mean count.
    excess = 6 * MTTF / YEAR
    deviation = exact.downtime_deviation(MTTF, MTTR, YEAR)
    year = exact.interval_unavailability(MTTF, MTTR, YEAR)
    mean_error = math.sqrt(rate / (n * YEAR))
    unavailability = years.downtime.mean() / YEAR
    # The unit starts up, so a year is a little better than the long run: by a known amount.
    long_run = exact.unavailability(MTTF, MTTR)
    stationary = unavailability + long_run - year
    checks = [
        Check("a1", "steady-state availability", 1 - long_run, 1 - stationary, mean_error),
        Check(
            "a2",
            "outages a year",
            exact.outages_per_year(MTTF, MTTR),
            float(years.outages.mean()),
            math.sqrt(YEAR / MTTF / n),
        ),
        Check(
            "a6",
            "variance rate of downtime",
            rate,
            float(years.downtime.var(ddof=1)) / YEAR,
            rate * math.sqrt((2 + excess) / n),
        ),
        Check(
            "h4",
            "standard deviation of yearly downtime",
            deviation,
            float(years.downtime.std(ddof=1)),
            deviation * math.sqrt((2 + excess) / n) / 2,
        ),
    ]
    for name, goal in GOALS.items():
        met = exact.probability_downtime_at_most((1 - goal) * YEAR, MTTF, MTTR, YEAR)
        checks.append(_share(f"h1_{name}", f"P(yearly availability >= {name})", met, years.downtime, (1 - goal) * YEAR))
    missed = exact.probability_downtime_above(1e-4 * YEAR, MTTF, MTTR, YEAR)
    shortfall = float((years.downtime > 1e-4 * YEAR).mean())
    checks.append(
        Check("h6_99.99%", "P(yearly availability < 99.99%)", missed, shortfall, math.sqrt(missed * (1 - missed) / n))
    )
    for q in (0.5, 0.95):
        quantile = exact.downtime_quantile(q, MTTF, MTTR, YEAR)
        step = 1.0
        density = (
            exact.probability_downtime_at_most(quantile + step, MTTF, MTTR, YEAR)
            - exact.probability_downtime_at_most(quantile - step, MTTF, MTTR, YEAR)
        ) / (2 * step)
        checks.append(
            Check(
                f"h5_q{q}",
                f"{q:g} quantile of yearly downtime (s)",
                quantile,
                float(np.quantile(years.downtime, q)),
                math.sqrt(q * (1 - q) / n) / density,
            )
        )
    return checks + _started_up(years)


POINT, INTERVAL = 600.0, 3600.0
"""Seconds after a start: a3 and a4."""


def _started_up(years: _Years) -> list[Check]:
    """From every moment when the unit is up it goes on as if it had just started: exponential laws have no age."""
    time, down_later, down_within = np.sum([_after_up(history) for history in years.histories], axis=0)
    # Every outage counts for min(length, 600) seconds of starts, or the integral of min(length, u) over the hour.
    point = 2 * MTTR**2 * (1 - math.exp(-POINT / MTTR) * (1 + POINT / MTTR))
    lengths = np.linspace(0, 40 * MTTR, 200_001)
    seen = np.where(lengths < INTERVAL, lengths * INTERVAL - lengths**2 / 2, INTERVAL**2 / 2)
    interval = float(np.trapezoid(seen**2 * np.exp(-lengths / MTTR) / MTTR, lengths))
    return [
        Check(
            "a3",
            "P(down 600 s after a start)",
            exact.point_unavailability(MTTF, MTTR, POINT),
            float(down_later / time),
            math.sqrt(point / MTTF / time),
        ),
        Check(
            "a4",
            "mean share of the first hour after a start that is down",
            exact.interval_unavailability(MTTF, MTTR, INTERVAL),
            float(down_within / time / INTERVAL),
            math.sqrt(interval / MTTF / time) / INTERVAL,
        ),
    ]


def _after_up(up: StepFunction) -> tuple[float, float, float]:
    """Integrals over the moments when the unit is up, far enough from the end.

    Of 1, of being down 600 s later, and of the seconds down in the hour that follows.
    """
    edges = np.append(up.times, up.end)
    lost = np.concatenate(([0.0], np.cumsum(np.diff(edges) * (1 - up.values))))
    moments = np.unique(np.concatenate((edges, edges - POINT, edges - INTERVAL)))
    moments = moments[(moments >= 0) & (moments <= up.end - INTERVAL)]
    widths, middles = np.diff(moments), (moments[1:] + moments[:-1]) / 2
    here = up.at(middles) * widths
    within = np.interp(middles + INTERVAL, edges, lost) - np.interp(middles, edges, lost)
    return float(here.sum()), float(here @ (1 - up.at(middles + POINT))), float(here @ within)


def _fixed_repair(seed: int, effort: float) -> list[Check]:
    years = _years(Exponential(MTTF), Fixed(MTTR), seed, effort)
    checks = []
    for name, goal in GOALS.items():
        budget = (1 - goal) * YEAR
        met = exact.probability_downtime_at_most_fixed_repair(budget, MTTF, MTTR, YEAR)
        checks.append(
            _share(f"h2_{name}", f"P(yearly availability >= {name}), fixed repair", met, years.downtime, budget)
        )
    return checks


def _share(case: str, quantity: str, probability: float, downtime: np.ndarray, budget: float) -> Check:
    """P(downtime <= budget); whole repairs that use the budget up exactly are within it."""
    within = float((downtime <= budget + 1e-3).mean())
    return Check(case, quantity, probability, within, math.sqrt(probability * (1 - probability) / len(downtime)))


UNITS, DECADES = 40, 2.0
"""Units at once, each of which is watched for so long: the start of a life leaves hardly a trace."""


def _other_laws(seed: int, effort: float) -> list[Check]:
    """Weibull lives and lognormal repairs: only their means matter for the availability."""
    shape, median, sigma = 0.7, 120.0, 1.2
    labels = [f"unit-{i}" for i in range(UNITS)]
    cluster = Cluster(
        nodes=nodes(UNITS),
        pods=tuple(steadfast(label, f"node-{i}", {"unit": label}) for i, label in enumerate(labels)),
        services=tuple(Service(label, selector={"unit": label}) for label in labels),
    )
    years = 10 * DECADES
    lengths, downtimes = [], []
    for run in replications(
        cluster,
        [NodeCrash("crash", Weibull.from_mean(shape, MTTF), LogNormal(median, sigma))],
        number=25 * effort,
        years=years,
        seed=seed,
        behaviour=behaviour(timing=ALONE),
    ):
        for service in run.services.values():
            lengths.append(np.diff(service.answering.intervals_below(1)).ravel())
            downtimes.append(service.answering.time_below(1))
    downtime, repairs = np.array(downtimes), np.concatenate(lengths)
    n, horizon = len(downtime), years * YEAR
    repair = exact.lognormal_mean(median, sigma)
    rate = exact.downtime_variance_rate(
        MTTF, exact.weibull_variance(shape, MTTF), repair, exact.lognormal_variance(median, sigma)
    )
    # A fresh unit with a falling hazard fails more often at first: by (cv^2 - 1) / 2 failures in the long run.
    surplus = (exact.weibull_variance(shape, MTTF) / MTTF**2 - 1) / 2
    kurtosis = float(((downtime - downtime.mean()) ** 4).mean() / downtime.var() ** 2)
    return [
        Check(
            "a5",
            "steady-state unavailability, Weibull and lognormal",
            exact.unavailability(MTTF, repair),
            float(downtime.mean() - surplus * repair) / horizon,
            math.sqrt(rate / (n * horizon)),
        ),
        Check(
            "a5b",
            "mean repair (s), lognormal",
            repair,
            float(repairs.mean()),
            math.sqrt(exact.lognormal_variance(median, sigma) / len(repairs)),
        ),
        Check(
            "a7",
            "variance rate of downtime, Weibull and lognormal",
            rate,
            float(downtime.var(ddof=1)) / horizon,
            rate * math.sqrt((kurtosis - 1) / n),
            Basis.SAMPLED,
        ),
    ]


STUDIES = (
    Study("single unit", _exponential, seconds=8, events=RAREST * YEARS_SIMULATED),
    Study("single unit, fixed repair", _fixed_repair, seconds=6, events=RAREST_OF_FIXED * YEARS_SIMULATED),
    Study("single unit, Weibull and lognormal", _other_laws, seconds=20),
)

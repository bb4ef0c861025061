"""Groups a and h: one unit that fails and is repaired, and the distribution of its yearly downtime."""

import math
from dataclasses import dataclass

import numpy as np

from experiments import closed_form as exact
from experiments.verify.check import Check, Study
from experiments.verify.systems import DAY, YEAR, behaviour, replications, unit_per_node
from models.distributions import Distribution, Exponential, Fixed, LogNormal, Weibull
from simulator.failures.node_crash import NodeCrash

MTTF, MTTR = 30 * DAY, 300.0
YEARS_SIMULATED = 2000
GOALS = {"99.99%": 0.9999, "99.995%": 0.99995}


@dataclass(frozen=True)
class _Years:
    """Downtime (s) and number of outages of independent years."""

    downtime: np.ndarray
    outages: np.ndarray


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
    rows = [(h.time_below(1), len(h.intervals_below(1))) for h in (run.services["all"].answering for run in runs)]
    downtime, outages = np.array(rows).T
    return _Years(downtime, outages)


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
    return checks


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


def _other_laws(seed: int, effort: float) -> list[Check]:
    """Weibull lives and lognormal repairs: only their means matter for the availability."""
    shape, median, sigma = 0.7, 120.0, 1.2
    years = _years(Weibull.from_mean(shape, MTTF), LogNormal(median, sigma), seed, effort)
    n = len(years.downtime)
    repair = exact.lognormal_mean(median, sigma)
    rate = exact.downtime_variance_rate(
        MTTF, exact.weibull_variance(shape, MTTF), repair, exact.lognormal_variance(median, sigma)
    )
    # A fresh unit with a falling hazard fails more often at first: by (cv^2 - 1) / 2 failures in the long run.
    surplus = (exact.weibull_variance(shape, MTTF) / MTTF**2 - 1) / 2
    unavailability = (years.downtime.mean() - surplus * repair) / YEAR
    return [
        Check(
            "a5",
            "steady-state unavailability, Weibull and lognormal",
            exact.unavailability(MTTF, repair),
            float(unavailability),
            math.sqrt(rate / (n * YEAR)),
        )
    ]


STUDIES = (
    Study("single unit", _exponential),
    Study("single unit, fixed repair", _fixed_repair),
    Study("single unit, Weibull and lognormal", _other_laws),
)

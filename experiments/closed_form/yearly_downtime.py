"""The downtime of one unit over a given time, such as a year."""

import math

import numpy as np

from experiments.closed_form.units import interval_unavailability, unavailability


def probability_downtime_at_most(budget: float, mttf: float, mttr: float, horizon: float) -> float:
    """P(downtime in [0, horizon] <= budget) of an exponential unit that is up at 0 (Takács 1957).

    n failures fall into horizon - budget seconds of uptime (Poisson), and their repairs fit the budget (gamma).
    """
    from scipy.special import gammainc
    from scipy.stats import poisson

    failures, shares = _failures_before(budget, mttf, horizon)
    fits = np.where(failures > 0, gammainc(np.maximum(failures, 1), budget / mttr), 1.0)
    return math.fsum(poisson.pmf(failures, shares) * fits)


def probability_downtime_above(budget: float, mttf: float, mttr: float, horizon: float) -> float:
    """The complement of `probability_downtime_at_most`, summed directly: tiny probabilities keep their digits."""
    from scipy.special import gammaincc
    from scipy.stats import poisson

    failures, shares = _failures_before(budget, mttf, horizon)
    exceeds = np.where(failures > 0, gammaincc(np.maximum(failures, 1), budget / mttr), 0.0)
    return math.fsum(poisson.pmf(failures, shares) * exceeds)


def _failures_before(budget: float, mttf: float, horizon: float) -> tuple[np.ndarray, float]:
    """All counts of failures that matter, and the mean of their Poisson law."""
    mean = (horizon - budget) / mttf
    return np.arange(math.ceil(mean + 40 * math.sqrt(mean) + 100)), mean


def probability_downtime_at_most_fixed_repair(budget: float, mttf: float, repair: float, horizon: float) -> float:
    """P(downtime in [0, horizon] <= budget), exponential failures, repairs of exactly `repair` seconds; up at 0."""
    from scipy.stats import poisson

    return float(poisson.cdf(math.floor(budget / repair), (horizon - budget) / mttf))


def probability_of_no_downtime(mttf: float, horizon: float) -> float:
    """P(no failure in [0, horizon]) of an exponential unit that is up at 0."""
    return math.exp(-horizon / mttf)


def downtime_quantile(q: float, mttf: float, mttr: float, horizon: float) -> float:
    """The least budget that the downtime in [0, horizon] keeps with probability `q` (0 if q <= P(no downtime))."""
    from scipy.optimize import brentq

    if q <= probability_of_no_downtime(mttf, horizon):
        return 0.0
    return float(
        brentq(
            lambda budget: probability_downtime_at_most(budget, mttf, mttr, horizon) - q,
            0.0,
            horizon,
            xtol=1e-9,
            rtol=1e-14,
        )
    )


def mean_downtime(mttf: float, mttr: float, horizon: float) -> float:
    """E[downtime in [0, horizon]] in seconds, exponential, up at 0."""
    return horizon * interval_unavailability(mttf, mttr, horizon)


def downtime_deviation(mttf: float, mttr: float, horizon: float) -> float:
    """Standard deviation of the downtime in [0, horizon] in seconds, exponential, up at 0.

    E[D^2] = 2 int_0^T P(down at u) int_u^T P(down at v | down at u) dv du, integrated in closed form.
    """
    down, speed = unavailability(mttf, mttr), 1 / mttf + 1 / mttr
    up, decayed = 1 - down, -math.expm1(-speed * horizon)
    forgotten = down**2 * (horizon**2 / 2 - horizon / speed + decayed / speed**2)
    remembered = down * up / speed * (horizon - 2 * decayed / speed + horizon * (1 - decayed))
    return math.sqrt(2 * (forgotten + remembered) - mean_downtime(mttf, mttr, horizon) ** 2)

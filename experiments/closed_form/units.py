"""One unit that fails and is repaired."""

import math

from models.units import YEAR


def unavailability(mttf: float, mttr: float) -> float:
    """Long-run share of the time that a unit is down; any laws (renewal theorem, Barlow & Proschan 1975)."""
    return mttr / (mttf + mttr)


def outages_per_year(mttf: float, mttr: float) -> float:
    """Long-run outages a year of one unit; any laws (elementary renewal theorem)."""
    return YEAR / (mttf + mttr)


def point_unavailability(mttf: float, mttr: float, time: float) -> float:
    """P(down at `time`) of an exponential unit that is up at 0: the two-state Markov chain."""
    speed = 1 / mttf + 1 / mttr
    return -unavailability(mttf, mttr) * math.expm1(-speed * time)


def interval_unavailability(mttf: float, mttr: float, horizon: float) -> float:
    """Expected share of [0, horizon] that an exponential unit, up at 0, is down."""
    speed = 1 / mttf + 1 / mttr
    return unavailability(mttf, mttr) * (1 + math.expm1(-speed * horizon) / (speed * horizon))


def weibull_variance(shape: float, mean: float) -> float:
    """Variance of the Weibull law of this shape and mean, in seconds squared."""
    first, second = math.gamma(1 + 1 / shape), math.gamma(1 + 2 / shape)
    return mean**2 * (second / first**2 - 1)


def lognormal_mean(median: float, sigma: float) -> float:
    """Mean of the lognormal law, in seconds."""
    return median * math.exp(sigma**2 / 2)


def lognormal_variance(median: float, sigma: float) -> float:
    """Variance of the lognormal law, in seconds squared."""
    return lognormal_mean(median, sigma) ** 2 * math.expm1(sigma**2)


def downtime_variance_rate(mean_up: float, variance_up: float, mean_down: float, variance_down: float) -> float:
    """Limit of Var[D(T)] / T in seconds, for the downtime D(T) of one unit; any laws with a variance.

    Takács 1957; Barlow & Proschan 1975. It gives acceptance bands: the standard error of the unavailability measured
    over T seconds is sqrt(rate / T). Exponential laws: the variances are the squares of the means.
    """
    return (variance_up * mean_down**2 + variance_down * mean_up**2) / (mean_up + mean_down) ** 3


def replica_unavailability(crash_mttf: float, restart: float, node_mttf: float, node_mttr: float) -> float:
    """Long-run share of the time that a replica restarts or its node is down; exponential.

    The node may fail during a restart, and brings the replica back up with it: a chain of three states.
    """
    restarting = (1 / crash_mttf) / (1 / restart + 1 / node_mttf)
    node_down = node_mttr / node_mttf * (1 + restarting)
    return (restarting + node_down) / (1 + restarting + node_down)

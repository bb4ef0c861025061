"""The hazard rate of a law at an age: how likely what has lived so long is to end now, per second."""

import math

from models.distributions import Distribution, Exponential, Gamma, LogNormal, Scaled, Uniform, Weibull
from models.incomplete_gamma import log_upper_gamma

YOUNGEST = 1e-6
"""Seconds. Hazards that are infinite at age 0 (Weibull and gamma shapes below 1) are looked at from this age on."""


def hazard_rate(law: Distribution, age: float) -> float | None:
    """h(age) = H'(age) per second, H the cumulative hazard.

    None for a law that has no rate: one with atoms (`Fixed`, `Empirical`), or one that is not known here.
    """
    age = max(age, YOUNGEST)
    match law:
        case Exponential(mean):
            return 1 / mean
        case Weibull(shape, scale):
            return float(shape / scale * (age / scale) ** (shape - 1))
        case LogNormal(median, sigma):
            z = math.log(age / median) / sigma
            survival = 0.5 * math.erfc(z / math.sqrt(2))
            if survival < 1e-300:
                return z / (sigma * age)  # Mills' ratio: the density over the tail tends to z
            return math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / (sigma * age) / survival
        case Gamma(shape, scale):
            x = age / scale
            return math.exp((shape - 1) * math.log(x) - x - math.lgamma(shape) - log_upper_gamma(shape, x)) / scale
        case Uniform(low, high):
            return 0.0 if age < low else 1 / max(high - age, YOUNGEST)
        case Scaled(of, factor):
            rate = hazard_rate(of, age / factor)
            return None if rate is None else rate / factor
    return None

"""Many draws of a law at a time."""

import numpy as np

from models.arrays import Floats
from models.distributions import Distribution, Empirical, Exponential, Fixed, Gamma, LogNormal, Uniform, Weibull


def samples(law: Distribution, count: int, rng: np.random.Generator) -> Floats:
    """So many independent draws, in seconds; drawing more does not change the first."""
    match law:
        case Fixed(value):
            return np.full(count, value)
        case LogNormal(median, sigma):
            return median * np.exp(sigma * rng.standard_normal(count))
        case Gamma(shape, scale):
            return scale * rng.standard_gamma(shape, count)
    luck = rng.standard_exponential(count)
    match law:
        case Exponential(mean):
            return mean * luck
        case Weibull(shape, scale):
            return np.asarray(scale * luck ** (1 / shape))
        case Uniform(low, high):
            return low - (high - low) * np.expm1(-luck)
        case Empirical(values):
            ranks = (-np.expm1(-luck) * len(values)).astype(np.int64)
            return np.array(values)[np.minimum(ranks, len(values) - 1)]
    return np.array([law.age_at(hazard) for hazard in luck.tolist()])

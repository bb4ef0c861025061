"""Length-biased draws: times as a law gives them to who arrives at random and meets one, longer ones more often."""

import math
from collections.abc import Sequence

import numpy as np

from models.distributions import Distribution, Empirical, Exponential, Gamma, LogNormal, Scaled, Uniform, Weibull


def length_biased(law: Distribution, rng: np.random.Generator) -> float:
    """One draw, in seconds, of the law with density x f(x) / mean, f that of `law`.

    Its likelihood ratio, f over that density, is mean/x. Of a constant, and of a law that is not known here, it is an
    ordinary draw: `is_biasable` tells.
    """
    match law:
        case Exponential(mean):
            return float(mean * rng.standard_gamma(2.0))
        case Weibull(shape, scale):
            return float(scale * rng.standard_gamma(1 + 1 / shape) ** (1 / shape))
        case LogNormal(median, sigma):
            return float(median * math.exp(sigma * (rng.standard_normal() + sigma)))
        case Gamma(shape, scale):
            return float(scale * rng.standard_gamma(shape + 1))
        case Uniform(low, high):
            return math.sqrt(low * low + rng.random() * (high * high - low * low))
        case Empirical(values):
            weights = np.array(values)
            return float(rng.choice(weights, p=weights / weights.sum()))
        case Scaled(of, factor):
            return factor * length_biased(of, rng)
    return law.sample(rng)


def length_biased_sum(laws: Sequence[Distribution], rng: np.random.Generator) -> float:
    """One draw, in seconds, of the sum of independent times of these laws, with density x f(x) / mean, f that of it.

    One of the times is length-biased, chosen by its share of the mean. A constant is its own length-biased law.
    """
    means = np.array([law.mean for law in laws])
    chosen = int(rng.choice(len(laws), p=means / means.sum()))
    return math.fsum(length_biased(law, rng) if i == chosen else law.sample(rng) for i, law in enumerate(laws))


def is_biasable(law: Distribution) -> bool:
    """Whether `length_biased` draws from another law than `law` itself, and misses nothing that this one may give.

    What takes no time at all would never be drawn, so that no weight could make up for it.
    """
    match law:
        case Scaled(of):
            return is_biasable(of)
        case Empirical(values):
            return min(values) > 0
    return isinstance(law, Exponential | Weibull | LogNormal | Gamma | Uniform)

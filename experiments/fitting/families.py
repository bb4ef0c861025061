"""The laws that are fitted, as families: ln of density and survival in parameters that may be any number.

Over parameters without bounds a search needs none, and an estimate is nearer to normal: logarithms of what is positive.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from models.arrays import Floats
from models.distributions import Distribution, Exponential, Gamma, LogNormal, Weibull

Logarithm = Callable[[Floats, Floats], Floats]
"""Of times and parameters."""


@dataclass(frozen=True)
class Family:
    """All laws of one kind."""

    law: Callable[[Floats], Distribution]
    """The law with these parameters; raises ValueError or OverflowError where there is none."""
    parameters: Callable[[Distribution], Floats]
    density: Logarithm
    """ln of the density."""
    survival: Logarithm
    """ln of the share that lasts longer."""


def _gamma_density(t: Floats, p: Floats) -> Floats:
    shape, x = math.exp(p[0]), t / math.exp(p[1])
    return np.asarray((shape - 1) * np.log(x) - x - math.lgamma(shape) - p[1])


def _gamma_survival(t: Floats, p: Floats) -> Floats:
    shape, x = math.exp(p[0]), t / math.exp(p[1])
    upper = special.gammaincc(shape, x)
    far = (shape - 1) * np.log(x) - x - math.lgamma(shape)  # where it is too small for a float
    return np.where(upper > 0, np.log(np.where(upper > 0, upper, 1.0)), far)


def _weibull_density(t: Floats, p: Floats) -> Floats:
    x, shape = np.log(t) - p[1], math.exp(p[0])
    return np.asarray(p[0] - p[1] + (shape - 1) * x - np.exp(np.minimum(shape * x, 700.0)))


def _lognormal_density(t: Floats, p: Floats) -> Floats:
    z = (np.log(t) - p[0]) / math.exp(p[1])
    return np.asarray(-z * z / 2 - np.log(t) - p[1] - math.log(2 * math.pi) / 2)


EXPONENTIAL = Family(
    law=lambda p: Exponential(math.exp(p[0])),
    parameters=lambda law: np.log([law.mean]),
    density=lambda t, p: -t / math.exp(p[0]) - p[0],
    survival=lambda t, p: -t / math.exp(p[0]),
)
WEIBULL = Family(
    law=lambda p: Weibull(math.exp(p[0]), math.exp(p[1])),
    parameters=lambda law: np.log([law.shape, law.scale]) if isinstance(law, Weibull) else np.array([]),
    density=_weibull_density,
    survival=lambda t, p: -np.exp(np.minimum(math.exp(p[0]) * (np.log(t) - p[1]), 700.0)),
)
LOGNORMAL = Family(
    law=lambda p: LogNormal(math.exp(p[0]), math.exp(p[1])),
    parameters=lambda law: np.log([law.median, law.sigma]) if isinstance(law, LogNormal) else np.array([]),
    density=_lognormal_density,
    survival=lambda t, p: np.asarray(special.log_ndtr((p[0] - np.log(t)) / math.exp(p[1]))),
)
GAMMA = Family(
    law=lambda p: Gamma(math.exp(p[0]), math.exp(p[1])),
    parameters=lambda law: np.log([law.shape, law.scale]) if isinstance(law, Gamma) else np.array([]),
    density=_gamma_density,
    survival=_gamma_survival,
)
FAMILIES: dict[type, Family] = {Exponential: EXPONENTIAL, Weibull: WEIBULL, LogNormal: LOGNORMAL, Gamma: GAMMA}

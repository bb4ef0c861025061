"""The four laws that are fitted, over arrays: cumulative hazards, ages that reach them, moments of logarithms.

The same functions as `models.distributions` has for one number: a backtest draws some million times.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from models.arrays import Floats
from models.distributions import Distribution, Exponential, Gamma, LogNormal, Weibull

_EULER = float(np.euler_gamma)
_FARTHEST = 700.0
"""A cumulative hazard beyond which no float holds the survival function of a gamma law."""


@dataclass(frozen=True)
class Hazards:
    """A law, over arrays."""

    cumulative: Callable[[Floats], Floats]
    """-ln P(X > age)."""
    age_at: Callable[[Floats], Floats]
    """The age at which the cumulative hazard is so much."""
    log_mean: float
    """The mean of ln X."""
    log_variance: float


def hazards(law: Distribution) -> Hazards:
    """The functions of a law that is fitted; TypeError for others."""
    match law:
        case Exponential(mean):
            return Hazards(lambda t: t / mean, lambda h: h * mean, math.log(mean) - _EULER, math.pi**2 / 6)
        case Weibull(shape, scale):
            return Hazards(
                lambda t: (t / scale) ** shape,
                lambda h: scale * h ** (1 / shape),
                math.log(scale) - _EULER / shape,
                math.pi**2 / 6 / shape**2,
            )
        case LogNormal(median, sigma):
            return Hazards(
                lambda t: -special.log_ndtr(-_logs(t / median) / sigma),
                lambda h: median * np.exp(np.minimum(-sigma * special.ndtri_exp(-np.maximum(h, 1e-300)), 100.0)),
                math.log(median),
                sigma**2,
            )
        case Gamma(shape, scale):
            return Hazards(
                lambda t: np.asarray(-np.log(np.maximum(special.gammaincc(shape, t / scale), math.exp(-_FARTHEST)))),
                lambda h: np.asarray(scale * special.gammainccinv(shape, np.exp(-np.minimum(h, _FARTHEST)))),
                float(special.digamma(shape)) + math.log(scale),
                float(special.polygamma(1, shape)),
            )
    raise TypeError(f"{law} is not one of the laws that are fitted")


def _logs(times: Floats) -> Floats:
    """Logarithms, of 0 too."""
    return np.log(np.maximum(times, 1e-300))

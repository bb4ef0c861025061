"""Probability laws of times and durations.

Every law answers the same four questions (`Distribution`), and draws exactly one Exp(1) variate a
sample, by inversion of its cumulative hazard. So two laws fed from the same stream meet the same luck
(common random numbers), and a random clock is an Exp(1) threshold against the cumulative hazard at its
age: the form in which failure clocks can be tilted later without touching who uses them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol, runtime_checkable

import numpy as np

from models.incomplete_gamma import increasing_root, log_upper_gamma

_NORMAL = NormalDist()


@runtime_checkable
class Distribution(Protocol):
    """A law of a non-negative time in seconds."""

    @property
    def mean(self) -> float:
        """The expectation, in seconds."""
        ...

    def cumulative_hazard(self, age: float) -> float:
        """H(age) = -ln P(X > age); infinite where survival is impossible."""
        ...

    def age_at(self, cumulative_hazard: float) -> float:
        """The least age, in seconds, at which the cumulative hazard reaches the given value (>= 0)."""
        ...

    def sample(self, rng: np.random.Generator) -> float:
        """One draw, in seconds. Consumes one Exp(1) variate of `rng` (none, if the law is a constant)."""
        ...


LARGEST_MEAN = 1e100
"""Seconds. A law beyond it (a Weibull shape near 0, a lognormal sigma of dozens) has draws that no float can hold."""
LARGEST_SIGMA = 10.0
"""Of a lognormal law given by its mean, which is never reached in practice with more: 3 draws in 10 million do."""


def _require_positive(**values: float) -> None:
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name} must be positive and finite (got {value!r})")


def _require_drawable(mean: float) -> None:
    if not 0 < mean <= LARGEST_MEAN:
        raise ValueError(f"these parameters are extreme: the mean must be above 0 and at most {LARGEST_MEAN:g} s")


def _or_infinite(function: Callable[[float], float], argument: float) -> float:
    """The function's value, infinite where no float can hold it."""
    try:
        return function(argument)
    except OverflowError:
        return math.inf


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always `value` seconds (>= 0)."""

    value: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value >= 0):
            raise ValueError(f"value must be finite and not negative (got {self.value!r})")

    @property
    def mean(self) -> float:
        return self.value

    def cumulative_hazard(self, age: float) -> float:
        return 0.0 if age < self.value else math.inf

    def age_at(self, cumulative_hazard: float) -> float:
        return self.value

    def sample(self, rng: np.random.Generator) -> float:
        return self.value


@dataclass(frozen=True, slots=True)
class Exponential:
    """Memoryless, with the given mean (MTTF) in seconds."""

    mean: float

    def __post_init__(self) -> None:
        _require_positive(mean=self.mean)
        _require_drawable(self.mean)

    def cumulative_hazard(self, age: float) -> float:
        return age / self.mean

    def age_at(self, cumulative_hazard: float) -> float:
        return self.mean * cumulative_hazard

    def sample(self, rng: np.random.Generator) -> float:
        return self.mean * rng.standard_exponential()


@dataclass(frozen=True, slots=True)
class Weibull:
    """P(X > t) = exp(-(t/scale)^shape); shape < 1 means a hazard that falls with age."""

    shape: float
    scale: float

    def __post_init__(self) -> None:
        _require_positive(shape=self.shape, scale=self.scale)
        _require_drawable(self.mean)

    @classmethod
    def from_mean(cls, shape: float, mean: float) -> "Weibull":
        """The Weibull law of this shape with the given mean."""
        _require_positive(shape=shape, mean=mean)
        factor = _or_infinite(math.gamma, 1 + 1 / shape)
        if not mean / factor:
            raise ValueError(f"these parameters are extreme: no law of shape {shape!r} can be drawn from")
        return cls(shape, mean / factor)

    @property
    def mean(self) -> float:
        return self.scale * _or_infinite(math.gamma, 1 + 1 / self.shape)

    def cumulative_hazard(self, age: float) -> float:
        return float((age / self.scale) ** self.shape)

    def age_at(self, cumulative_hazard: float) -> float:
        return float(self.scale * cumulative_hazard ** (1 / self.shape))

    def sample(self, rng: np.random.Generator) -> float:
        return self.age_at(rng.standard_exponential())


@dataclass(frozen=True, slots=True)
class LogNormal:
    """exp(N(ln median, sigma^2))."""

    median: float
    sigma: float

    def __post_init__(self) -> None:
        _require_positive(median=self.median, sigma=self.sigma)
        _require_drawable(self.mean)

    @classmethod
    def from_quantile(cls, median: float, p95: float) -> "LogNormal":
        """The lognormal law with the given median and 95 % quantile (p95 > median)."""
        _require_positive(median=median, p95=p95)
        if p95 <= median:
            raise ValueError(f"p95 must be greater than the median (got {p95!r} and {median!r})")
        return cls(median, math.log(p95 / median) / _NORMAL.inv_cdf(0.95))

    @classmethod
    def from_mean(cls, mean: float, sigma: float) -> "LogNormal":
        """The lognormal law with the given mean and sigma."""
        _require_positive(mean=mean, sigma=sigma)
        if sigma > LARGEST_SIGMA:
            raise ValueError(f"sigma must be at most {LARGEST_SIGMA:g} (got {sigma!r})")
        return cls(mean * math.exp(-sigma * sigma / 2), sigma)

    @property
    def mean(self) -> float:
        return self.median * _or_infinite(math.exp, self.sigma * self.sigma / 2)

    def cumulative_hazard(self, age: float) -> float:
        if age <= 0:
            return 0.0
        z = math.log(age / self.median) / self.sigma
        if z < 0:  # the smaller tail keeps all digits
            return -math.log1p(-0.5 * math.erfc(-z / math.sqrt(2)))
        survival = 0.5 * math.erfc(z / math.sqrt(2))
        return -math.log(survival) if survival > 0 else math.inf

    def age_at(self, cumulative_hazard: float) -> float:
        if cumulative_hazard <= 0:
            return 0.0
        # The smaller tail keeps all digits: P(X <= t) near 0, P(X > t) elsewhere.
        below = -math.expm1(-cumulative_hazard)
        z = _NORMAL.inv_cdf(below) if below < 0.5 else -_NORMAL.inv_cdf(math.exp(-min(cumulative_hazard, 700.0)))
        return self.median * math.exp(self.sigma * z)

    def sample(self, rng: np.random.Generator) -> float:
        return self.age_at(rng.standard_exponential())


@dataclass(frozen=True, slots=True)
class Gamma:
    """The gamma law of the given shape (0.001 to 10 million) and scale (mean = shape x scale).

    A draw takes time that grows with the root of the shape: about 0.02 s at 10,000, 0.1 s at 10 million.
    """

    shape: float
    scale: float

    def __post_init__(self) -> None:
        _require_positive(shape=self.shape, scale=self.scale)
        if not 0.001 <= self.shape <= 1e7:
            raise ValueError(f"shape must be between 0.001 and 1e7 (got {self.shape!r})")
        _require_drawable(self.mean)

    @property
    def mean(self) -> float:
        return self.shape * self.scale

    def cumulative_hazard(self, age: float) -> float:
        if age <= 0:
            return 0.0
        return -log_upper_gamma(self.shape, age / self.scale)

    def age_at(self, cumulative_hazard: float) -> float:
        if cumulative_hazard <= 0:
            return 0.0
        return self.scale * increasing_root(
            lambda x: -log_upper_gamma(self.shape, x) - cumulative_hazard, start=self.shape + cumulative_hazard
        )

    def sample(self, rng: np.random.Generator) -> float:
        return self.age_at(rng.standard_exponential())


@dataclass(frozen=True, slots=True)
class Uniform:
    """Uniform on [low, high] seconds."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (0 <= self.low < self.high < math.inf):
            raise ValueError(f"expected 0 <= low < high (got {self.low!r} and {self.high!r})")

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    def cumulative_hazard(self, age: float) -> float:
        if age <= self.low:
            return 0.0
        return -math.log((self.high - age) / (self.high - self.low)) if age < self.high else math.inf

    def age_at(self, cumulative_hazard: float) -> float:
        return self.low - (self.high - self.low) * math.expm1(-cumulative_hazard)

    def sample(self, rng: np.random.Generator) -> float:
        return self.age_at(rng.standard_exponential())


@dataclass(frozen=True, slots=True)
class Empirical:
    """Equal chances for each of the given values (seconds, sorted or not)."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values or not all(math.isfinite(v) and v >= 0 for v in self.values):
            raise ValueError("values must be a non-empty list of finite, non-negative seconds")
        object.__setattr__(self, "values", tuple(sorted(self.values)))

    @property
    def mean(self) -> float:
        return math.fsum(self.values) / len(self.values)

    def cumulative_hazard(self, age: float) -> float:
        left = sum(v > age for v in self.values)
        return -math.log(left / len(self.values)) if left else math.inf

    def age_at(self, cumulative_hazard: float) -> float:
        rank = int(-math.expm1(-cumulative_hazard) * len(self.values))
        return self.values[min(rank, len(self.values) - 1)]

    def sample(self, rng: np.random.Generator) -> float:
        return self.age_at(rng.standard_exponential())


@dataclass(frozen=True, slots=True)
class Scaled:
    """`factor` times a time of the law `of`: as often per time, divided by the factor."""

    of: Distribution
    factor: float

    def __post_init__(self) -> None:
        _require_positive(factor=self.factor)

    @property
    def mean(self) -> float:
        return self.factor * self.of.mean

    def cumulative_hazard(self, age: float) -> float:
        return self.of.cumulative_hazard(age / self.factor)

    def age_at(self, cumulative_hazard: float) -> float:
        return self.factor * self.of.age_at(cumulative_hazard)

    def sample(self, rng: np.random.Generator) -> float:
        return self.factor * self.of.sample(rng)


def stretched(law: Distribution, factor: float) -> Distribution:
    """The law of `factor` (> 0) times a time of `law`: one of the same family, where there is one, else `Scaled`."""
    _require_positive(factor=factor)
    match law:
        case Fixed(value):
            return Fixed(factor * value)
        case Exponential(mean):
            return Exponential(factor * mean)
        case Weibull(shape, scale):
            return Weibull(shape, factor * scale)
        case LogNormal(median, sigma):
            return LogNormal(factor * median, sigma)
        case Gamma(shape, scale):
            return Gamma(shape, factor * scale)
        case Uniform(low, high):
            return Uniform(factor * low, factor * high)
        case Empirical(values):
            return Empirical(tuple(factor * value for value in values))
    return Scaled(law, factor)

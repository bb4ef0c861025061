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


def _require_positive(**values: float) -> None:
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name} must be positive and finite (got {value!r})")


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

    @classmethod
    def from_mean(cls, shape: float, mean: float) -> "Weibull":
        """The Weibull law of this shape with the given mean."""
        _require_positive(shape=shape, mean=mean)
        return cls(shape, mean / math.gamma(1 + 1 / shape))

    @property
    def mean(self) -> float:
        return self.scale * math.gamma(1 + 1 / self.shape)

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
        return cls(mean * math.exp(-sigma * sigma / 2), sigma)

    @property
    def mean(self) -> float:
        return self.median * math.exp(self.sigma * self.sigma / 2)

    def cumulative_hazard(self, age: float) -> float:
        if age <= 0:
            return 0.0
        survival = 0.5 * math.erfc(math.log(age / self.median) / self.sigma / math.sqrt(2))
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
    """The gamma law of the given shape and scale (mean = shape x scale)."""

    shape: float
    scale: float

    def __post_init__(self) -> None:
        _require_positive(shape=self.shape, scale=self.scale)

    @property
    def mean(self) -> float:
        return self.shape * self.scale

    def cumulative_hazard(self, age: float) -> float:
        if age <= 0:
            return 0.0
        return -_log_upper_gamma(self.shape, age / self.scale)

    def age_at(self, cumulative_hazard: float) -> float:
        if cumulative_hazard <= 0:
            return 0.0
        return self.scale * _increasing_root(
            lambda x: -_log_upper_gamma(self.shape, x) - cumulative_hazard, start=self.shape + cumulative_hazard
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


def _log_upper_gamma(shape: float, x: float) -> float:
    """Ln Q(shape, x), the regularised upper incomplete gamma function.

    Series below x = shape + 1, Lentz's continued fraction above (Abramowitz and Stegun 6.5.29, 6.5.31).
    """
    if x <= 0:
        return 0.0
    log_front = shape * math.log(x) - x - math.lgamma(shape)
    if x < shape + 1:
        term = total = 1 / shape
        n = shape
        while term > total * 1e-17:
            n += 1
            term *= x / n
            total += term
        return math.log1p(-min(math.exp(log_front) * total, 1 - 1e-16))
    tiny = 1e-300
    b = x + 1 - shape
    c, d = 1 / tiny, 1 / b
    fraction = d
    for i in range(1, 10_000):
        a = -i * (i - shape)
        b += 2
        d = 1 / (a * d + b or tiny)
        c = b + a / c or tiny
        step = c * d
        fraction *= step
        if abs(step - 1) < 1e-15:
            break
    return log_front + math.log(fraction)


def _increasing_root(function: Callable[[float], float], start: float) -> float:
    """The zero on (0, inf) of an increasing function that is negative at 0, by bisection of the exponent."""
    low, high = start, start
    while function(low) > 0:
        low /= 2
    while function(high) < 0:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2

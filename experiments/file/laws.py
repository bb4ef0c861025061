"""How probability laws are written in files: `{kind: weibull, shape: 0.7, mean: 30d}`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from experiments.file.fields import Duration, FileModel, Number
from experiments.file.presets import FromPreset
from models.distributions import (
    Distribution,
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    LogNormal,
    Uniform,
    Weibull,
    stretched,
)


class Law(FileModel):
    """A probability law of a time."""

    factor: Annotated[Number, Field(gt=0)] | None = None
    """Stretches every time that the law gives: 0.5 for half as long, that is, twice as often."""

    def value(self) -> Distribution:
        """The law itself."""
        law = self.unstretched()
        return law if self.factor is None else stretched(law, self.factor)

    @model_serializer(mode="wrap")
    def _written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As people write it: the factor comes last."""
        return dict(sorted(handler(self).items(), key=lambda field: field[0] == "factor"))

    def unstretched(self) -> Distribution:
        """The law without its factor."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _makes_a_value(self) -> "Law":
        self.value()
        return self


def _one_of(**given: float | None) -> None:
    if sum(value is not None for value in given.values()) != 1:
        raise ValueError(f"expected exactly one of {' and '.join(map(repr, given))}")


class FixedLaw(Law):
    """Always the same time."""

    kind: Literal["fixed"]
    time: Duration = Field(alias="value")
    """How long, every time."""

    def unstretched(self) -> Distribution:
        return Fixed(self.time)


class ExponentialLaw(Law):
    """Memoryless, with the given mean."""

    kind: Literal["exponential"]
    mean: Duration
    """The mean: of a time to failure, the MTTF."""

    def unstretched(self) -> Distribution:
        return Exponential(self.mean)


class WeibullLaw(Law):
    """P(X > t) = exp(-(t/scale)^shape); give the scale or the mean. A shape below 1: failures cluster early."""

    kind: Literal["weibull"]
    shape: Number
    """Below 1 the hazard falls with age, above 1 it rises; 1 is the exponential law."""
    scale: Duration | None = None
    """The time that a share of 1/e, about 37 %, exceeds."""
    mean: Duration | None = None
    """The mean, instead of the scale."""

    def unstretched(self) -> Distribution:
        _one_of(scale=self.scale, mean=self.mean)
        if self.scale is not None:
            return Weibull(self.shape, self.scale)
        return Weibull.from_mean(self.shape, self.mean or 0.0)


class LogNormalLaw(Law):
    """exp(N(ln median, sigma^2)); give median and sigma, median and p95, or mean and sigma."""

    kind: Literal["lognormal"]
    median: Duration | None = None
    """The time that half of all exceed."""
    mean: Duration | None = None
    """The mean, which is above the median; with sigma."""
    p95: Duration | None = None
    """The time that 5 % exceed; with the median."""
    sigma: Number | None = None
    """Standard deviation of the logarithm: how far the times are spread."""

    def unstretched(self) -> Distribution:
        match (self.median, self.mean, self.p95, self.sigma):
            case (float(median), None, None, float(sigma)):
                return LogNormal(median, sigma)
            case (float(median), None, float(p95), None):
                return LogNormal.from_quantile(median, p95)
            case (None, float(mean), None, float(sigma)):
                return LogNormal.from_mean(mean, sigma)
        raise ValueError("expected 'median' and 'sigma', 'median' and 'p95', or 'mean' and 'sigma'")


class GammaLaw(Law):
    """The gamma law; give the scale or the mean (= shape x scale)."""

    kind: Literal["gamma"]
    shape: Number
    """Below 1 the hazard falls with age, above 1 it rises; 1 is the exponential law."""
    scale: Duration | None = None
    """The mean divided by the shape."""
    mean: Duration | None = None
    """The mean, instead of the scale."""

    def unstretched(self) -> Distribution:
        _one_of(scale=self.scale, mean=self.mean)
        if not self.shape > 0:
            raise ValueError(f"shape must be positive (got {self.shape!r})")
        if self.shape > 10_000:
            raise ValueError(f"shape must be at most 10000: beyond it a fixed time is as good (got {self.shape!r})")
        return Gamma(self.shape, self.scale if self.scale is not None else (self.mean or 0.0) / self.shape)


class UniformLaw(Law):
    """Anywhere between `low` and `high`."""

    kind: Literal["uniform"]
    low: Duration
    """The shortest time."""
    high: Duration
    """The longest time."""

    def unstretched(self) -> Distribution:
        return Uniform(self.low, self.high)


class EmpiricalLaw(Law):
    """One of the given times, all equally likely."""

    kind: Literal["empirical"]
    values: list[Duration]
    """The times; one that is given twice is twice as likely."""

    def unstretched(self) -> Distribution:
        return Empirical(tuple(self.values))


AnyLaw = Annotated[
    ExponentialLaw | WeibullLaw | LogNormalLaw | GammaLaw | FixedLaw | UniformLaw | EmpiricalLaw,
    Field(discriminator="kind"),
    FromPreset(),
]

KINDS: Mapping[type, str] = {
    Exponential: "exponential",
    Weibull: "weibull",
    LogNormal: "lognormal",
    Gamma: "gamma",
    Fixed: "fixed",
    Uniform: "uniform",
    Empirical: "empirical",
}

"""Hazard rates and length-biased draws, against numbers that do not come from them."""

import math

import numpy as np
import pytest

from models.distributions import (
    Distribution,
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    LogNormal,
    Scaled,
    Uniform,
    Weibull,
)
from models.hazard_rate import YOUNGEST, hazard_rate
from models.length_biased import is_biasable, length_biased

WITH_RATE = {
    "exponential": Exponential(30.0),
    "falling hazard": Weibull(0.6, 20.0),
    "rising hazard": Weibull(3.0, 30.0),
    "lognormal": LogNormal.from_mean(40.0, 0.8),
    "gamma, falling": Gamma(0.7, 30.0),
    "gamma, rising": Gamma(4.0, 10.0),
    "uniform": Uniform(3.0, 400.0),
    "scaled": Scaled(Weibull(0.6, 5.0), 4.0),
}
WITHOUT_RATE = {"fixed": Fixed(12.0), "empirical": Empirical((1.0, 4.0, 9.0)), "scaled": Scaled(Fixed(3.0), 2.0)}


@pytest.mark.parametrize("age", [0.01, 1.0, 20.0, 120.0])
@pytest.mark.parametrize("law", WITH_RATE.values(), ids=WITH_RATE)
def test_the_rate_is_the_derivative_of_the_cumulative_hazard(law: Distribution, age: float) -> None:
    step = 1e-4 * age
    slope = (law.cumulative_hazard(age + step) - law.cumulative_hazard(age - step)) / (2 * step)
    # Differences of hazards that are near 1 keep about 9 digits.
    assert hazard_rate(law, age) == pytest.approx(slope, rel=1e-5, abs=1e-13)


@pytest.mark.parametrize("law", WITHOUT_RATE.values(), ids=WITHOUT_RATE)
def test_what_has_atoms_has_no_rate(law: Distribution) -> None:
    assert hazard_rate(law, 1.0) is None


def test_hazards_that_are_infinite_at_birth_are_those_of_a_moment_later() -> None:
    law = Weibull(0.6, 20.0)
    assert hazard_rate(law, 0.0) == hazard_rate(law, YOUNGEST)
    assert math.isfinite(hazard_rate(law, 0.0) or math.inf)


@pytest.mark.parametrize("age", [1e12, 1e30, 1e60])
def test_the_rate_of_a_lognormal_is_known_far_out_in_its_tail(age: float) -> None:
    law = LogNormal.from_mean(40.0, 0.8)
    rate = hazard_rate(law, age)
    assert rate is not None
    z = math.log(age / law.median) / law.sigma
    # Mills' ratio of the normal law lies between 1/z and z/(1 + z^2).
    assert z * 0.999 <= rate * law.sigma * age <= (z + 1 / z) * 1.001


BIASABLE = {
    "exponential": (Exponential(30.0), 2 * 30.0**2, 6 * 30.0**3),
    "weibull": (Weibull(0.8, 20.0), *(20.0**n * math.gamma(1 + n / 0.8) for n in (2, 3))),
    "lognormal": (LogNormal(20.0, 0.6), *(20.0**n * math.exp(n * n * 0.36 / 2) for n in (2, 3))),
    "gamma": (Gamma(1.7, 10.0), 100 * 1.7 * 2.7, 1000 * 1.7 * 2.7 * 3.7),
    "uniform": (Uniform(5.0, 20.0), (20**3 - 5**3) / 45, (20**4 - 5**4) / 60),
    "empirical": (Empirical((1.0, 4.0, 4.0, 9.0)), (1 + 16 + 16 + 81) / 4, (1 + 64 + 64 + 729) / 4),
    "scaled": (Scaled(Exponential(15.0), 2.0), 2 * 30.0**2, 6 * 30.0**3),
}
"""Laws, E[X^2] and E[X^3]."""


@pytest.mark.parametrize(("law", "second", "third"), BIASABLE.values(), ids=BIASABLE)
def test_length_biased_draws_have_the_moments_of_x_times_the_density(
    law: Distribution, second: float, third: float
) -> None:
    assert is_biasable(law)
    rng, many = np.random.default_rng(5), 20_000
    draws = np.array([length_biased(law, rng) for _ in range(many)])
    mean, variance = second / law.mean, third / law.mean - (second / law.mean) ** 2
    assert abs(float(draws.mean()) - mean) <= 4 * math.sqrt(variance / many)
    # The weights have the mean 1; their variance is E[X] E[1/X] - 1, which is not finite for every law.
    weights = np.minimum(law.mean / draws, 1e3)
    assert abs(float(weights.mean()) - 1) <= 4 * float(weights.std()) / math.sqrt(many) + 1e-3


@pytest.mark.parametrize(
    "law", [Fixed(3.0), Scaled(Fixed(3.0), 2.0), Empirical((0.0, 0.0)), Empirical((0.0, 60.0))], ids=str
)
def test_what_cannot_be_biased_says_so(law: Distribution) -> None:
    assert not is_biasable(law)


def test_a_constant_is_drawn_as_it_is() -> None:
    assert length_biased(Fixed(3.0), np.random.default_rng(1)) == 3.0

"""The laws over arrays are those of one number."""

import math

import numpy as np
import pytest

from experiments.backtest.hazards import hazards
from models.distributions import Distribution, Exponential, Fixed, Gamma, LogNormal, Weibull

LAWS = [
    Exponential(50.0),
    Weibull(0.6, 80.0),
    Weibull(2.0, 30.0),
    LogNormal(20.0, 1.3),
    Gamma(0.4, 90.0),
    Gamma(3.0, 9),
]


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_hazards_over_arrays_are_those_of_one_number(law: Distribution) -> None:
    ages = np.array([0.0, 0.1, 3.0, 40.0, 300.0])
    of = hazards(law)
    found = of.cumulative(ages)
    assert found == pytest.approx([law.cumulative_hazard(age) for age in ages], rel=1e-6, abs=1e-12)
    reached = np.array([1e-3, 0.5, 2.0, 9.0])
    assert of.age_at(reached) == pytest.approx([law.age_at(h) for h in reached], rel=1e-6)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_the_moments_of_logarithms_are_those_of_draws(law: Distribution) -> None:
    of = hazards(law)
    logs = np.log(of.age_at(-np.log((np.arange(200_000) + 0.5) / 200_000)))
    assert logs.mean() == pytest.approx(of.log_mean, abs=0.01)
    assert logs.var() == pytest.approx(of.log_variance, rel=0.01)


def test_an_age_that_nothing_reaches_is_no_age_of_infinity() -> None:
    assert np.isfinite(hazards(LogNormal(1e6, 9.0)).age_at(np.array([0.0, 1e4]))).all()
    assert math.isfinite(hazards(Gamma(0.1, 10.0)).cumulative(np.array([1e9]))[0])


def test_a_law_that_is_not_fitted_is_refused() -> None:
    with pytest.raises(TypeError, match="not one of the laws"):
        hazards(Fixed(1.0))

"""Laws: the four answers of each agree with one another."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

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
    stretched,
)

CONTINUOUS: list[Distribution] = [
    Exponential(3.0),
    Weibull(0.5, 2.0),
    Weibull(1.5, 2.0),
    Weibull.from_mean(0.7, 5.0),
    LogNormal(2.0, 0.5),
    LogNormal(120.0, 1.2),
    LogNormal.from_quantile(median=5.0, p95=20.0),
    LogNormal.from_mean(10.0, 1.0),
    Gamma(0.5, 2.0),
    Gamma(3.0, 2.0),
    Uniform(1.0, 4.0),
]
ALL: list[Distribution] = [*CONTINUOUS, Fixed(3.0), Empirical((5.0, 1.0, 1.0, 2.0))]


@pytest.mark.parametrize("law", ALL, ids=str)
def test_the_mean_is_the_integral_of_the_survival_function(law: Distribution) -> None:
    def survival(age: float) -> float:
        return math.exp(-law.cumulative_hazard(age))

    grid = [0.0, *(law.age_at(-math.log(q)) for q in (0.9, 0.5, 0.2, 0.05, 1e-2, 1e-4, 1e-6, 1e-9, 1e-13))]
    if isinstance(law, Fixed | Empirical):
        grid = [0.0, *sorted(set(law.values) if isinstance(law, Empirical) else {law.value})]
    pieces = [integrate.quad(survival, a, b, limit=200)[0] for a, b in pairwise(grid) if b > a]
    assert math.fsum(pieces) == pytest.approx(law.mean, rel=1e-6)


@pytest.mark.parametrize("law", CONTINUOUS, ids=str)
@given(hazard=st.floats(1e-6, 20.0))
def test_age_at_inverts_the_cumulative_hazard(law: Distribution, hazard: float) -> None:
    assert law.cumulative_hazard(law.age_at(hazard)) == pytest.approx(hazard, rel=1e-6)


@pytest.mark.parametrize("law", ALL, ids=str)
@given(first=st.floats(0, 40), second=st.floats(0, 40))
def test_age_at_grows_with_the_hazard(law: Distribution, first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert 0 <= law.age_at(low) <= law.age_at(high) < math.inf


@pytest.mark.parametrize("law", ALL, ids=str)
def test_the_sample_mean_is_within_four_standard_errors(law: Distribution) -> None:
    rng = np.random.default_rng(7)
    draws = np.array([law.sample(rng) for _ in range(4_000)])
    assert abs(draws.mean() - law.mean) <= 4 * draws.std() / math.sqrt(len(draws)) + 1e-9


@pytest.mark.parametrize("law", CONTINUOUS, ids=str)
def test_a_draw_costs_one_exponential_and_laws_share_their_luck(law: Distribution) -> None:
    threshold = np.random.default_rng(11).standard_exponential()
    rng = np.random.default_rng(11)
    assert law.sample(rng) == pytest.approx(law.age_at(threshold), rel=1e-12)
    expected = np.random.default_rng(11)
    expected.standard_exponential()
    assert rng.random() == expected.random()


def test_the_published_mean_of_case_a5b() -> None:
    assert LogNormal(120.0, 1.2).mean == pytest.approx(246.53198527726653, rel=1e-14)


def test_a_lognormal_law_goes_through_its_quantiles() -> None:
    law = LogNormal.from_quantile(median=5.0, p95=20.0)
    assert law.age_at(math.log(2)) == pytest.approx(5.0)
    assert law.age_at(-math.log(0.05)) == pytest.approx(20.0)


def test_the_hazard_is_infinite_where_survival_is_impossible() -> None:
    assert Fixed(3.0).cumulative_hazard(3.0) == math.inf
    assert Uniform(1.0, 4.0).cumulative_hazard(4.0) == math.inf
    assert Empirical((1.0, 2.0)).cumulative_hazard(2.0) == math.inf
    assert Fixed(3.0).cumulative_hazard(2.9) == 0.0


@given(st.floats(0.01, 100), st.floats(0.05, 5), st.floats(0.1, 20))
def test_a_gamma_law_agrees_with_scipy(age: float, shape: float, scale: float) -> None:
    from scipy import special

    expected = special.gammaincc(shape, age / scale)
    if expected > 1e-290:
        assert math.exp(-Gamma(shape, scale).cumulative_hazard(age)) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Exponential(0.0),
        lambda: Weibull(1.0, -1.0),
        lambda: LogNormal(1.0, math.inf),
        lambda: LogNormal.from_quantile(5.0, 5.0),
        lambda: Gamma(0.0, 1.0),
        lambda: Uniform(2.0, 1.0),
        lambda: Fixed(-1.0),
        lambda: Fixed(math.nan),
        lambda: Empirical(()),
        lambda: Empirical((-1.0,)),
        lambda: Exponential(1e300),
        lambda: Weibull(0.001, 1.0),
        lambda: Weibull.from_mean(0.001, 1.0),
        lambda: LogNormal(1.0, 1000.0),
        lambda: LogNormal.from_mean(1.0, 1000.0),
        lambda: Gamma(1e-9, 1.0),
        lambda: Gamma(1e9, 1.0),
    ],
)
def test_parameters_that_make_no_law_are_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"must be|expected|extreme"):
        make()  # type: ignore[operator]


@settings(deadline=None)
@given(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300), st.integers(0, 2**32))
def test_every_law_that_is_accepted_can_be_drawn_from(one: float, other: float, seed: int) -> None:
    for law in (Weibull, Weibull.from_mean, LogNormal, LogNormal.from_mean, Gamma, Exponential):
        try:
            made: Distribution = law(one) if law is Exponential else law(one, other)  # type: ignore[operator]
        except ValueError:
            continue
        drawn = made.sample(np.random.default_rng(seed))
        assert 0 <= drawn < math.inf
        assert 0 < made.mean < math.inf


@pytest.mark.parametrize("law", [*ALL, Scaled(Exponential(3.0), 2.0)], ids=str)
@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_a_stretched_law_gives_so_many_times_the_same_times(law: Distribution, factor: float) -> None:
    found = stretched(law, factor)
    assert isinstance(found, Scaled) == isinstance(law, Scaled)
    assert found.mean == pytest.approx(factor * law.mean)
    for seed in range(20):
        drawn = found.sample(np.random.default_rng(seed))
        assert drawn == pytest.approx(factor * law.sample(np.random.default_rng(seed)))


def test_a_law_is_stretched_by_a_positive_factor() -> None:
    with pytest.raises(ValueError, match="factor must be positive"):
        stretched(Exponential(1.0), 0.0)


def test_the_hazard_of_a_young_lognormal_keeps_its_digits() -> None:
    law = LogNormal(1e6, 0.8)
    for z in (-9.0, -20.0):
        age = law.median * math.exp(law.sigma * z)
        assert law.cumulative_hazard(age) == pytest.approx(0.5 * math.erfc(-z / math.sqrt(2)), rel=1e-9)
        assert law.age_at(law.cumulative_hazard(age)) == pytest.approx(age, rel=1e-9)

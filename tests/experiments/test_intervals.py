"""Intervals against textbook values, and their measured coverage."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import intervals
from tests.experiments.coverage import SYSTEMS, coverage


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_the_mean_of_three_has_the_textbook_t_interval() -> None:
    found = intervals.mean(array(1.0, 2.0, 3.0), 0.95)
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 2 - 2.484138, 2 + 2.484138), rel=1e-6)


@pytest.mark.parametrize(("count", "low", "high"), [(1, 0.0253, 5.5716), (10, 4.7954, 18.3904), (50, 37.1110, 65.9188)])
def test_a_poisson_count_has_the_garwood_interval(count: int, low: float, high: float) -> None:
    found = intervals.rate(array(count), array(1.0), 0.95)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-3)


def test_nothing_seen_is_bounded_by_the_rule_of_three() -> None:
    assert intervals.rate_bound(200.0, 0.95) == pytest.approx(3.0 / 200, rel=2e-3)


def test_many_equal_outages_are_nearly_as_many_as_there_are() -> None:
    assert intervals.effective_outages(np.full(1000, 60.0), array(60000.0)) == pytest.approx(1000 / 1.01)


@pytest.mark.parametrize("seen", [1, 2, 10])
def test_few_outages_count_as_unequal_even_if_they_look_equal(seen: int) -> None:
    assert intervals.effective_outages(np.full(seen, 60.0), array(60.0 * seen)) == pytest.approx(seen / 2)


def test_one_long_outage_outweighs_many_short_ones() -> None:
    assert intervals.effective_outages(array(3600.0, 1.0, 1.0, 1.0), array(3603.0)) < 1


def test_outages_that_come_in_bursts_count_less() -> None:
    lengths = np.full(30, 60.0)
    spread, burst = np.full(30, 60.0), np.concatenate(([1800.0], np.zeros(29)))
    assert intervals.effective_outages(lengths, burst) < 2 < intervals.effective_outages(lengths, spread)


def test_no_downtime_has_no_effective_outages() -> None:
    assert math.isnan(intervals.effective_outages(np.empty(0), np.zeros(5)))


def test_the_gamma_interval_of_one_outage() -> None:
    found = intervals.unavailability(array(100.0), array(1e6), array(100.0), 0.95)
    chi2 = 0.0009820691, 9.3484036  # with 1 and 3 degrees of freedom: half an effective outage
    assert (found.low / found.value, found.high / found.value) == pytest.approx(chi2, rel=1e-5)
    assert "gamma" in found.method


@pytest.mark.parametrize(("outages", "method"), [(100, "gamma, 90.9 effective outages"), (200, "t, 10 replications")])
def test_a_hundred_effective_outages_use_student(outages: int, method: str) -> None:
    found = intervals.unavailability(np.full(10, outages * 1.0), np.full(10, 1e6), np.full(outages, 10.0), 0.95)
    assert found.method == method


def test_a_service_that_is_never_up_is_known_exactly() -> None:
    found = intervals.unavailability(np.full(5, 1e6), np.full(5, 1e6), np.full(5, 1e6), 0.95)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)


@given(st.lists(st.floats(1.0, 1e5), min_size=1, max_size=40), st.integers(1, 10))
def test_the_interval_contains_the_value_and_stays_a_probability(lengths: list[float], replications: int) -> None:
    downtimes = np.zeros(replications)
    np.add.at(downtimes, np.arange(len(lengths)) % replications, lengths)
    found = intervals.unavailability(downtimes, np.full(replications, 3.15e7), np.array(lengths), 0.95)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_p_is_small_when_the_mean_is_far_from_zero() -> None:
    assert intervals.p_value(array(10.0, 11.0, 9.0, 10.5)) < 0.001
    assert intervals.p_value(array(1.0, -1.0, 0.5, -0.5)) == pytest.approx(1.0)
    assert intervals.p_value(np.zeros(4)) == 1.0
    assert intervals.p_value(np.ones(4)) == 0.0


def bursts(replications: int, mean_outages: float, studies: int) -> float:
    """Coverage when outages come in groups of 3 on average, of exponential lengths of mean 1 in windows of 1000."""
    rng = np.random.default_rng(11)
    truth, hits, seen = mean_outages / 1000, 0, 0
    for _ in range(studies):
        sizes = [rng.geometric(1 / 3, groups).sum() for groups in rng.poisson(mean_outages / 3, replications)]
        lengths = [rng.exponential(1.0, size) for size in sizes]
        downtimes = np.array([one.sum() for one in lengths])
        if downtimes.sum() > 0:
            found = intervals.unavailability(downtimes, np.full(replications, 1000.0), np.concatenate(lengths), 0.95)
            seen += 1
            hits += found.low <= truth <= found.high
    return hits / seen


@pytest.mark.slow
@pytest.mark.parametrize(
    ("replications", "mean_outages", "least"), [(50, 0.453, 0.88), (200, 0.453, 0.92), (20, 40.0, 0.92)]
)
def test_bursts_are_covered_as_often_as_the_docstring_says(
    replications: int, mean_outages: float, least: float
) -> None:
    assert bursts(replications, mean_outages, 1500) >= least - 0.01


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "shares"),
    [
        ("one unit, fixed repairs", (0.995, 0.989, 0.948)),
        ("one unit, exponential repairs", (0.940, 0.956, 0.958)),
        ("one unit, Weibull lives", (0.925, 0.945, 0.952)),
        ("one unit, lognormal repairs", (0.884, 0.903, 0.942)),
        ("one unit, two kinds of repairs", (0.406, 0.858, 0.963)),
        ("2 of 3, exponential repairs", (0.937, 0.953, 0.957)),
        ("2 of 3, lognormal repairs", (0.913, 0.928, 0.947)),
    ],
)
def test_the_interval_covers_the_truth_as_often_as_the_table_says(name: str, shares: tuple[float, ...]) -> None:
    for outages, share in zip((5, 20, 200), shares, strict=True):
        error = math.sqrt(share * (1 - share) * (1 / 1000 + 1 / 3000))
        found = coverage(SYSTEMS[name], outages, 50, 1000, seed=2).share
        assert abs(found - share) < 4 * error, (outages, found)


def test_a_study_of_many_outages_covers_the_truth() -> None:
    found = coverage(SYSTEMS["2 of 3, exponential repairs"], 20, 20, 150, seed=5)
    assert found.share > 0.88
    assert found.too_high < 0.1

"""Intervals against textbook values, and their measured coverage."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import intervals


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


def test_equal_outages_are_as_many_as_there_are() -> None:
    assert intervals.effective_outages(np.full(7, 60.0), array(420.0)) == pytest.approx(7)


def test_one_long_outage_outweighs_many_short_ones() -> None:
    assert intervals.effective_outages(array(3600.0, 1.0, 1.0, 1.0), array(3603.0)) == pytest.approx(1, rel=0.01)


def test_outages_that_come_in_bursts_count_less() -> None:
    lengths = np.full(30, 60.0)
    spread, burst = np.full(30, 60.0), np.concatenate(([1800.0], np.zeros(29)))
    assert intervals.effective_outages(lengths, burst) < 2 < intervals.effective_outages(lengths, spread)


def test_no_downtime_has_no_effective_outages() -> None:
    assert math.isnan(intervals.effective_outages(np.empty(0), np.zeros(5)))


def test_the_gamma_interval_of_one_outage() -> None:
    found = intervals.unavailability(array(100.0), array(1e6), array(100.0), 0.95)
    assert (found.low / found.value, found.high / found.value) == pytest.approx((0.0253178, 5.571643), rel=1e-5)
    assert "gamma" in found.method


def test_a_hundred_outages_use_student() -> None:
    found = intervals.unavailability(np.full(10, 100.0), np.full(10, 1e6), np.full(100, 10.0), 0.95)
    assert found.method == "t, 10 replications"


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


def coverage(replications: int, mean_outages: float, burst: float, seed: int, studies: int = 400) -> float:
    """Share of studies whose 95 % interval holds the truth; exponential lengths of mean 1 in windows of 1000."""
    rng = np.random.default_rng(seed)
    truth, hits, seen = mean_outages / 1000, 0, 0
    for _ in range(studies):
        clusters = rng.poisson(mean_outages / burst, replications)
        sizes = [rng.geometric(1 / burst, count).sum() for count in clusters]
        lengths = [rng.exponential(1.0, size) for size in sizes]
        downtimes = np.array([one.sum() for one in lengths])
        if downtimes.sum() == 0:
            continue
        found = intervals.unavailability(downtimes, np.full(replications, 1000.0), np.concatenate(lengths), 0.95)
        seen += 1
        hits += found.low <= truth <= found.high
    return hits / seen


@pytest.mark.slow
@pytest.mark.parametrize(
    ("replications", "mean_outages", "burst", "least"),
    [
        (20, 0.453, 1.0, 0.90),
        (50, 0.453, 1.0, 0.92),
        (200, 0.453, 1.0, 0.93),
        (10, 3.0, 1.0, 0.93),
        (20, 40.0, 1.0, 0.93),
        (50, 0.453, 3.0, 0.88),
        (200, 0.453, 3.0, 0.91),
        (20, 40.0, 3.0, 0.92),
    ],
)
def test_the_interval_covers_the_truth_as_often_as_the_table_says(
    replications: int, mean_outages: float, burst: float, least: float
) -> None:
    assert coverage(replications, mean_outages, burst, seed=11, studies=1500) >= least - 0.01

"""Rare outages as estimates: intervals, plans, and what tells that they cannot be trusted."""

import math

import numpy as np
import pytest
from scipy import stats

from experiments.inference.rare_events import (
    FEWEST,
    LARGEST_SHARE,
    LEAST_EFFECTIVE,
    Periods,
    diagnostics,
    estimate,
    planned,
    spread_of_variance,
)

RNG = np.random.default_rng(1)


def test_the_interval_is_students() -> None:
    values = RNG.gamma(5.0, 1e-12, 40)
    found = estimate(values, 0.9)
    low, high = stats.t.interval(0.9, 39, values.mean(), stats.sem(values))
    assert (found.value, found.low, found.high) == pytest.approx((values.mean(), low, high))
    assert (found.error, found.replications) == (pytest.approx(stats.sem(values)), 40)


def test_an_unavailability_is_never_negative() -> None:
    found = estimate(np.array([0.0, 0.0, 0.0, 1e-15]), 0.95)
    assert found.low == 0.0
    assert found.high > found.value == 2.5e-16


def test_equal_values_leave_nothing_open() -> None:
    found = estimate(np.full(5, 3e-14), 0.95)
    assert found.low == found.value == found.high == 3e-14


def test_replications_are_planned_for_the_width_that_is_asked_for() -> None:
    variation, relative = 4.0, 0.1
    number = planned(variation, relative, 0.95)
    half = 1.96 * math.sqrt(variation / number)
    assert half <= relative
    assert planned(variation, relative / 2, 0.95) == pytest.approx(4 * number, rel=0.01)
    assert planned(variation, relative, 0.99) > number
    assert planned(1e-9, relative, 0.95) == FEWEST


def test_a_variance_that_rests_on_few_values_may_be_larger() -> None:
    even, one = np.full(1000, 2.0), np.array([1.0] * 999 + [1000.0])
    assert spread_of_variance(even) == pytest.approx(1 + 1 / math.sqrt(1000))
    assert spread_of_variance(one) == pytest.approx(2.0, rel=0.01)
    assert spread_of_variance(np.zeros(3)) == 1.0


def periods(contributions: np.ndarray, weights: np.ndarray, lasted: float | np.ndarray = 300.0) -> Periods:
    """Each begins as often as any other, and the tilt takes them to last a thousand seconds."""
    many = len(contributions)
    return Periods(contributions, weights, np.ones(many), lasted * np.ones(many), np.full(many, 1000.0))


def told(
    contributions: np.ndarray | None = None,
    values: np.ndarray | None = None,
    begun: np.ndarray | None = None,
    seen: np.ndarray | None = None,
    lasted: float | np.ndarray = 300.0,
) -> list[str]:
    """What is complained of; what is not given is as it should be."""
    seen = RNG.gamma(20.0, 1e-4, 40) if seen is None else seen
    contributions = np.full(400, 1e-9) if contributions is None else contributions
    return diagnostics(
        periods(contributions, RNG.exponential(1.0, len(contributions)), lasted),
        RNG.gamma(20.0, 1e-9, 40) if values is None else values,
        seen * RNG.gamma(50.0, 0.02, len(seen)) if begun is None else begun,
        seen,
        0.5,
    ).complaints


def test_nothing_is_complained_of_a_good_estimate() -> None:
    assert told() == []


def test_degraded_periods_that_come_short_of_what_was_seen_are_told() -> None:
    seen = RNG.gamma(20.0, 1e-4, 40)
    [said] = told(begun=seen * RNG.gamma(50.0, 0.02 * 0.6, 40), seen=seen)
    assert "times as long as those that were seen" in said
    assert told(begun=np.full(40, 0.0), seen=np.full(40, 0.0)) == []


def test_weights_that_are_too_rare_to_be_seen_are_allowed_for() -> None:
    """Of 400 periods 33 are expected to have the weight e^2.5; that 15 had it is no reason to complain."""
    seen = np.full(40, 1e-4)
    begun = seen * np.repeat([0.5, 0.7], 20)
    found = diagnostics(periods(np.full(400, 1e-9), np.ones(400)), np.full(40, 1e-9), begun, seen, 2.5)
    assert found.degraded == pytest.approx(0.6)
    assert found.degraded_error == pytest.approx(math.sqrt(math.expm1(2.5) / 400))
    assert found.complaints == []


def test_few_effective_periods_are_told() -> None:
    few = np.concatenate([np.full(int(LEAST_EFFECTIVE) - 20, 1e-9), np.zeros(1000)])
    [said] = told(few)
    assert "few degraded periods: as much as 80 equal ones" in said


def test_a_single_period_that_brings_much_is_told() -> None:
    share = LARGEST_SHARE * 1.3
    rest = np.full(2000, (1 - share) / 2000)
    assert [said for said in told(np.append(rest, share)) if "single" in said] == [
        "a single degraded period brings 13% of it"
    ]


def test_few_replications_that_bring_all_are_told() -> None:
    [said] = told(values=np.array([1e-8] * 5 + [1e-12] * 35))
    assert "few replications: as much as 5 equal ones" in said


def test_periods_that_outlast_the_tilt_are_told() -> None:
    """Of 400 periods 8 last ten times as long as the tilt takes them to: most of what a second failure meets."""
    [said] = told(lasted=np.where(np.arange(400) < 8, 10_000.0, 300.0))
    assert "96% by the square of the lengths" in said
    assert told(lasted=np.where(np.arange(400) < 8, 1900.0, 300.0)) == []


def test_no_outage_at_all_is_told_and_divides_by_nothing() -> None:
    found = diagnostics(periods(np.zeros(5), np.ones(5)), np.zeros(3), np.ones(3), np.ones(3), 2.5)
    assert (found.effective, found.largest, found.effective_replications) == (0.0, 0.0, 0.0)
    assert found.complaints

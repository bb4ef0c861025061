"""Estimates: how they read, how they transform, and what is never claimed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.inference import estimate
from experiments.inference.estimate import Estimate
from models.units import YEAR


def share(value: float, low: float, high: float) -> Estimate:
    return Estimate(value, low, high, 0.95, 200, "t, 200 replications")


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (share(0.99953, 0.99941, 0.99963), "99.953 % [99.941, 99.963]"),
        (share(0.999995731, 0.999994048, 0.999996941), "99.99957 % [99.99940, 99.99969]"),
        (share(0.5, 0.4, 0.6), "50 % [40, 60]"),
        (share(0.0, 0.0, 0.0), "0 % [0, 0]"),
        (share(0.99999999, 0.9999, 0.999999999), "99.9999990 % [99.9900000, 99.9999999]"),
    ],
)
def test_availability_has_as_many_digits_as_its_interval_deserves(of: Estimate, text: str) -> None:
    assert str(of) == text


def test_without_an_outage_there_is_a_bound_that_says_so_and_never_a_hundred_percent() -> None:
    found = estimate.availability(np.zeros(200), np.full(200, YEAR), np.empty(0), 0.95, 300.0)
    assert found.is_bound
    assert found.low == pytest.approx(1 - 3.0 / (200 * YEAR) * 300, rel=1e-3)
    assert str(found).startswith(">= 99.9999")
    assert "no outage seen in 200 years; rule of three, outages of 5m" in str(found)
    assert "100" not in str(found)


def test_nines_and_downtime_are_transforms_of_the_interval() -> None:
    of = share(0.999, 0.99, 0.9999)
    nines, downtime = estimate.nines(of), estimate.downtime_per_year(of)
    assert (nines.low, nines.value, nines.high) == pytest.approx((2.0, 3.0, 4.0))
    assert (downtime.low, downtime.value, downtime.high) == pytest.approx((YEAR * 1e-4, YEAR * 1e-3, YEAR * 1e-2))
    assert str(nines) == "3.00 [2.00, 4.00]"
    assert str(downtime) == "8h46m [52m34s, 3d16h]"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1.0, "100%"),
        (0.0, "0%"),
        (0.9942, "99.4%"),
        (0.9997, "99.97%"),
        (1 - 9.3e-6, "99.9991%"),
        (1 - 9.6e-4, "99.9%"),
    ],
)
def test_a_chance_is_never_rounded_up_to_certainty(share: float, text: str) -> None:
    assert Estimate(share, 0.0, 1.0, 0.95, 40, "rare outages", "chance").show_value() == text


@pytest.mark.parametrize(
    ("lost", "text", "nines", "downtime"),
    [
        ((5.7e-10, 5e-10, 6.4e-10), "1 - 5.7e-10 [1 - 6.4e-10, 1 - 5.0e-10]", "9.24", "18ms"),
        ((2e-17, 0.0, 4e-17), "1 - 2.0e-17 [1 - 4.0e-17, 1]", "16.70", "6.3e-10s"),
        ((2e-6, 1e-6, 3e-6), "99.99980 % [99.99970, 99.99990]", "5.70", "1m03s"),
    ],
)
def test_what_is_lost_is_known_far_beyond_what_a_share_can_say(
    lost: tuple[float, float, float], text: str, nines: str, downtime: str
) -> None:
    of = Estimate(1 - lost[0], 1 - lost[2], 1 - lost[1], 0.95, 40, "rare outages", lost=lost)
    assert str(of) == text
    assert estimate.nines(of).show_value() == nines
    assert estimate.downtime_per_year(of).show_value() == downtime


def test_a_bound_in_nines_is_rounded_down() -> None:
    found = estimate.nines(Estimate(math.nan, 1 - 10**-4.999, 1.0, 0.95, 10, "no outage seen"))
    assert found.show_value() == ">= 4.99"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s"),
        (0.004, "4ms"),
        (4.23, "4.2s"),
        (59.6, "1m"),
        (75.0, "1m15s"),
        (3599.7, "1h"),
        (21720.0, "6h02m"),
        (-261000.0, "-3d"),
        (86399.0, "1d"),
        (math.inf, "inf"),
    ],
)
def test_seconds_are_shown_in_two_units(seconds: float, text: str) -> None:
    assert estimate.show_seconds(seconds) == text


def test_availability_is_a_ratio_of_sums() -> None:
    found = estimate.availability(np.array([10.0, 0.0]), np.array([100.0, 300.0]), np.array([10.0]), 0.95)
    assert found.value == pytest.approx(1 - 10 / 400)


def test_no_outage_bounds_their_number() -> None:
    found = estimate.outages_per_year(np.zeros(10), np.full(10, YEAR), 0.95)
    assert found.show_value() == "<= 0.3"
    assert found.is_bound


def test_an_error_of_rounding_is_nothing() -> None:
    found = share(-1e-16, -1e-16, 1e-16)
    assert (found.show_value(), found.show_interval()) == ("0%", "[0, 0]")


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_every_estimate_can_be_printed_and_no_share_below_one_reads_as_a_hundred(a: float, b: float, c: float) -> None:
    low, value, high = sorted((a, b, c))
    of = share(value, low, high)
    for one in (of, estimate.nines(of), estimate.downtime_per_year(of)):
        assert str(one)
    if value < 1 - 1e-13:
        assert not of.show_value().startswith("100")

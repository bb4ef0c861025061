"""Intervals by cause: what the parts add to one another, and what was not seen."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.inference import intervals, strata
from experiments.inference.intervals import Interval
from experiments.inference.strata import Stratum
from tests.experiments.inference.coverage import coverage
from tests.experiments.inference.known_systems import CAUSES

YEARS = np.full(10, 3.15e7)
CRASHES, LOSSES = [10.0] * 40, [3600.0]


def cause(lengths: list[float]) -> Stratum:
    """Its outages, one replication after the other."""
    downtimes = np.zeros(len(YEARS))
    np.add.at(downtimes, np.arange(len(lengths)) % len(YEARS), lengths)
    return Stratum(downtimes, np.array(lengths))


def joined(*parts: list[float], **unseen: float) -> Interval:
    """The interval of causes with such lengths, and of modes that caused no outage."""
    found = [cause(lengths) for lengths in parts]
    downtimes = np.sum([one.downtimes for one in found], axis=0)
    total = Stratum(downtimes, np.concatenate([one.lengths for one in found]))
    return strata.unavailability(total, found, YEARS, unseen, 0.95)


def alone(lengths: list[float]) -> Interval:
    return intervals.unavailability(cause(lengths).downtimes, YEARS, np.array(lengths), 0.95)


@pytest.mark.parametrize("lengths", [LOSSES, CRASHES, [100.0] * 3000, [3e6] * 20])
def test_one_cause_has_the_interval_of_its_lengths(lengths: list[float]) -> None:
    assert joined(lengths) == alone(lengths)


def test_two_causes_are_as_far_from_their_sum_as_squares_add() -> None:
    found, parts = joined(CRASHES, LOSSES), [alone(CRASHES), alone(LOSSES)]
    assert found.value == pytest.approx(sum(one.value for one in parts))
    assert found.high - found.value == pytest.approx(math.hypot(*(one.high - one.value for one in parts)))
    assert found.value - found.low == pytest.approx(math.hypot(*(one.value - one.low for one in parts)))
    assert found.method == "compound Poisson by cause, 41 outages of 2 causes"


def test_what_was_never_seen_raises_only_the_upper_end_by_three_outages() -> None:
    found, seen = joined(CRASHES, node_crash=3600.0, zone_outage=60.0), alone(CRASHES)
    bound = -math.log(0.05) * 3600 / YEARS.sum()
    assert (found.value, found.low) == pytest.approx((seen.value, seen.low))
    assert found.high - found.value == pytest.approx(math.hypot(seen.high - seen.value, bound))
    assert found.method == "compound Poisson by cause, 40 outages of 1 cause, 2 unseen"


def test_causes_of_many_outages_are_one_part() -> None:
    many = [[100.0] * 400, [50.0] * 300]
    assert joined(*many) == alone([*many[0], *many[1]])


def test_one_outage_of_a_second_cause_does_not_hide_behind_thousands_of_the_first() -> None:
    found = joined([10.0] * 4000, LOSSES)
    assert found.method == "t and compound Poisson by cause, 4001 outages of 2 causes"
    assert found.high > alone([*[10.0] * 4000, *LOSSES]).high
    assert found.high - found.value >= alone(LOSSES).high - alone(LOSSES).value


def test_where_outages_are_not_rare_causes_do_not_matter() -> None:
    assert joined([4e6] * 10, [1e6] * 3, never=3600.0) == alone([*[4e6] * 10, *[1e6] * 3])


outages = st.lists(st.floats(1.0, 1e5), min_size=1, max_size=40)


@given(st.lists(outages, min_size=1, max_size=4), st.lists(st.floats(1.0, 1e5), max_size=2))
def test_the_interval_contains_the_value_and_stays_a_probability(parts: list[list[float]], unseen: list[float]) -> None:
    found = joined(*parts, **{str(number): length for number, length in enumerate(unseen)})
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_a_node_that_was_hardly_lost_yet_is_covered_by_its_name_only() -> None:
    found = coverage(CAUSES["node + pod, 60 crashes a loss"], 50, 20, 100, seed=5)
    assert found.nameless < 0.9 < found.share

"""Intervals against textbook values, and their measured coverage."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.inference import intervals
from tests.experiments.inference.coverage import OUTAGES, coverage
from tests.experiments.inference.known_systems import CAUSES, RARE, REGULAR, SYSTEMS


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_the_mean_of_three_has_the_textbook_t_interval() -> None:
    found = intervals.ratio(array(1.0, 2.0, 3.0), np.ones(3), 0.95)
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 2 - 2.484138, 2 + 2.484138), rel=1e-6)


@pytest.mark.parametrize(("count", "low", "high"), [(1, 0.0253, 5.5716), (10, 4.7954, 18.3904), (50, 37.1110, 65.9188)])
def test_a_poisson_count_has_the_garwood_interval(count: int, low: float, high: float) -> None:
    found = intervals.rate(array(count), array(1.0), 0.95)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-3)


def test_nothing_seen_is_bounded_by_the_rule_of_three() -> None:
    assert intervals.rate_bound(200.0, 0.95) == pytest.approx(3.0 / 200, rel=2e-3)


def test_many_equal_outages_are_nearly_as_many_as_there_are() -> None:
    lengths = np.full(10_000, 60.0)
    assert intervals.effective_outages(lengths, array(6e5)) == pytest.approx(10_000, rel=2e-3)


def test_few_outages_count_as_unequal_even_if_they_look_equal() -> None:
    found = [intervals.length_variation(np.full(seen, 60.0)) for seen in (1, 2, 10, 100)]
    assert found == pytest.approx([3, 15 / 6, 15 / 14, 15 / 104])


def test_unequal_lengths_are_taken_for_more_unequal_than_a_small_sample_shows() -> None:
    few = array(1.0, 1.0, 1.0, 1.0, 20.0)
    shown = few.var(ddof=1) / few.mean() ** 2
    assert intervals.length_variation(few) > 2 * shown
    assert intervals.length_variation(np.tile(few, 1000)) == pytest.approx(few.var() / few.mean() ** 2, rel=0.01)


def test_one_long_outage_outweighs_many_short_ones() -> None:
    assert intervals.effective_outages(array(3600.0, 1.0, 1.0, 1.0), array(3603.0)) < 1


def test_outages_that_come_in_bursts_count_less() -> None:
    lengths = np.full(30, 60.0)
    spread, burst = np.full(30, 60.0), np.concatenate(([1800.0], np.zeros(29)))
    assert intervals.effective_outages(lengths, burst) < 2 < intervals.effective_outages(lengths, spread)


def test_no_downtime_has_no_effective_outages() -> None:
    assert math.isnan(intervals.effective_outages(np.empty(0), np.zeros(5)))


def test_one_outage_is_known_to_a_factor_of_eighty() -> None:
    found = intervals.unavailability(array(100.0), array(1e6), array(100.0), 0.95)
    assert (found.low / found.value, found.high / found.value) == pytest.approx((0.02662, 78.10), rel=1e-3)
    assert found.method == "compound Poisson, 1 outage"


def test_many_exponential_outages_have_the_normal_interval() -> None:
    lengths = np.random.default_rng(1).exponential(60.0, 20_000)
    found = intervals.unavailability(array(lengths.sum()), array(1e10), lengths, 0.95)
    error = math.sqrt(2 / 20_000)
    assert (found.low / found.value, found.high / found.value) == pytest.approx(
        (1 - 1.96 * error, 1 + 1.96 * error), rel=1e-3
    )


@pytest.mark.parametrize(
    ("outages", "method"), [(400, "compound Poisson, 400 outages in 10 replications"), (500, "t, 10 replications")]
)
def test_four_hundred_effective_outages_use_student(outages: int, method: str) -> None:
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


def in_bursts(replications: int, mean_outages: float, studies: int) -> float:
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
    ("replications", "mean_outages", "least"),
    [(20, 0.453, 0.95), (50, 0.453, 0.95), (200, 0.453, 0.94), (20, 40.0, 0.92)],
)
def test_bursts_are_covered_as_often_as_the_docstring_says(
    replications: int, mean_outages: float, least: float
) -> None:
    assert in_bursts(replications, mean_outages, 1500) >= least - 0.01


def table(section: str) -> dict[str, list[float]]:
    """The rows of the first table in one section of the page."""
    text = (Path(__file__).parents[3] / "docs" / "coverage.md").read_text().split(f"# {section}\n")[1].split("\n#")[0]
    first = next(part for part in text.split("\n\n") if part.lstrip().startswith("|"))
    rows = [line.strip("| ").split(" | ") for line in first.strip().splitlines()][2:]
    return {name: [float(number) for number in numbers] for name, *numbers in rows}


def off_by(share: float, studies: int) -> float:
    """Four standard errors of a share from so many studies."""
    return 4 * math.sqrt(share * (1 - share) / studies)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SYSTEMS, *CAUSES])
def test_the_interval_covers_at_least_93_percent_and_from_50_outages_of_one_cause_at_most_97(name: str) -> None:
    for outages in (2, 5, 10, 20, 50, 200):
        found = coverage((SYSTEMS | CAUSES)[name], outages, 50, 1000, seed=2)
        assert found.share >= 0.93 - off_by(0.93, 1000) / 2, outages
        assert found.rate >= 0.93 - off_by(0.93, 1000) / 2, outages
        if outages >= 50 and name in SYSTEMS:
            assert found.share <= 0.97 + off_by(0.97, 1000) / 2, outages


@pytest.mark.slow
@pytest.mark.parametrize("name", [*RARE, *REGULAR])
def test_where_it_covers_less_or_more_the_page_says_so(name: str) -> None:
    row = (table("Rare outages that bring much of the downtime, of one cause") | table("Outages of one length"))[name]
    for outages, share in zip(OUTAGES, row, strict=True):
        if outages in (5, 20, 50):
            found = coverage((RARE | REGULAR)[name], outages, 50, 600, seed=2).share
            assert abs(found - share) < off_by(min(share, 0.99), 500), outages


def test_the_page_claims_for_every_system_what_the_slow_test_measures() -> None:
    rows = table("Availability")
    assert list(rows) == list(SYSTEMS)
    for name, shares in rows.items():
        assert min(shares) >= 0.93, name
        assert max(share for outages, share in zip(OUTAGES, shares, strict=True) if outages >= 50) <= 0.97, name
    rows = table("Several causes")
    assert list(rows) == list(CAUSES)
    assert min(min(shares) for shares in rows.values()) >= 0.93


def test_a_study_of_twenty_outages_covers_the_truth() -> None:
    found = coverage(SYSTEMS["2 of 3"], 20, 20, 150, seed=5)
    assert found.share > 0.9
    assert found.too_high < 0.05

"""The uncertainty of an answer, split: of pairs of points whose variances are known."""

import math

import numpy as np
import pytest

from experiments.inference.input_uncertainty import Split, per_point, split
from models.arrays import Floats


def answers(seed: int, by_input: float, by_luck: float, rows: int = 8, share: bool = True) -> Floats:
    """Points about 10 with these deviations, of the input and of a replication; whether a row shares its luck."""
    rng = np.random.default_rng(seed)
    inputs = by_input * rng.standard_normal((2, 16, rows, 1))
    return 10 + inputs + by_luck * rng.standard_normal((1 if share else 2, 16, rows, 4))


def told(of: Split) -> list[float]:
    return [of.answer.value, of.input.value**2, of.sampling.value**2]


def test_both_parts_are_found_without_bias() -> None:
    """Variance 1 of the input, 4 of a replication, so 4 / 50 of a run of 50."""
    found = np.array([told(split(answers(seed, 1, 2), 50, 0.95)) for seed in range(60)])
    off = (found.mean(axis=0) - (10, 1, 4 / 50)) / (found.std(axis=0, ddof=1) / len(found) ** 0.5)
    assert np.abs(off).max() < 4


def test_intervals_hold_the_truth() -> None:
    held = []
    for seed in range(60):
        of = split(answers(seed, 1, 2), 50, 0.95)
        truth = {of.answer: 10.0, of.input: 1.0, of.sampling: 2 / 50**0.5, of.share: 1 / (1 + 4 / 50)}
        held.append([interval.low <= exact <= interval.high for interval, exact in truth.items()])
    assert np.mean(held, axis=0).min() > 0.95 - 4 * (0.95 * 0.05 / 60) ** 0.5


def test_a_part_that_is_estimated_below_nothing_is_nothing_and_that_is_said() -> None:
    found = [split(answers(seed, 0, 2, share=False), 50, 0.95) for seed in range(20)]
    below = [of for of in found if of.negative]
    assert 0 < len(below) < 20
    for of in below:
        assert (of.input.value, of.share.value) == (0.0, 0.0)
        assert of.enough is None
        assert of.ranges(0.95)["input"] == pytest.approx((of.means.mean(),) * 2)


def test_without_luck_all_of_the_variance_is_the_inputs() -> None:
    of = split(answers(0, 1, 0), 50, 0.95)
    assert (of.sampling.value, of.share.value, of.enough) == (0.0, 1.0, 0)
    assert of.both == of.input.value


def test_answers_that_never_vary_have_no_shares() -> None:
    of = split(np.full((2, 16, 2, 2), 3.0), 50, 0.95)
    assert math.isnan(of.share.value)
    assert of.ranges(0.95) == {"input": (3.0, 3.0), "sampling": (3.0, 3.0), "both": (3.0, 3.0)}


def test_more_replications_take_the_sampling_away_and_leave_the_input() -> None:
    few, many = (split(answers(0, 1, 2), replications, 0.95) for replications in (10, 1000))
    assert few.input == many.input
    assert few.sampling.value == pytest.approx(10 * many.sampling.value)
    assert few.share.value < many.share.value
    assert few.enough == many.enough


def test_ranges_are_those_of_normal_answers_where_all_is_normal() -> None:
    ranges = split(answers(0, 1, 2, rows=256), 50, 0.95).ranges(0.95)
    for name, deviation in (("input", 1.0), ("sampling", 2 / 50**0.5), ("both", math.hypot(1, 2 / 50**0.5))):
        low, high = ranges[name]
        assert (high - low) / 2 == pytest.approx(1.96 * deviation, rel=0.05)


def test_no_answer_is_below_nothing() -> None:
    of = split(np.abs(answers(0, 1, 2) - 10) ** 3, 1, 0.95)
    assert min(low for low, _ in of.ranges(0.95).values()) >= 0


@pytest.mark.parametrize(
    ("by_input", "by_luck", "expected"), [(1.0, 0.0, 2), (1.0, 1.0, 2), (1.0, 7.0, 8), (1.0, 1e9, 16), (0.0, 1.0, 16)]
)
def test_the_more_luck_there_is_the_more_replications_a_point_gets(
    by_input: float, by_luck: float, expected: int
) -> None:
    assert per_point(by_input, by_luck, 16) == expected


def test_few_points_on_one_side_of_a_limit_do_not_make_that_certain() -> None:
    """Of normal inputs 99 % are at most 10 + 2.326; 64 points mostly are all below, or all but one."""
    held = []
    for seed in range(60):
        chance = split(answers(seed, 1, 0, rows=2), 50, 0.95).chance(10 + 2.326, 0.95)
        assert chance.low < chance.high
        held.append(chance.low <= 0.99 <= chance.high)
    assert np.mean(held) > 0.95 - 4 * (0.95 * 0.05 / 60) ** 0.5


def test_the_share_that_meets_a_limit_is_as_unsure_as_the_spread_of_the_inputs_under_much_luck() -> None:
    chances = [split(answers(seed, 1, 2), 50, 0.95).chance(11.0, 0.95) for seed in range(60)]
    assert np.mean([of.low <= 0.8413 <= of.high for of in chances]) > 0.95 - 4 * (0.95 * 0.05 / 60) ** 0.5
    assert np.mean([of.value for of in chances]) == pytest.approx(0.8413, abs=0.02)


def test_where_nothing_was_seen_nothing_is_said_of_the_answer() -> None:
    of = split(np.zeros((2, 16, 2, 2)), 50, 0.95)
    assert of.nothing_seen
    told = [
        of.answer.value,
        of.input.value,
        of.sampling.value,
        of.both,
        of.share.value,
        of.chance(3600.0, 0.95).value,
        *of.ranges(0.95)["both"],
    ]
    assert all(map(math.isnan, told))
    assert (of.answer.low, of.answer.high) == (0.0, math.inf)
    assert (of.chance(3600.0, 0.95).low, of.chance(3600.0, 0.95).high) == (0.0, 1.0)

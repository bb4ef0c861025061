"""Comparisons: paired, and resolved only when enough was seen."""

import numpy as np

from experiments.comparison import Comparison, paired_difference
from experiments.estimate import YEAR


def pair(seed: int, shift: float, outages: int = 500) -> Comparison:
    rng = np.random.default_rng(seed)
    luck = rng.gamma(5.0, 1000.0, 100)
    windows = np.full(100, YEAR)
    return paired_difference(luck + shift, luck + rng.normal(0, 10, 100), windows, outages, 0.95)


def test_common_luck_makes_a_small_difference_visible() -> None:
    found = pair(1, -60.0)
    assert found.correlation > 0.99
    assert found.stars == "***"
    assert found.difference.high < 0


def test_no_difference_has_no_stars() -> None:
    assert pair(2, 0.0).stars == ""
    assert "not resolved" in str(pair(2, 0.0))


def test_a_clear_difference_from_few_outages_is_not_resolved() -> None:
    found = pair(1, -60.0, outages=5)
    assert (found.excludes_zero, found.resolved, found.stars) == (True, False, "")
    assert str(found).endswith("not resolved (few outages)")


def test_the_same_policy_twice_is_the_same() -> None:
    luck = np.array([1.0, 2.0, 3.0])
    found = paired_difference(luck, luck, np.full(3, YEAR), 50, 0.95)
    assert str(found) == "the same"

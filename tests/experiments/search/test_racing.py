"""What a race may say: errors add up to what was allowed, and what is said is true that often."""

import numpy as np
import pytest

from experiments.inference import racing
from tests.experiments.search.studies import share_wrong


def test_looks_come_ever_more_seldom() -> None:
    assert [racing.replications(look) for look in range(1, 9)] == [2, 3, 5, 8, 12, 18, 27, 41]


def test_the_errors_of_all_looks_at_all_statements_add_up_to_alpha() -> None:
    spent = sum(5 * racing.error(0.05, 5, look) for look in range(1, 10_000))
    assert 0.0499 < spent < 0.05


def test_a_difference_is_sure_from_three_replications_on() -> None:
    assert not racing.surely_positive(np.array([5.0, 5.0]), 0.01)
    assert racing.surely_positive(np.array([5.0, 5.1, 4.9]), 0.01)
    assert not racing.surely_positive(np.array([5.0, 5.1, 4.9]) - 5, 0.01)


@pytest.mark.slow
@pytest.mark.parametrize("law", ["of one length", "exponential"])
def test_a_race_is_seldom_wrong_where_single_intervals_often_are(law: str) -> None:
    assert share_wrong(law, 10, 100) <= 0.05
    assert share_wrong(law, 10, 100, spend=False) > 0.1

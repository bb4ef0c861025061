"""What a race may say: errors add up to what was allowed, and what is said is true that often."""

import numpy as np
import pytest

from experiments.inference import racing
from tests.experiments.search.studies import said_of_dearer, share_wrong, share_wrong_of_costs


def test_looks_come_ever_more_seldom() -> None:
    assert [racing.replications(look) for look in range(1, 9)] == [2, 3, 5, 8, 12, 18, 27, 41]


def test_the_errors_of_all_looks_at_all_statements_add_up_to_alpha() -> None:
    spent = sum(5 * racing.error(0.05, 5, look) for look in range(1, 10_000))
    assert 0.0499 < spent < 0.05


def test_a_difference_is_sure_from_three_replications_on() -> None:
    assert not racing.surely_positive(np.array([5.0, 5.0]), 0.01)
    assert racing.surely_positive(np.array([5.0, 5.1, 4.9]), 0.01)
    assert not racing.surely_positive(np.array([5.0, 5.1, 4.9]) - 5, 0.01)


def test_equal_differences_are_sure_once_a_rare_loss_would_have_been_met() -> None:
    """Of a half of what may be lost: 1.5 to the power of n is 6 / error at last."""
    sure = [n for n in range(1, 40) if racing.surely_positive_if_some_are_rare(np.full(n, 5.0), 10.0, 0.01)]
    assert sure == list(range(16, 40))


def test_nothing_is_sure_of_differences_of_which_nothing_is_a_bound() -> None:
    assert not racing.surely_positive_if_some_are_rare(np.full(100, 5.0), 0.0, 0.01)


def test_one_total_loss_does_not_end_a_gambler_who_bet_less_besides() -> None:
    differences = np.array([5.0] * 40 + [-10.0])
    assert racing.surely_positive_if_some_are_rare(differences, 10.0, 0.01)
    assert not racing.surely_positive_if_some_are_rare(np.array([-10.0]), 10.0, 0.01)


def test_costs_that_jump_in_few_replications_deceive_students_t_and_no_gambler() -> None:
    assert share_wrong_of_costs(1, 0.1, 31, 200, some_are_rare=False) > 0.5
    assert share_wrong_of_costs(1, 0.1, 31, 200) == 0
    assert share_wrong_of_costs(10, 0.1, 101, 200) <= 0.01


def test_what_costs_more_is_told_the_sooner_the_more_it_costs() -> None:
    assert [said_of_dearer(part) for part in (0.1, 0.2, 0.5, 1, 2)] == [93, 62, 27, 12, 8]


@pytest.mark.slow
@pytest.mark.parametrize("law", ["of one length", "exponential"])
def test_a_race_is_seldom_wrong_where_single_intervals_often_are(law: str) -> None:
    assert share_wrong(law, 10, 100) <= 0.05
    assert share_wrong(law, 10, 100, spend=False) > 0.1

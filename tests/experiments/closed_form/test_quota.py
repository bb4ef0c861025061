"""Waits of pods that a quota refuses."""

from itertools import islice

import numpy as np
import pytest

from experiments.closed_form import retries, wait_for_room


def test_tries_come_after_waits_that_double_up_to_the_longest() -> None:
    assert list(islice(retries(1.0, 6.0), 6)) == [1.0, 3.0, 7.0, 13.0, 19.0, 25.0]


def test_room_that_comes_between_two_tries_waits_for_the_later() -> None:
    """From 2 to 6 s, evenly: a quarter is found at 3 s, three quarters at 7 s."""
    assert wait_for_room(2.0, 4.0, 1.0, 1000.0) == (pytest.approx(6.0), pytest.approx(3.0))


def test_it_is_what_drawing_it_gives() -> None:
    tries = np.array(list(islice(retries(0.005, 1000.0), 25)))
    room = 60.0 + 300.0 * (np.arange(200_000) + 0.5) / 200_000
    found = tries[np.searchsorted(tries, room)]
    assert wait_for_room(60.0, 300.0, 0.005, 1000.0) == pytest.approx((found.mean(), found.var()), rel=1e-4)

"""What waits at a pod, against the sum of what came and what was done."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.demand.backlog import Backlog

UTILISATION = st.sampled_from((0.0, 0.5, 1.0, 1.25, 3.0))


@given(st.lists(st.tuples(st.integers(1, 50), UTILISATION), min_size=1), st.sampled_from((5.0, 40.0, math.inf)))
def test_it_is_what_came_less_what_was_done(changes: list[tuple[int, float]], longest: float) -> None:
    backlog, now, waits = Backlog(0.0), 0.0, 0.0
    for lasting, utilisation in changes:
        backlog.change(now, utilisation, longest)
        for _ in range(lasting):  # growth is constant: a second at a time is exact, but for where it ends or is full
            waits = min(longest, max(0.0, waits + utilisation - 1.0))
        now += lasting
        assert backlog.at(now) == pytest.approx(waits, abs=1e-6)


def test_it_crosses_a_wait_when_it_says_so() -> None:
    backlog = Backlog(0.0)
    backlog.change(0.0, 1.5, 100.0)
    assert backlog.outgrows(2.0, 0.0) == 4.0
    backlog.change(10.0, 0.5, 100.0)
    assert backlog.at(10.0) == 5.0
    assert backlog.falls_below(2.0, 10.0) == 6.0
    assert backlog.outgrows(9.0, 10.0) == math.inf
    assert not backlog.idle(10.0)
    assert backlog.idle(20.0)


def test_a_full_queue_grows_no_more() -> None:
    backlog = Backlog(0.0)
    backlog.change(0.0, 3.0, 2.0)
    assert backlog.at(100.0) == 2.0
    assert backlog.outgrows(2.0, 0.0) == math.inf
    assert backlog.outgrows(1.9, 0.0) == pytest.approx(0.95)


def test_a_new_process_has_nothing_waiting() -> None:
    backlog = Backlog(0.0)
    backlog.change(0.0, 3.0, 100.0)
    backlog.clear(10.0)
    assert backlog.at(10.0) == 0.0
    assert backlog.at(11.0) == 2.0

"""Maintenance windows and change freezes: when a change that is due may begin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.maintenance import Calendar, Freeze, open_from
from models.weekday import DAY, Weekday

HOUR = 3600.0
NIGHTS = Calendar((Weekday.TUESDAY, Weekday.SATURDAY), opens=22 * HOUR, lasting=4 * HOUR)


def test_what_is_due_outside_a_window_waits_for_the_next() -> None:
    assert NIGHTS.open_from(0.0) == DAY + 22 * HOUR
    assert NIGHTS.open_from(DAY + 23 * HOUR) == DAY + 23 * HOUR
    assert NIGHTS.open_from(2 * DAY + HOUR) == 2 * DAY + HOUR  # it goes on into the next day
    assert NIGHTS.open_from(2 * DAY + 2 * HOUR) == 5 * DAY + 22 * HOUR
    assert NIGHTS.open_from(6 * DAY + 3 * HOUR) == 8 * DAY + 22 * HOUR


def test_nothing_begins_in_a_freeze() -> None:
    frozen = Calendar(freezes=(Freeze(10 * DAY, 5 * DAY, every=30 * DAY), Freeze(15 * DAY, DAY)))
    assert [frozen.open_from(day * DAY) / DAY for day in (9, 10, 12, 15, 16, 41, 45)] == [9, 16, 16, 16, 16, 45, 45]


@given(st.floats(0.0, 400 * DAY))
def test_what_may_begin_is_in_a_window_and_in_no_freeze(time: float) -> None:
    freeze = Freeze(20 * DAY, 9 * DAY, every=90 * DAY)
    calendar = Calendar(NIGHTS.days, NIGHTS.opens, NIGHTS.lasting, (freeze,))
    begun = calendar.open_from(time)
    assert begun >= time
    assert NIGHTS.open_from(begun) == begun == freeze.over_from(begun)
    assert Calendar().open_from(time) == open_from(None, time) == time


@pytest.mark.parametrize(
    "wrong", [{"days": ()}, {"opens": DAY}, {"lasting": 0.0}, {"lasting": 2 * DAY}, {"opens": -1.0}]
)
def test_what_can_be_no_window_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        Calendar(**wrong)  # type: ignore[arg-type]


def test_what_can_be_no_freeze_is_refused() -> None:
    for start, lasting, every in ((-1.0, 1.0, None), (0.0, 0.0, None), (0.0, 2.0, 2.0)):
        with pytest.raises(ValueError, match="must"):
            Freeze(start, lasting, every)

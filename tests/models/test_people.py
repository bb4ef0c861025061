"""Hours of work, crews and responses."""

import pytest

from models.distributions import Fixed
from models.maintenance import Calendar
from models.people import Crew, Hours, Response
from models.units import DAY, HOUR
from models.weekday import Weekday

WEEK = 7 * DAY


@pytest.mark.parametrize(
    ("time", "wait"),
    [
        (0.0, 9 * HOUR),
        (9 * HOUR, 0.0),
        (17 * HOUR - 1, 0.0),
        (17 * HOUR, 16 * HOUR),
        (4 * DAY + 20 * HOUR, 61 * HOUR),  # Friday evening
        (5 * DAY, 57 * HOUR),
        (3 * WEEK + 2 * DAY + 10 * HOUR, 0.0),
    ],
)
def test_who_comes_outside_of_business_hours_waits_for_the_next(time: float, wait: float) -> None:
    assert Hours().wait(time) == wait


def test_the_mean_wait_at_a_random_time_is_half_the_squares_of_the_gaps_over_a_week() -> None:
    times = [(i + 0.5) * 60 for i in range(7 * 24 * 60)]  # the wait is linear within each minute
    mean = sum(map(Hours().wait, times)) / len(times)
    assert mean == pytest.approx((4 * (16 * HOUR) ** 2 + (64 * HOUR) ** 2) / (2 * WEEK), rel=1e-9)


def test_days_may_be_any_and_a_day_may_be_whole() -> None:
    sunday = Hours(0.0, DAY, (Weekday.SUNDAY,))
    assert (sunday.wait(0.0), sunday.wait(6 * DAY), sunday.wait(7 * DAY)) == (6 * DAY, 0.0, 6 * DAY)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="`begin` before `end`"):
        Hours(10.0, 10.0)
    with pytest.raises(ValueError, match="at least one of `days`"):
        Hours(days=())
    with pytest.raises(ValueError, match="`size` must be at least 1"):
        Crew("ops", 0)
    with pytest.raises(ValueError, match="`outside` needs `hours`"):
        Response("on-call", Fixed(1.0), outside=Fixed(1.0))


@pytest.mark.parametrize("day", Weekday)
def test_a_day_is_the_same_for_office_hours_and_for_maintenance_windows(day: Weekday) -> None:
    assert Hours(0.0, DAY, (day,)).wait(0.0) == Calendar((day,)).open_from(0.0) == list(Weekday).index(day) * DAY

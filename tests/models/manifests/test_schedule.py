"""Schedules are read and kept as Kubernetes does (robfig/cron): its own table of times, among others."""

import re
from datetime import datetime, timedelta

import pytest

from models.manifests.schedule import parse_schedule
from models.schedule import ORIGIN, zone_of


def next_of(after: str, written: str, zone: str = "UTC") -> str:
    """The next time on the clock of the zone, with its offset."""
    begin = (datetime.fromisoformat(after) - ORIGIN).total_seconds()
    found = parse_schedule(written, zone).next_after(begin)
    return (ORIGIN + timedelta(seconds=found)).astimezone(zone_of(zone)).isoformat()


@pytest.mark.parametrize(
    ("after", "written", "then"),
    [
        ("2012-07-09T14:45:00Z", "0/15 * * * *", "2012-07-09T15:00:00+00:00"),
        ("2012-07-09T14:59:59Z", "0/15 * * * *", "2012-07-09T15:00:00+00:00"),
        ("2012-07-09T15:45:00Z", "20-35/15 * * * *", "2012-07-09T16:20:00+00:00"),
        ("2012-07-09T23:46:00Z", "*/15 * * * *", "2012-07-10T00:00:00+00:00"),
        ("2012-07-09T23:45:00Z", "20-35/15 1/2 * * *", "2012-07-10T01:20:00+00:00"),
        ("2012-07-09T23:35:00Z", "0 0 9 Apr-Oct ?", "2012-08-09T00:00:00+00:00"),
        ("2012-07-09T23:35:00Z", "0 0 */5 Apr,Aug,Oct Mon", "2012-08-01T00:00:00+00:00"),
        ("2012-07-09T23:35:00Z", "0 0 1 Feb mon", "2013-02-01T00:00:00+00:00"),
        ("2012-07-09T23:35:00Z", "0 0 29 Feb ?", "2016-02-29T00:00:00+00:00"),
        ("2012-12-31T23:59:45Z", "* * * * *", "2013-01-01T00:00:00+00:00"),
        ("2012-07-09T14:45:30Z", "@hourly", "2012-07-09T15:00:00+00:00"),
        ("2012-07-09T14:45:30Z", "@every 90m", "2012-07-09T16:15:30+00:00"),
    ],
)
def test_the_next_time_is_that_of_the_library_that_kubernetes_uses(after: str, written: str, then: str) -> None:
    assert next_of(after, written) == then


@pytest.mark.parametrize(
    ("after", "written", "then"),
    [
        # The clock goes from 2:00 to 3:00: that night has no 2:30.
        ("2012-03-11T00:00:00-05:00", "30 2 11 Mar ?", "2013-03-11T02:30:00-04:00"),
        ("2012-03-11T00:00:00-05:00", "0 * * * ?", "2012-03-11T01:00:00-05:00"),
        ("2012-03-11T01:00:00-05:00", "0 * * * ?", "2012-03-11T03:00:00-04:00"),
        # It goes from 2:00 back to 1:00: that night has two of 1:30.
        ("2012-11-04T00:00:00-04:00", "30 1 04 Nov ?", "2012-11-04T01:30:00-04:00"),
        ("2012-11-04T01:30:00-04:00", "30 1 * * ?", "2012-11-04T01:30:00-05:00"),
        ("2012-11-04T01:30:00-05:00", "30 1 * * ?", "2012-11-05T01:30:00-05:00"),
    ],
)
def test_clocks_that_are_put_forward_and_back_are_followed(after: str, written: str, then: str) -> None:
    assert next_of(after, written, "America/New_York") == then


def test_a_day_that_never_comes_has_no_time() -> None:
    assert parse_schedule("0 0 30 Feb ?").next_after(0.0) == float("inf")


def test_days_of_month_and_week_are_alternatives_unless_one_of_them_is_a_star() -> None:
    assert parse_schedule("0 0 1 * mon").either_day
    assert not parse_schedule("0 0 1 * *").either_day
    assert not parse_schedule("0 0 */1 * mon").either_day
    assert parse_schedule("0 0 */2 * mon").either_day


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * * * 7", "end of range (7) above maximum (6): 7"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("* * * Juny *", "failed to parse int from Juny"),
        ("TZ=UTC * * * * *", "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
        ("@dayly", "unrecognized descriptor: @dayly"),
    ],
)
def test_what_is_no_schedule_is_refused_in_words_of_kubernetes(written: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_schedule(written)

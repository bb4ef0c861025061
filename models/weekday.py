"""Days of the week, as files name them: those of office hours and those of maintenance windows.

Times are in seconds after a Monday at midnight.
"""

import math
from collections.abc import Collection
from enum import StrEnum

HOUR, DAY = 3_600.0, 86_400.0


class Weekday(StrEnum):
    """A day of the week, in the words of CronJobs."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


WEEK = tuple(Weekday)


def next_open(days: Collection[Weekday], opens: float, closes: float, time: float) -> float:
    """The first time from this one on at which it is open, as it is on each of these days (at least one).

    `opens` and `closes` are seconds from midnight, a day apart at most: what is open at midnight closes on the next
    day.
    """
    today = math.floor(time / DAY)
    midnights = (day * DAY for day in range(today - 1, today + 8) if WEEK[day % 7] in days)
    return max(time, next(midnight + opens for midnight in midnights if time < midnight + closes))

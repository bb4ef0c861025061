"""Schedules: the times at which a CronJob is due, on the clock of a time zone.

They are found as by Kubernetes (robfig/cron, SpecSchedule.Next). Time is in seconds since `ORIGIN`.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

ORIGIN = datetime(2024, 1, 1, tzinfo=UTC)
"""What the clock of CronJobs shows at second 0: a Monday, at midnight."""
YEARS = 5
"""A schedule without a time in so many years has none at all."""

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Schedule:
    """The minutes at which something is due."""

    minutes: frozenset[int] = frozenset({0})
    hours: frozenset[int] = frozenset(range(24))
    days: frozenset[int] = frozenset(range(1, 32))
    months: frozenset[int] = frozenset(range(1, 13))
    weekdays: frozenset[int] = frozenset(range(7))
    """Sunday is 0."""
    either_day: bool = False
    """Both kinds of day are restricted, and one that fits is enough."""
    every: float | None = None
    """In place of all these: seconds from one time to the next (@every)."""
    zone: str = "UTC"

    def next_after(self, seconds: float) -> float:
        """The first time after `seconds` at which it is due; infinity if there is none in the next five years.

        A local time that the clock skips does not come, and one that it shows twice comes twice.
        """
        if self.every is not None:
            return float(math.floor(seconds + self.every))
        zone = zone_of(self.zone)
        time = (math.floor(seconds / 60) + 1) * 60
        end = time + YEARS * 366 * 24 * _HOUR
        while time < end:
            local = (ORIGIN + timedelta(seconds=time)).astimezone(zone)
            if not self._on_day(local):
                # Not as far as midnight, lest the clock is put forward on the way.
                time += max(1, 22 - local.hour) * _HOUR - local.minute * 60
            elif local.hour not in self.hours:
                time += _HOUR - local.minute * 60
            else:
                later = [minute for minute in self.minutes if minute >= local.minute]
                if later:
                    return float(time + (min(later) - local.minute) * 60)
                time += _HOUR - local.minute * 60
        return math.inf

    def _on_day(self, local: datetime) -> bool:
        if local.month not in self.months:
            return False
        of_month, of_week = local.day in self.days, local.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either_day else of_month and of_week


@cache
def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name; raises KeyError, ValueError or OSError if there is none."""
    return ZoneInfo(name)

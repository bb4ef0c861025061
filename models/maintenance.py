"""When changes may be made: maintenance windows and change freezes.

Time is in seconds since failures began, which is a Monday, at midnight.
"""

import math
from dataclasses import dataclass

from models.weekday import DAY, WEEK, Weekday, next_open


@dataclass(frozen=True)
class Freeze:
    """A time in which nothing is changed: around a feast, or the end of a quarter."""

    start: float
    """From the start of the experiment to its beginning."""
    lasting: float
    """How long it is."""
    every: float | None = None
    """From the beginning of one to that of the next; without it, there is one."""

    def __post_init__(self) -> None:
        if self.start < 0 or self.lasting <= 0:
            raise ValueError("`start` must not be negative, and `lasting` must be positive")
        if self.every is not None and self.every <= self.lasting:
            raise ValueError("`every` must be longer than `lasting`")

    def over_from(self, time: float) -> float:
        """The first time from this one on that is in no freeze of these."""
        since = time - self.start
        if since < 0:
            return time
        within = since if self.every is None else since % self.every
        return time + self.lasting - within if within < self.lasting else time


@dataclass(frozen=True)
class Calendar:
    """When changes may begin: within a window of some days of the week, and not in a freeze.

    The experiment begins on a Monday, at midnight, as for office hours. What is due otherwise waits for the
    next time at which it may begin; what has begun goes on. A window that is longer than what is left of its day goes
    on into the next.
    """

    days: tuple[Weekday, ...] = WEEK
    """On which days windows begin (mon, tue, wed, thu, fri, sat, sun); on all by default."""
    opens: float = 0.0
    """From midnight to the beginning of the window."""
    lasting: float = DAY
    """How long the window is; the whole day by default."""
    freezes: tuple[Freeze, ...] = ()
    """When nothing is begun, in a window or not."""

    def __post_init__(self) -> None:
        if not self.days:
            raise ValueError("`days` must not be empty")
        if not 0 <= self.opens < DAY or not 0 < self.lasting <= DAY:
            raise ValueError("`opens` must be within a day, and `lasting` a day at most")

    def open_from(self, time: float) -> float:
        """The first time from this one on at which a change may begin.

        Infinity if there is none: if freezes meet windows 10,000 times in turn, that is not tried any longer.
        """
        for _ in range(10_000):
            moved = next_open(self.days, self.opens, self.opens + self.lasting, time)
            for freeze in self.freezes:
                moved = freeze.over_from(moved)
            if moved == time:
                return time
            time = moved
        return math.inf


def open_from(calendar: Calendar | None, time: float) -> float:
    """The first time from this one on at which a change may begin; without a calendar at once."""
    return time if calendar is None else calendar.open_from(time)

"""People: who mends what breaks, when they are at work, and how many of them there are."""

from dataclasses import dataclass

from models.distributions import Distribution, Fixed
from models.weekday import DAY, HOUR, WEEK, Weekday, next_open


@dataclass(frozen=True)
class Hours:
    """The hours at which people are at work, the same on each of these days.

    An experiment begins on a Monday at midnight, whatever `timing.clockAtStart` says of the clock of CronJobs.
    """

    begin: float = 9 * HOUR
    """From midnight."""
    end: float = 17 * HOUR
    """From midnight."""
    days: tuple[Weekday, ...] = WEEK[:5]
    """mon, tue, wed, thu, fri, sat, sun."""

    def __post_init__(self) -> None:
        if not 0 <= self.begin < self.end <= DAY:
            raise ValueError("expected `begin` before `end`, and both within a day")
        if not self.days:
            raise ValueError("expected at least one of `days`")

    def wait(self, time: float) -> float:
        """Seconds from a time, in seconds after a Monday at midnight, until people are at work; 0 if they are."""
        return next_open(self.days, self.begin, self.end, time) - time


@dataclass(frozen=True)
class Crew:
    """People who share work: each does one thing at a time, first come, first served."""

    name: str
    """What responses and operations call it."""
    size: int = 1
    """How many people."""

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError("`size` must be at least 1")


@dataclass(frozen=True)
class Response:
    """People mend what broke: they are paged, one of them begins, and mends it.

    Used in place of a law: `timeToRepair: {response: NAME}`. Whoever has begun goes on until it is mended, after hours
    too; what is taken up by nobody waits.
    """

    name: str
    """What failure modes call it."""
    mend: Distribution
    """From somebody's beginning to the end of the failure."""
    page: Distribution = Fixed(0.0)
    """From the failure to the page; at once by default."""
    acknowledge: Distribution = Fixed(0.0)
    """From the page, or from when somebody is at work and free, to the beginning; at once by default. Usual aims are 5
    min where users notice and 30 min elsewhere (Site Reliability Engineering, 2016, chapter 11)."""
    crew: str | None = None
    """Who mends: one of them, from when the page reaches them to the end. Without it there is always somebody."""
    hours: Hours | None = None
    """When people are at work; always by default."""
    outside: Distribution | None = None
    """A page that comes outside of these hours is acknowledged after this time instead; without it, it waits for the
    next of them."""

    def __post_init__(self) -> None:
        if self.outside is not None and self.hours is None:
            raise ValueError("`outside` needs `hours`")


@dataclass(frozen=True)
class People:
    """Who mends what breaks."""

    crews: tuple[Crew, ...] = ()
    """Groups of people of limited size, each shared by all that names it."""
    responses: tuple[Response, ...] = ()
    """What comes between a failure and its end where people mend it."""

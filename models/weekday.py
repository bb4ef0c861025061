"""Days of the week, as files name them: those of office hours and those of maintenance windows."""

from enum import StrEnum


class Weekday(StrEnum):
    """A day of the week, in the words of CronJobs."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"

"""Windowed availability of services whose outages are known, and waits that follow a schedule."""

import math


def worst_window_of_one_outage(outage: float, window: float) -> float:
    """Least share of availability in any window of a length, of a service with a single outage."""
    return 1 - min(outage, window) / window


def worst_window_of_periodic_outages(outage: float, period: float, window: float) -> float:
    """Least share of availability in any window of a length, with an outage at the start of every `period`.

    All in seconds. It is not monotone in the window.
    """
    whole, left = divmod(window, period)
    return 1 - (whole * outage + min(outage, left)) / window


def error_budget(goal: float, window: float) -> float:
    """Seconds of downtime that an availability goal leaves in a window."""
    return (1 - goal) * window


def crash_loop_downtime(crashes: int, start: float, initial: float = 10.0, longest: float = 300.0) -> float:
    """Seconds that a container is down that crashes so often in a row: CrashLoopBackOff, and `start` each time.

    The first restart is at once, then the wait doubles from `initial` up to `longest`.
    """
    waits = (0.0 if crash == 0 else min(initial * 2.0 ** (crash - 1), longest) for crash in range(crashes))
    return math.fsum(waits) + crashes * start

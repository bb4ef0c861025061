"""Rescheduling: how long an allocation that has failed waits for its replacement.

Source: nomad/structs/alloc.go (NextDelay), structs.go (ReschedulePolicy).
"""

from collections.abc import Sequence

from simulator.nomad.options import DelayFunction, Reschedule


def next_delay(policy: Reschedule, delays: Sequence[float], ran: float) -> float | None:
    """Seconds from the end of an allocation to its replacement; None if there is none.

    `delays` are those of the reschedules that led to it, oldest first, and `ran` is how long it ran.
    """
    if policy.attempts is not None and len(delays) >= policy.attempts:
        return None
    if policy.delay_function is DelayFunction.CONSTANT or not delays:
        return policy.delay
    if delays[-1] >= policy.max_delay and ran > policy.max_delay:
        return policy.delay
    is_exponential = policy.delay_function is DelayFunction.EXPONENTIAL
    return min(2 * delays[-1] if is_exponential else sum(delays[-2:]), policy.max_delay)

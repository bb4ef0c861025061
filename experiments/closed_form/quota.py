"""How long pods that a quota refuses wait for room and for the next try."""

from collections.abc import Iterator
from itertools import islice, pairwise, takewhile


def retries(initial: float, longest: float) -> Iterator[float]:
    """Seconds from the first refusal to each further try: each wait is twice the last, `longest` at most."""
    elapsed, wait = 0.0, initial
    while True:
        elapsed += wait
        yield elapsed
        wait = min(2 * wait, longest)


def wait_for_room(least: float, period: float, initial: float, longest: float) -> tuple[float, float]:
    """(mean, variance) of the wait from a refusal to the first try that finds room, in seconds.

    Room comes at the first tick of a loop of this `period`, in no phase with the refusal, that is more than `least`
    seconds after it: uniformly over the `period` seconds from there. Such is the replacement of a pod that is stuck in
    termination: a quota lets it off 2 grace periods after it was deleted, and notices that at its next resync.
    """
    end = least + period
    tries = list(takewhile(lambda tried: tried < end, retries(initial, longest)))
    tries.append(next(islice(retries(initial, longest), len(tries), None)))
    mean = second = 0.0
    for before, tried in pairwise([0.0, *tries]):
        share = max(0.0, min(tried, end) - max(before, least)) / period
        mean += share * tried
        second += share * tried**2
    return mean, second - mean**2

"""A Job of one completion whose pods (restartPolicy Never) fail independently, each with probability `p`.

Its controller makes up for `limit` failures (backoffLimit), after waits of 10 s, 20 s, 40 s, ... up to 600 s, counted
from the second in which the failed pod ended, rounded down. Pods run for exponential times of mean `run_mean`, and
nothing else takes any time.
"""

import math

_FIRST_WAIT, _LONGEST_WAIT = 10.0, 600.0


def job_failure(p: float, limit: int) -> float:
    """Probability that the Job fails: that all of its pods do. Any law of the times."""
    return p ** (limit + 1)


def waits(failures: int) -> float:
    """Seconds that a Job waits in all after so many failures in a row. Any law of the times."""
    return math.fsum(min(_FIRST_WAIT * 2.0**number, _LONGEST_WAIT) for number in range(failures))


def job_lateness(p: float, limit: int, run_mean: float) -> tuple[float, float]:
    """Mean (s) and variance (s^2) of the time from the start of a Job that succeeds to the end of its last pod.

    The next pod starts in whole seconds, so a failed one takes a whole number of them: a geometric one.
    """
    succeeds = 1 - job_failure(p, limit)
    grown = math.expm1(1 / run_mean)
    mean = square = 0.0
    for failures in range(limit + 1):
        chance = p**failures * (1 - p) / succeeds
        expected = failures / grown + waits(failures) + run_mean
        variance = failures * (grown + 1) / grown**2 + run_mean**2
        mean += chance * expected
        square += chance * (variance + expected**2)
    return mean, square - mean**2

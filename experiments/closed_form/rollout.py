"""A rolling update of n replicas whose new pods become ready after a while, and whose old ones leave at once.

`batch` is maxSurge + maxUnavailable in pods: that many new pods start at the same time. Nothing else takes any time.
"""

import math


def rollout_duration(n: int, batch: int, ready_time: float) -> float:
    """Seconds until every replica is of the new release and ready; every pod takes exactly `ready_time`: waves."""
    return ready_time * math.ceil(n / batch)


def rollout_loss(n: int, surge: int, unavailable: int, ready_time: float) -> float:
    """Pod-seconds below n replicas ready; every pod takes exactly `ready_time`.

    In each wave `unavailable` replicas are missing, in the last one not more than it has left to bring.
    """
    batch = surge + unavailable
    waves = math.ceil(n / batch)
    return ready_time * ((waves - 1) * unavailable + min(unavailable, n - (waves - 1) * batch))


def mean_rollout_duration(n: int, batch: int, ready_mean: float) -> float:
    """Mean of the duration, exponential ready times: n - batch times the first of `batch`, then the last of them."""
    return ready_mean * ((n - batch) / batch + math.fsum(1 / j for j in range(1, batch + 1)))


def rollout_duration_variance(n: int, batch: int, ready_mean: float) -> float:
    """Variance of the duration in seconds squared, exponential ready times: the same phases, which are independent."""
    return ready_mean**2 * ((n - batch) / batch**2 + math.fsum(1 / j**2 for j in range(1, batch + 1)))


def mean_rollout_loss(n: int, surge: int, unavailable: int, ready_mean: float) -> float:
    """Mean pod-seconds below n replicas ready, exponential ready times.

    `unavailable` are missing until no more than that are on their way; from then on as many as are.
    """
    if not unavailable:
        return 0.0
    batch = surge + unavailable
    last = math.fsum(1 / j for j in range(unavailable, batch + 1))
    return ready_mean * (unavailable * ((n - batch) / batch + last) + unavailable - 1)


def rollout_loss_variance(n: int, surge: int, unavailable: int, ready_mean: float) -> float:
    """Variance of that loss in (pod-seconds) squared: the same phases, which are independent."""
    if not unavailable:
        return 0.0
    batch = surge + unavailable
    last = math.fsum(1 / j**2 for j in range(unavailable, batch + 1))
    return ready_mean**2 * (unavailable**2 * ((n - batch) / batch**2 + last) + unavailable - 1)

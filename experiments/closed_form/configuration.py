"""Contents of ConfigMaps and Secrets that are no good: with hot reload, with a rollout, and certificates that run out.

The kubelet syncs each pod at intervals that are uniform in `period` = (shortest, longest), each in a phase of its own:
that is when the files of its volumes are written anew. Fixed detection; whoever detects it brings the old one back at
once.
"""

import math
from collections.abc import Callable

import numpy as np

from models.arrays import Floats

Period = tuple[float, float]


def mean_sync(period: Period) -> float:
    """Mean seconds from any moment to a pod's next sync: E(L^2) / 2 E(L)."""
    return _moment(period, 1, lambda unsynced: unsynced)


def sync_variance(period: Period) -> float:
    """Variance of that time, in seconds squared."""
    return _moment(period, 2, lambda unsynced: unsynced) - mean_sync(period) ** 2


def mean_hot_outage(n: int, k: int, detection: float, period: Period) -> float:
    """Mean seconds for which fewer than k of n replicas answer, if all read a bad content at their next sync.

    The outage begins when n - k + 1 of them have read the bad one, and ends when k have read the old one again;
    `detection` must be no less than the longest period, so that all have read it by then.
    """
    return detection + _mean_of_order(n, k, period) - _mean_of_order(n, n - k + 1, period)


def hot_outage_variance(n: int, k: int, period: Period) -> float:
    """Variance of that outage in seconds squared: both reads are independent."""
    return _variance_of_order(n, k, period) + _variance_of_order(n, n - k + 1, period)


def bad_rollout_loss(unavailable: int, detection: float, ready_time: float) -> float:
    """Replica-seconds lost to a bad content that is rolled out, and makes processes exit when they start.

    The rollout stops at its first `unavailable` pods, and the old ones that replace them are ready after `ready_time`.
    """
    return unavailable * (detection + ready_time)


def certificate_unavailability(
    lifetime: float, renew_before: float, retry: float, failing: float, mttr: float, period: Period
) -> float:
    """Long-run share of time for which a pod holds a certificate that has run out.

    It is rotated `renew_before` its end, each try fails with probability `failing` and is made again after `retry`, as
    long as it has not run out; then it is mended after `mttr` in the mean, and read at the pod's next sync.
    """
    chances, cycles = _rotations(lifetime, renew_before, retry, failing)
    expiry = 1 - chances.sum()
    cycle = float(chances @ cycles) + expiry * (lifetime + mttr)
    return float(expiry * (mttr + mean_sync(period)) / cycle)


def certificate_variance_rate(
    lifetime: float, renew_before: float, retry: float, failing: float, mttr: float, period: Period
) -> float:
    """Variance of the seconds lost, a second of a long time; exponential repairs (renewal-reward theorem)."""
    share = certificate_unavailability(lifetime, renew_before, retry, failing, mttr, period)
    chances, cycles = _rotations(lifetime, renew_before, retry, failing)
    expiry = 1 - chances.sum()
    cycle = float(chances @ cycles) + expiry * (lifetime + mttr)
    surplus = (1 - share) * mttr + mean_sync(period) - share * lifetime
    spread = ((1 - share) * mttr) ** 2 + sync_variance(period)
    return float((chances @ (share * cycles) ** 2 + expiry * (spread + surplus**2)) / cycle)


def _rotations(lifetime: float, renew_before: float, retry: float, failing: float) -> tuple[Floats, Floats]:
    """By try: how likely it is to be the one that succeeds, and seconds since the certificate was made."""
    tries: Floats = np.arange(math.ceil(renew_before / retry), dtype=np.float64)
    return np.power(failing, tries) * (1 - failing), lifetime - renew_before + tries * retry


def _mean_of_order(n: int, number: int, period: Period) -> float:
    """Mean time until `number` of n pods have synced."""
    return _moment(period, 1, _fewer_synced(n, number))


def _variance_of_order(n: int, number: int, period: Period) -> float:
    return _moment(period, 2, _fewer_synced(n, number)) - _mean_of_order(n, number, period) ** 2


def _fewer_synced(n: int, number: int) -> Callable[[Floats], Floats]:
    """Of the chance that one pod has not synced: the chance that fewer than `number` of n have."""

    def fewer(unsynced: Floats) -> Floats:
        terms = [math.comb(n, i) * (1 - unsynced) ** i * unsynced ** (n - i) for i in range(number)]
        chances: Floats = np.sum(terms, axis=0)
        return chances

    return fewer


def _moment(period: Period, power: int, later: Callable[[Floats], Floats]) -> float:
    """E(T^power) of a time, `later` being P(T > t) in terms of a pod's; polynomials, so the quadrature is exact."""
    shortest, longest = period
    points, weights = np.polynomial.legendre.leggauss(40)
    found = []
    for begin, end in ((0.0, shortest), (shortest, longest)):
        times = begin + (end - begin) * (points + 1) / 2
        integrand = power * times ** (power - 1) * later(_unsynced(times, period))
        found.append(float(weights @ integrand) * (end - begin) / 2)
    return math.fsum(found)


def _unsynced(times: Floats, period: Period) -> Floats:
    """P(a pod has not synced by then)."""
    shortest, longest = period
    mean = (shortest + longest) / 2
    width = longest - shortest
    beyond = np.maximum(0.0, longest - np.maximum(times, shortest)) ** 2 / (2 * width) if width else 0.0 * times
    return (np.maximum(0.0, shortest - times) + beyond) / mean

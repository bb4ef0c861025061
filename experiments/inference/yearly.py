"""What one year may bring: quantiles of its downtime, and the chance that it meets an objective.

The long run is not any one year: a service that is 99.9884 % available in the long run meets 99.99 % in two years of
five. A period is the window of a replication, or a year of 365 days where windows are longer: those are cut into whole
years, which count as independent. So the year is as the replications are: it begins with the same state and clocks.
"""

import math

import numpy as np

from experiments.inference import batch_means
from experiments.inference.estimate import Estimate, show_seconds
from experiments.inference.intervals import clopper_pearson
from experiments.inference.sample import Sample
from models.arrays import Floats
from models.units import YEAR


def period(sample: Sample) -> float:
    """Seconds that are judged at a time: the shortest window, or a year if that is longer; NaN without any."""
    return min(float(sample.windows.min()), YEAR) if len(sample.windows) else math.nan


def downtimes(sample: Sample) -> Floats:
    """Downtime of every whole period, in seconds."""
    length, periods = period(sample), [np.empty(0)]
    for replication, window, downtime in zip(sample.replications, sample.windows, sample.downtimes, strict=True):
        whole = math.floor(window / length * (1 + 1e-9))
        edges = length * np.arange(whole + 1)
        whole_window = np.array([downtime])
        periods.append(whole_window if whole == 1 else np.diff(batch_means.lost_before(sample, replication, edges)))
    return np.concatenate(periods)


def quantile(sample: Sample, share: float, confidence: float) -> Estimate:
    """The downtime, in seconds, that the share `share` of periods stays within; see `order_statistics`."""
    if not 0 < share < 1:
        raise ValueError(f"a quantile is of a share between 0 and 1, not {share!r}")
    lost = downtimes(sample)
    if len(lost) == 0:
        return Estimate(math.nan, 0.0, math.inf, confidence, 0, "no replication", "downtime")
    method = f"order statistics, {len(lost)} periods of {show_seconds(period(sample))}"
    return Estimate(*order_statistics(lost, share, confidence), confidence, len(lost), method, "downtime")


def order_statistics(values: Floats, share: float, confidence: float) -> tuple[float, float, float]:
    """The quantile that the share `share` of amounts (one or more, not negative) stays within, and its interval.

    Distribution free: as many of n amounts stay within the quantile as a binomial count says. Where they are too few
    for an end, it is 0 or infinite.
    """
    from scipy.special import bdtr

    ordered, n = np.sort(values), len(values)
    within = bdtr(np.arange(n + 1), n, share)  # the chance that at most so many stay within the quantile
    below, above = (int(np.searchsorted(within, end)) for end in ((1 - confidence) / 2, (1 + confidence) / 2))
    above += 1
    low = float(ordered[below - 1]) if below >= 1 else 0.0
    high = float(ordered[above - 1]) if above <= n else math.inf
    value = float(ordered[min(math.ceil(share * n - 1e-9), n) - 1])
    return value, low, high


def chance_of_meeting(sample: Sample, at_least: float, confidence: float) -> Estimate:
    """The share of periods whose availability is at least `at_least`; interval of Clopper and Pearson (1934)."""
    lost = downtimes(sample)
    n = len(lost)
    if n == 0:
        return Estimate(math.nan, 0.0, 1.0, confidence, 0, "no replication", "chance")
    within = (1 - at_least) * period(sample)
    met = int((lost <= within * (1 + 1e-9)).sum())
    low, high = clopper_pearson(met, n, confidence)
    method = f"Clopper-Pearson, {n} periods of {show_seconds(period(sample))}"
    return Estimate(met / n, low, high, confidence, n, method, "chance")

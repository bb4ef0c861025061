"""Confidence intervals for rare outages.

Which interval, and why. Downtime is a sum over few, unequal outages, so the textbook t interval on replications is too
narrow until about 100 outages were seen. Below that the gamma interval is used: the downtime of n_e equal outages is
a scaled Poisson count, so the unavailability lies in U / (2 n_e) times [chi2(2 n_e), chi2(2 n_e + 2)]. The effective
number of outages n_e is the smaller of

- (sum d)^2 / sum d^2 over the outage lengths d: as if outages came independently;
- mean^2 / (variance / R) over the R replications: fewer, when outages come in bursts.

Measured coverage of nominal 95 %, 3,000 studies each, one seed: outages at Poisson times (not an alternating renewal
process), lengths exponential; "bursts": outages come in groups of 3 on average. Studies without any outage are left
out. The `slow` tests check what the product does (t from 100 outages on) against lower limits:

    outages seen (replications)         9 (20)   23 (50)   91 (200)   30 (10)   800 (20)
    t                                    0.88     0.91      0.94       0.93      0.95
    gamma, n_e from lengths only         0.92     0.94      0.95       0.95      0.95
    gamma, the smaller n_e               0.93     0.95      0.95       0.96      0.96
    bursts: t                            0.79     0.86      0.92       0.90      0.95
    bursts: gamma, lengths only          0.74     0.74      0.75       0.75      0.75
    bursts: gamma, the smaller n_e       0.88     0.92      0.95       0.92      0.94

No interval repairs fewer than about 20 outages, nor a law whose rare long outages were not seen yet: lognormal lengths
(sigma 1.2) cover 0.88 at 9 outages and 0.94 at 91; 90 % short with 10 % ninety times longer, 0.58 at 9 and 0.97 at 91.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MANY_OUTAGES = 100
"""From here on the t interval on replications is as good as any."""
FEW_OUTAGES = 20
"""Below this, every interval is too narrow: say so."""


@dataclass(frozen=True)
class Interval:
    """A value with a two-sided interval, `low <= value <= high`, and the name of the method."""

    value: float
    low: float
    high: float
    method: str


def ratio(totals: Floats, exposures: Floats, confidence: float) -> Interval:
    """Sum of totals over sum of exposures (per replication, at least 2), with Student's t interval of the ratio."""
    from scipy.stats import t

    replications, exposure = len(totals), float(exposures.sum())
    value = math.fsum(totals) / exposure
    error = math.sqrt(replications / (replications - 1) * float(np.square(totals - value * exposures).sum())) / exposure
    half = float(t.ppf((1 + confidence) / 2, replications - 1)) * error
    return Interval(value, value - half, value + half, f"t, {replications} replications")


def effective_outages(lengths: Floats, downtimes: Floats) -> float:
    """How many equal, independent outages would vary as much: `lengths` of all outages, `downtimes` per replication.

    NaN without downtime.
    """
    if not lengths.sum() > 0:
        return math.nan
    seen = len(lengths)
    variation = float(lengths.var(ddof=1)) / float(lengths.mean()) ** 2 if seen > 1 else 1.0
    effective = seen / (1 + max(variation, min(1.0, 10 / seen)))
    if len(downtimes) > 1 and (variance := float(downtimes.var(ddof=1))) > 0:
        effective = min(effective, float(downtimes.mean()) ** 2 * len(downtimes) / variance)
    return effective


def unavailability(downtimes: Floats, windows: Floats, lengths: Floats, confidence: float) -> Interval:
    """Share of the time that is downtime; `downtimes` and `windows` per replication, `lengths` per outage, in seconds.

    Student's t from `MANY_OUTAGES` effective outages on, or when a tenth of the time is lost (outages are not rare
    then); the gamma interval below. Needs some downtime: without any, use `rate_bound`.
    """
    value = math.fsum(downtimes) / math.fsum(windows)
    effective = effective_outages(lengths, downtimes)
    if (effective >= MANY_OUTAGES or value > 0.1) and len(downtimes) > 1:
        interval = ratio(downtimes, windows, confidence)
    else:
        from scipy.stats import chi2

        low = value * float(chi2.ppf((1 - confidence) / 2, 2 * effective)) / (2 * effective)
        high = value * float(chi2.ppf((1 + confidence) / 2, 2 * effective + 2)) / (2 * effective)
        interval = Interval(value, low, high, f"gamma, {effective:.3g} effective outages")
    return Interval(value, max(interval.low, 0.0), min(interval.high, 1.0), interval.method)


def rate(counts: Floats, exposures: Floats, confidence: float) -> Interval:
    """Outages per unit of exposure: exact Poisson (Garwood 1936) below `MANY_OUTAGES` outages, Student's t above.

    Bursts make counts vary more than Poisson; then the count is divided by its variance over its mean.
    """
    total, exposure = float(counts.sum()), float(exposures.sum())
    if total >= MANY_OUTAGES and len(counts) > 1:
        interval = ratio(counts, exposures, confidence)
        return Interval(interval.value, max(interval.low, 0.0), interval.high, interval.method)
    from scipy.stats import chi2

    spread = max(1.0, float(counts.var(ddof=1) / counts.mean())) if total > 0 and len(counts) > 1 else 1.0
    effective = total / spread
    low = float(chi2.ppf((1 - confidence) / 2, 2 * effective)) / 2 * spread if total > 0 else 0.0
    high = float(chi2.ppf((1 + confidence) / 2, 2 * effective + 2)) / 2 * spread
    return Interval(total / exposure, low / exposure, high / exposure, f"Poisson, {total:.0f} outages")


def rate_bound(exposure: float, confidence: float) -> float:
    """The largest rate that none seen in `exposure` leaves plausible: -ln(1 - confidence) / exposure.

    The rule of three: 3.0 / exposure at 95 %.
    """
    return -math.log1p(-confidence) / exposure


def mean(values: Floats, confidence: float) -> Interval:
    """Mean of at least 2 values with Student's t interval."""
    return ratio(values, np.ones_like(values), confidence)


def p_value(values: Floats) -> float:
    """Two-sided p of Student's t test that the mean is 0; 1 if all values are 0, 0 if all are one other value."""
    from scipy.stats import t

    average, deviation = float(values.mean()), float(values.std(ddof=1))
    if deviation == 0:
        return 1.0 if average == 0 else 0.0
    return float(2 * t.sf(abs(average) * math.sqrt(len(values)) / deviation, len(values) - 1))

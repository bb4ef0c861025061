"""Confidence intervals for rare outages.

Which interval, and why. Downtime is a sum over few, unequal outages, so the textbook t interval on replications is too
narrow until about 100 outages were seen: it covers 69 % instead of 95 % when two are expected. Below that, the interval
is that of a compound Poisson sum, which keeps apart the two things that are uncertain:

- how many outages there are: a Poisson count, so a gamma variable of shape n (low end) or n + 1 (high end, Garwood
  1936), both n + 1/2 from 50 outages on;
- how long they are on average: unequal lengths of relative variance v leave the mean of n of them as uncertain as that
  of n / v exponential ones, the inverse of a gamma variable of shape n / v.

Their product is an F variable: the ends are U times F(2 n, 2 n / v) and U (n + 1) / n times F(2 (n + 1), 2 n / v),
right for exponential lengths, v = 1. A few outages do not show how unequal outages are: the longest have not happened
yet. So v is the sample's, raised by 1 + 6 v / n, and mixed with five imaginary outages of v = 3 (between the
exponential law, 1, and lognormal laws of sigma 1.2 to 1.4, 3 to 6); n / v is at least 1. Bursts: if the downtimes of
the replications vary more than such outages would make them, n counts as so many fewer.

From 400 effective outages on (`effective_outages`), and when outages are not rare, it is the t interval. Where the
causes of outages are known, each has an interval like this of its own: see `experiments.inference.strata`.

Measured coverage of nominal 95 % (docs/coverage.md, of
`python tests/experiments/inference/coverage.py --studies 3000 --table`: 3,000 studies of 50 independent stationary
replications each, one seed, known truth; standard error 0.004; a study that saw no outage counts as covered if its
bound holds):

    expected outages                   2      5     10     20     50    100    200
    one unit                       0.987  0.984  0.984  0.974  0.965  0.956  0.959
    one unit, lognormal repairs    0.986  0.977  0.973  0.955  0.944  0.948  0.949
    one unit, Weibull lives        0.982  0.975  0.978  0.968  0.950  0.940  0.950
    2 of 3                         0.983  0.973  0.983  0.975  0.961  0.960  0.954
    2 of 3, lognormal repairs      0.982  0.977  0.979  0.962  0.945  0.946  0.951
    3 of 5                         0.981  0.972  0.982  0.969  0.959  0.948  0.949

    two causes, intervals by cause (`experiments.inference.strata`)
    node + pod, 4 crashes a loss   0.979  0.977  0.983  0.984  0.986  0.988  0.975
    node + pod, 60 crashes a loss  0.988  0.974  0.980  0.986  0.992  0.993  0.974
    2 of 3 packed                  0.988  0.984  0.985  0.980  0.966  0.958  0.958
    2 of 3 spread                  0.969  0.963  0.974  0.978  0.979  0.973  0.969
    2 of 3 spread, short crashes   0.983  0.964  0.979  0.981  0.980  0.982  0.986

    the same from the lengths of outages alone
    node + pod, 4 crashes a loss   0.980  0.972  0.968  0.968  0.964  0.963  0.957
    node + pod, 60 crashes a loss  0.962  0.939  0.970  0.890  0.735  0.808  0.946
    2 of 3 packed                  0.980  0.984  0.984  0.979  0.966  0.958  0.958
    2 of 3 spread                  0.979  0.971  0.976  0.964  0.950  0.950  0.952
    2 of 3 spread, short crashes   0.964  0.937  0.916  0.816  0.699  0.764  0.843

    outages of one length; rare ones of the same cause that bring much of the downtime
    one unit, fixed repairs        0.996  0.988  0.996  0.991  0.974  0.974  0.963
    one unit, two kinds of repairs 0.981  0.585  0.631  0.850  0.963  0.972  0.970

    for comparison, Student's t alone
    one unit                       0.687  0.830  0.867  0.906  0.933  0.932  0.949
    one unit, lognormal repairs    0.617  0.728  0.800  0.838  0.891  0.906  0.932

With 10 replications the figures of four of the first systems, 1,000 studies each, were 0.945 and more. The upper end of
the unavailability is 59 times the value when two outages are expected, 11 times at 5, 3.7 at 10, 2.2 at 20, 1.55 at 50,
1.23 at 200 (one unit). "60 crashes a loss" and "short crashes": one outage of 50 is 30 times as long as the others. By
cause that is covered, at a price: while one loss of a node was seen, the upper end is 20 to 30 times the value. Of "two
kinds" one outage of ten is ninety times as long, under the same name. No interval knows of long outages that did not
happen yet; when it misses, the availability is nearly always stated too high, and the end of a run says in words what
its numbers rest on.
Outages in bursts of 3 on average are covered 0.96 at 9 and at 23, 0.95 at 91, 0.92 at 800 (20 replications).
"""

import math
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats

MANY_OUTAGES = 100
"""Outages that are asked for before a precision counts as reached, and before counts of them have t intervals."""
MANY_EFFECTIVE_OUTAGES = 400
"""From so many on, the t interval on replications is as good as any, and assumes less."""
NOT_RARE = 0.1
"""Above this unavailability outages are not rare events."""
FEW_OUTAGES = 20
"""Below this, intervals are wide and rest on assumptions about lengths that were not seen: say so."""

_IMAGINARY_OUTAGES, _IMAGINARY_VARIATION = 5, 3.0
_UNSEEN_LENGTHS = 6.0
"""How much of the variation of skewed lengths a small sample misses, as a multiple of its own variation over n."""


@dataclass(frozen=True)
class Interval:
    """A value with a two-sided interval, `low <= value <= high`, and the name of the method."""

    value: float
    low: float
    high: float
    method: str


def ratio(totals: Floats, exposures: Floats, confidence: float, pieces: str = "replications") -> Interval:
    """Sum of totals over sum of exposures (per replication, at least 2), with Student's t interval of the ratio."""
    from scipy.special import stdtrit

    replications, exposure = len(totals), float(exposures.sum())
    value = math.fsum(totals) / exposure
    error = math.sqrt(replications / (replications - 1) * float(np.square(totals - value * exposures).sum())) / exposure
    half = float(stdtrit(replications - 1, (1 + confidence) / 2)) * error
    return Interval(value, value - half, value + half, f"t, {replications} {pieces}")


def length_variation(lengths: Floats) -> float:
    """Relative variance (of lengths over their squared mean) that outages may have of which these were seen."""
    seen = len(lengths)
    shown = float(lengths.var(ddof=1)) / float(lengths.mean()) ** 2 if seen > 1 else 0.0
    shown *= 1 + _UNSEEN_LENGTHS * shown / seen
    known = seen - 1
    return (known * shown + _IMAGINARY_OUTAGES * _IMAGINARY_VARIATION) / (known + _IMAGINARY_OUTAGES)


def bursts(lengths: Floats, downtimes: Floats) -> float:
    """How many times more `downtimes`, per replication, vary than independent outages of such `lengths` would.

    At least 1, and 1 when there is only one replication.
    """
    if len(downtimes) < 2:
        return 1.0
    expected = (1 + length_variation(lengths)) / len(lengths)
    found = float(downtimes.var(ddof=1)) / len(downtimes) / float(downtimes.mean()) ** 2
    return max(1.0, found / expected)


def effective_outages(lengths: Floats, downtimes: Floats) -> float:
    """How many equal, independent outages would vary as much: `lengths` of all outages, `downtimes` per replication.

    NaN without downtime.
    """
    if not lengths.sum() > 0:
        return math.nan
    return len(lengths) / (1 + length_variation(lengths)) / bursts(lengths, downtimes)


def unavailability(
    downtimes: Floats, windows: Floats, lengths: Floats, confidence: float, pieces: str = "replications"
) -> Interval:
    """Share of the time that is downtime; `downtimes` and `windows` per replication, `lengths` per outage, in seconds.

    Student's t from `MANY_EFFECTIVE_OUTAGES` on, or when a tenth of the time is lost (outages are not rare
    then); the compound Poisson interval below. Needs some downtime: without any, use `rate_bound`. `pieces`: what the
    entries of `downtimes` are, for the name of the method.
    """
    value = math.fsum(downtimes) / math.fsum(windows)
    many = effective_outages(lengths, downtimes) >= MANY_EFFECTIVE_OUTAGES or value > NOT_RARE
    if many and len(downtimes) > 1:
        interval = ratio(downtimes, windows, confidence, pieces)
    else:
        low, high = _compound_ends(len(lengths) / bursts(lengths, downtimes), length_variation(lengths), confidence)
        seen = f"{len(lengths)} outage{'s' * (len(lengths) != 1)}"
        among = f" in {len(downtimes)} {pieces}" if len(downtimes) > 1 else ""
        interval = Interval(value, value * low, value * high, f"compound Poisson, {seen}{among}")
    return Interval(value, max(interval.low, 0.0), min(interval.high, 1.0), interval.method)


def _compound_ends(count: float, variation: float, confidence: float) -> tuple[float, float]:
    """What to multiply a sum of `count` outages with, whose lengths have the relative variance `variation`."""
    from scipy.special import fdtri

    lengths = 2 * max(count / variation, 1.0)  # never fewer than one exponential length: its ends are far enough
    half = min(count / 50, 1.0) / 2
    few, many = 2 * (count + half), 2 * (count + 1 - half)
    low = few / (2 * count) * float(fdtri(few, lengths, (1 - confidence) / 2))
    high = many / (2 * count) * float(fdtri(many, lengths, (1 + confidence) / 2))
    return min(low, 1.0), max(high, 1.0)


def rate(counts: Floats, exposures: Floats, confidence: float) -> Interval:
    """Outages per unit of exposure: exact Poisson (Garwood 1936) below `MANY_OUTAGES` outages, Student's t above.

    Bursts make counts vary more than Poisson; then the count is divided by its variance over its mean.
    """
    total, exposure = float(counts.sum()), float(exposures.sum())
    if total >= MANY_OUTAGES and len(counts) > 1:
        interval = ratio(counts, exposures, confidence)
        return Interval(interval.value, max(interval.low, 0.0), interval.high, interval.method)
    spread = max(1.0, float(counts.var(ddof=1) / counts.mean())) if total > 0 and len(counts) > 1 else 1.0
    low, high = (spread * end for end in _poisson_ends(total / spread, confidence))
    return Interval(total / exposure, low / exposure, high / exposure, f"Poisson, {total:.0f} outages")


def _poisson_ends(count: float, confidence: float) -> tuple[float, float]:
    """The means that a Poisson count leaves plausible: half of chi2 with 2 n and 2 (n + 1) degrees of freedom."""
    from scipy.special import gammaincinv

    low = float(gammaincinv(count, (1 - confidence) / 2)) if count > 0 else 0.0
    return low, float(gammaincinv(count + 1, (1 + confidence) / 2))


def rate_bound(exposure: float, confidence: float) -> float:
    """The largest rate that none seen in `exposure` leaves plausible: -ln(1 - confidence) / exposure.

    The rule of three: 3.0 / exposure at 95 %.
    """
    return -math.log1p(-confidence) / exposure


def clopper_pearson(count: int, n: int, confidence: float) -> tuple[float, float]:
    """The ends for a share of which so many of n independent trials are (Clopper and Pearson, 1934)."""
    from scipy.special import betaincinv

    low = float(betaincinv(count, n - count + 1, (1 - confidence) / 2)) if count else 0.0
    high = float(betaincinv(count + 1, n - count, (1 + confidence) / 2)) if count < n else 1.0
    return low, high

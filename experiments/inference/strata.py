"""Unavailability as a sum of causes, because no interval from lengths alone knows of causes that hardly struck yet.

A simulator knows what it may break, and what broke: so the downtime is split by the cause of each outage, each part
has an interval of its own (`inference.intervals`), and the parts are joined by MOVER, the method of variance
estimates recovery (Zou & Donner, Statistics in Medicine 27, 2008): how far the ends of the sum lie from its value is
the root of the summed squares of how far those of the parts do. Right for normal parts, and for one part exact.

- Causes of `MANY_OUTAGES` outages and more are one part: their lengths show what their mixture is like, and what
  links them within a replication counts. So from `MANY_EFFECTIVE_OUTAGES` on it has a t interval, which then cannot
  hide a cause of one outage: that is a part of its own.
- A cause of fewer outages is a part.
- The failure modes that never caused an outage are one part, "unseen": no outage in the time that was simulated, so at
  most `rate_bound` of them (the rule of three), each as long as the longest of their usual absences
  (`attribution.unseen`). It raises the upper end only.

Unseen are also modes that struck hundreds of times in vain: how often their outages may come is bounded by the time
without one, not by the strikes. Two nodes down at once are no likelier seen because single nodes were down often, and
leaving out modes that struck twenty times would leave "2 of 3 spread, short crashes" of docs/coverage.md covered 0.73
at 50 outages. What keeps this from making intervals useless is the length: of a mode that struck in vain, replicas'
absences show it, and it need not be a stated hour. In experiments/configs/replica-strategies.yaml, 60 years a policy,
seven of the eight rows with outages have upper ends of the downtime 0.7 % to 14 % higher than from lengths alone. The
eighth (cart under three-spread: three outages of crashes, 15 s each) has 322 s a year instead of 19 s: zone outages
took a replica away for 1.8 h each, and a single one that took two would be as much as a third of that. Rows without any
outage say 180 s there; `remarks` names such rows.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.inference import intervals
from experiments.inference.intervals import MANY_OUTAGES, NOT_RARE, Interval
from models.arrays import Floats
from models.units import counted


@dataclass(frozen=True)
class Stratum:
    """The downtime of one cause, in seconds: of every replication, and of every outage."""

    downtimes: Floats
    lengths: Floats


def unavailability(
    total: Stratum,
    strata: Sequence[Stratum],
    windows: Floats,
    unseen: Mapping[str, float],
    confidence: float,
    pieces: str = "replications",
) -> Interval:
    """Share of the time that is downtime, from all the causes that were seen, and those that were not.

    `strata` sum to `total`; `windows` per replication, in seconds; `unseen`: mode that never caused an outage -> the
    seconds that one is taken to last. With one cause and nothing unseen it is `intervals.unavailability`, and when a
    tenth of the time is lost.
    """
    value = math.fsum(total.downtimes) / math.fsum(windows)
    many = [part for part in strata if len(part.lengths) >= MANY_OUTAGES]
    parts = [part for part in strata if len(part.lengths) < MANY_OUTAGES] + ([_united(many)] if many else [])
    if value > NOT_RARE or (len(parts) == 1 and not unseen):
        return intervals.unavailability(total.downtimes, windows, total.lengths, confidence, pieces)
    limits = [intervals.unavailability(part.downtimes, windows, part.lengths, confidence, pieces) for part in parts]
    bound = intervals.rate_bound(float(windows.sum()), confidence) * max(unseen.values(), default=0.0)
    low = value - math.hypot(*(part.value - part.low for part in limits))
    high = value + math.hypot(bound, *(part.high - part.value for part in limits))
    student = "t and " if any(part.method.startswith("t,") for part in limits) else ""
    seen = counted(len(total.lengths), "outage") + " of " + counted(len(strata), "cause")
    hidden = f", {len(unseen)} unseen" if unseen else ""
    method = f"{student}compound Poisson by cause, {seen}{hidden}"
    return Interval(value, max(low, 0.0), min(high, 1.0), method)


def _united(strata: Sequence[Stratum]) -> Stratum:
    return Stratum(
        np.sum([part.downtimes for part in strata], axis=0), np.concatenate([part.lengths for part in strata])
    )

"""Batch means: windows cut into equal pieces that stand for replications, when there are too few of those.

A single long run has no spread between replications, so its window is cut into batches, and the interval treats them
as independent. They are if a batch is much longer than an outage and than what links outages (a burst, a repair queue).

Regenerative cycles would need no such assumption, but they begin only where the whole future forgets the past: every
failure clock exponential, everything up, nothing pending, no back-off that remembers earlier crashes. Results know
outages only, and the end of an outage is no such moment (of 2 of 3, one is still down). Strictly there is none at all,
since the control plane's loops keep for a whole run the phases that they drew at its start. So cycles are not offered;
for outages that are independent, which is what regeneration would give, the compound Poisson interval of
`experiments.inference.intervals` rests on each outage as one cycle.
"""

import math

import numpy as np

from experiments.inference.sample import Sample
from models.arrays import Floats

ENOUGH_REPLICATIONS = 10
"""From so many replications on, none is cut."""
BATCHES = 20
"""Pieces, at least, into which the windows of fewer replications are cut in all."""


def observed(sample: Sample) -> tuple[Floats, Floats, str]:
    """Downtimes and windows that an interval may take as independent, in seconds, and what they are."""
    replications = len(sample.windows)
    if not 0 < replications < ENOUGH_REPLICATIONS:
        return sample.downtimes, sample.windows, "replications"
    pieces = math.ceil(BATCHES / replications)
    return cut(sample, pieces).ravel(), np.repeat(sample.windows / pieces, pieces), "batches"


def cut(sample: Sample, pieces: int) -> Floats:
    """Downtime of each of `pieces` equal parts of every window, in seconds: replications x pieces."""
    lost = np.empty((len(sample.windows), pieces))
    for row, (replication, window) in enumerate(zip(sample.replications, sample.windows, strict=True)):
        lost[row] = np.diff(lost_before(sample, replication, np.linspace(0.0, window, pieces + 1)))
    return lost


def lost_before(sample: Sample, replication: int, times: Floats) -> Floats:
    """Downtime of one replication until each of `times`, in seconds since the start of its window."""
    spans = sample.spans[sample.owners == replication]
    lengths = spans[:, 1] - spans[:, 0]
    lost = np.cumsum(lengths)
    edges = np.concatenate(([0.0], spans.ravel()))
    totals = np.concatenate(([0.0], np.stack((lost - lengths, lost), axis=1).ravel()))
    before: Floats = np.interp(times, edges, totals)
    return before

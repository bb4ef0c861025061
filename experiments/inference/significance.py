"""Whether differences between policies are more than luck: sign flips, adjusted for how many are looked at.

If a policy and another have the same law, a paired difference is as likely positive as negative, whatever its size. So
each replication's differences keep their sizes and get a random sign, the same for all pairs of policies, because one
replication is the same luck under all of them. A pair's statistic is |sum d| / sqrt(sum d^2), which orders samples as
Student's |t| does; p is the share of flips that reach what was seen. Up to `EXACT` replications that differ at all,
every flip is counted; so with four differing replications p is at least 1/8, where Student's t says 0.05.

Several pairs: the step-down maximum of the statistics under the same flips (Westfall and Young 1993; Romano and Wolf
2005) holds the chance of any false verdict in the family, whichever hypotheses are true, and knows how dependent the
pairs are. Holm's method holds it too, but takes them as if they were not, and it pays in full for pairs that could
never be told apart, whereas here the statistic of k differing replications cannot exceed sqrt(k).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats

EXACT = 13
"""Up to so many differing replications all flips are counted; beyond, `FLIPS` of them."""
FLIPS = 9999
"""Random flips: the smallest p is 1 / (FLIPS + 1)."""

_AT_ONCE = 500_000
"""Signs in memory at a time, at most 1,000 flips of them."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Significance:
    """A p-value for each pair: alone, and adjusted for all of them (the chance of any false verdict)."""

    p: Floats
    adjusted: Floats


def sign_flips(differences: Floats) -> Significance:
    """Test each column, shape (replications, pairs), two-sided: is its law the same when all signs change.

    0 stands for "no difference" and for "not both simulated"; neither matters. The same input gives the same answer.
    """
    kept = differences[np.any(differences != 0, axis=1)]
    sizes = np.sqrt(np.square(kept).sum(axis=0))
    scaled = kept / np.where(sizes > 0, sizes, 1.0)
    seen = np.abs(scaled.sum(axis=0))
    order = np.argsort(-seen, kind="stable")
    single, stepwise, flips = np.zeros(len(seen)), np.zeros(len(seen)), 0
    for signs in _signs(len(kept)):
        found = np.abs(signs @ scaled) + _ROUNDING
        largest_of_rest = np.maximum.accumulate(found[:, order[::-1]], axis=1)[:, ::-1]
        single += (found >= seen).sum(axis=0)
        stepwise += (largest_of_rest >= seen[order]).sum(axis=0)
        flips += len(signs)
    if len(kept) > EXACT:  # what was seen is one more of the flips, so p is never 0
        single, stepwise, flips = single + 1, stepwise + 1, flips + 1
    adjusted = np.empty(len(seen))
    adjusted[order] = np.maximum.accumulate(stepwise / flips)
    return Significance(single / flips, adjusted)


def _signs(replications: int) -> Iterator[Floats]:
    """Rows of signs: all that differ by more than a change of every sign, or random ones from a fixed seed."""
    if replications <= EXACT:
        bits = np.arange(2 ** max(replications - 1, 0))[:, np.newaxis] >> np.arange(replications)
        yield np.where(bits & 1, -1.0, 1.0)
        return
    rng = np.random.default_rng(0)
    rows = max(min(_AT_ONCE // replications, 1000) // 4 * 4, 4)  # in fours, as the generator makes bytes
    for start in range(0, FLIPS, rows):
        shape = (min(rows, FLIPS - start), replications)
        yield np.where(rng.integers(0, 2, shape, dtype=np.int8), -1.0, 1.0)

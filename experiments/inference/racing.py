"""What may be said of many candidates, looked at again and again, with one promise for all of it.

A race looks at its candidates after 2, 3, 5, 8, ... replications, and stops when it knows enough. Each look is one more
chance to be fooled, and each candidate another, so no single interval may have the confidence that the answer is to
have. The chance `alpha` of any error is spent on all statements in advance (Bonferroni): look number k at one of m
statements may err with chance alpha / m / (k (k + 1)), which sums to alpha / m over all looks that there can ever be.
So all that is said at any look holds at once with confidence 1 - alpha, whenever and for whatever reason the race
stops. Successive elimination spends its errors like this (Even-Dar, Mannor and Mansour, Journal of Machine Learning
Research 7, 2006). To race systems under constraints by simulation, with errors split between which of them are feasible
and which is best, is due to Andradottir and Kim (Naval Research Logistics 57, 2010), races to Maron and Moore (NIPS 6,
1994).

Why not confidence sequences for bounded means (Howard et al., Annals of Statistics 49, 2021; Waudby-Smith and Ramdas,
Journal of the Royal Statistical Society B 86, 2024)? An availability lies in [0, 1], and they would assume nothing
else. But then a whole year may be lost once in a thousand years, and nobody knows otherwise before ln(1 / alpha) /
(1 - A) replications: 3,000 for 99.9 % at 95 %, whatever was seen. The intervals of `inference.intervals` use that
downtime is made of outages, of which the rate and the lengths can be known from a few years. Their coverage is
measured, not proved, and so is that of the race as a whole (docs/how-to/search.md). Costs are another matter: what has
been paid is a bound of the right size, so there such a sequence serves where costs may jump.
"""

import math

import numpy as np

from models.arrays import Floats

FIRST, GROWTH = 2, 1.5
"""Replications at the first look, and how many times as many at the next."""
STAKES = 0.5 ** np.arange(6)
"""The parts of its wealth that a gambler bets, who has divided it equally among them."""


def replications(look: int) -> int:
    """How many there are at a look, the first being number 1: 2, 3, 5, 8, 12, 18, 27, ..."""
    count = FIRST
    for _ in range(look - 1):
        count = math.ceil(GROWTH * count)
    return count


def error(alpha: float, statements: int, look: int) -> float:
    """The chance of an error that one of so many statements may take at a look (number 1, 2, ...) of those at it."""
    return alpha / statements / (look * (look + 1))


def surely_positive(differences: Floats, error: float) -> bool:
    """Whether the mean of independent differences is above 0, but for this chance; by Student's t, of three or more.

    It takes what was seen for what there is, so it is for differences that vary a little in every replication. Where
    they are alike but for a few large ones the other way, `surely_positive_if_some_are_rare`.
    """
    from scipy.special import stdtrit

    n = len(differences)
    if n < 3:
        return False
    half = float(stdtrit(n - 1, 1 - error)) * float(differences.std(ddof=1)) / math.sqrt(n)
    return float(differences.mean()) > half


def surely_positive_if_some_are_rare(differences: Floats, most: float, error: float) -> bool:
    """Whether the mean of independent differences, none below -`most`, is above 0, but for this chance at all looks.

    A gambler bets on each in turn, at odds that are fair if the mean is 0, and in sum never more than it has: if the
    mean is not above 0, its wealth ever becomes 1 / error times the first with a chance of `error` at most (Ville). So
    looks spend nothing, and nothing is assumed of what was not seen but its bound: n equal differences d are enough if
    (1 + d / most)^n is 1 / error, about, which is the rule of three for the chance d / (d + most) of a loss of `most`
    that would take the gain away. Waudby-Smith and Ramdas, Journal of the Royal Statistical Society B 86, 2024.
    """
    if most <= 0:
        return False
    with np.errstate(divide="ignore"):  # who bets all may lose all
        growth = np.log1p(np.outer(STAKES, differences / most)).sum(axis=1)
    return float(np.logaddexp.reduce(growth)) - math.log(len(STAKES)) >= -math.log(error)

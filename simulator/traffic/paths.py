"""Where the attempts of a request go while all fail: exact probabilities of choosing again among what was not tried.

Endpoints that are alike at every attempt form a class, and how many of each class were tried says all about the past.
Many problems with such pasts in common are worked out at a time, an array operation for all of them.
"""

import functools
import itertools
from typing import NamedTuple

import numpy as np

from models.arrays import Floats, Ints

_CELLS = 1 << 19
"""Numbers in an array at most, as far as problems and pasts can be taken piece by piece."""


class Arrivals(NamedTuple):
    """What becomes of the attempts of a request, if every failure is followed by another attempt."""

    at: Floats
    """By problem, attempt and class: the probability that the attempt is made, and goes to one of that class."""
    nowhere: Floats
    """By problem and attempt: that it is made, and there is nothing to choose from."""


def arrivals(shares: Floats, failing: Floats, sizes: Ints, limits: tuple[int, ...], *, elsewhere: bool) -> Arrivals:
    """Where attempts arrive: each goes to an endpoint in proportion to its share, and may fail there.

    `shares`, `failing`: by problem, attempt and class; the share of one endpoint of the class (shares need not add up
    to anything), and the probability that an attempt fails there. `sizes`: by problem and class, how many endpoints.
    `limits`: by class, as `limit` says for each of the problems. With `elsewhere` no endpoint is tried again while one
    with a share is left; then the choice is among all of them once more.
    """
    problems, attempts, classes = shares.shape
    pasts = _pasts(limits, attempts - 1 if elsewhere else 0)
    found = Arrivals(np.zeros(shares.shape), np.zeros((problems, attempts)))
    step = max(1, _CELLS // max(1, len(pasts.tried) * classes))
    for first in range(0, problems, step):
        part = slice(first, first + step)
        _follow(Arrivals(found.at[part], found.nowhere[part]), shares[part], failing[part], sizes[part], pasts)
    return found


def limit(size: int, attempts: int, *, tried: bool) -> int:
    """How many of a class of that size may have been tried before the last of so many attempts.

    `tried`: whether an attempt goes there and may fail at all; what never fails ends all attempts.
    """
    return min(size, attempts - 1) if tried else 0


def allowed(failed: Floats, budget: float) -> Floats:
    """The share of failed attempts that may be followed by another, so that retries keep within the budget.

    `failed`: by problem and k, the share of requests whose first k + 1 attempts all fail, if every failure is followed
    by another; not increasing with k.
    """
    powers = np.arange(failed.shape[1])
    again = np.ones(len(failed))
    over = np.flatnonzero(failed.sum(axis=1) > budget)
    # What is spent is convex in the share: from above, Newton's steps only fall, to the solution.
    while len(over):
        terms = failed[over] * again[over, None] ** powers
        slope = (terms * (powers + 1)).sum(axis=1)
        better = again[over] - (terms.sum(axis=1) * again[over] - budget) / np.where(slope > 0, slope, 1.0)
        better = np.maximum(better, 0.0)
        falling = better < again[over] * (1 - 1e-15)
        again[over] = np.minimum(better, again[over])
        over = over[falling]
    return again


class _Pasts(NamedTuple):
    """Numbers of endpoints tried, by class, the fewest in all first."""

    tried: Ints
    """By past and class."""
    after: Ints
    """By past and class: the past that follows if one more of that class is tried; meaningless where none can be."""
    counts: tuple[int, ...]
    """How many of the pasts there may be after 0, 1, ... attempts."""
    classes: tuple[int, ...]
    """Those of which any may have been tried."""


@functools.lru_cache(maxsize=256)
def _pasts(limits: tuple[int, ...], most: int) -> _Pasts:
    found: list[tuple[int, ...]] = [(0,) * len(limits)]
    counts, newest = [1], found
    for _ in range(most):
        further = {
            (*past[:c], past[c] + 1, *past[c + 1 :]) for past in newest for c, at in enumerate(limits) if past[c] < at
        }
        newest = sorted(further)
        found = found + newest
        counts.append(len(found))
    number = {past: i for i, past in enumerate(found)}
    after = [[number.get((*past[:c], past[c] + 1, *past[c + 1 :]), 0) for c in range(len(limits))] for past in found]
    classes = tuple(c for c, at in enumerate(limits) if at)
    return _Pasts(np.array(found, dtype=np.int64), np.array(after, dtype=np.int64), tuple(counts), classes)


def _follow(found: Arrivals, shares: Floats, failing: Floats, sizes: Ints, pasts: _Pasts) -> None:
    """Fill in what is found, attempt by attempt."""
    problems, attempts, classes = shares.shape
    probability = np.zeros((problems, len(pasts.tried)))
    probability[:, 0] = 1.0
    block = max(1, _CELLS // max(1, problems * classes))
    for number in range(attempts):
        many = pasts.counts[min(number, len(pasts.counts) - 1)]
        following = np.zeros(probability.shape)
        for first, last in itertools.pairwise((*range(0, many, block), many)):
            rows = slice(first, last)
            here = shares[:, number, None, :]
            weights = here * (sizes[:, None, :] - pasts.tried[rows])
            total = weights.sum(axis=2)
            again = total <= 0  # all were tried: once more round
            if again.any():
                weights = np.where(again[:, :, None], here * sizes[:, None, :], weights)
                total = weights.sum(axis=2)
            nothing = total <= 0
            weights *= (probability[:, rows] / np.where(nothing, 1.0, total))[:, :, None]
            found.at[:, number] += weights.sum(axis=1)
            found.nowhere[:, number] += np.where(nothing, probability[:, rows], 0.0).sum(axis=1)
            weights *= failing[:, number, None, :]
            if len(pasts.counts) == 1:
                following[:, rows] += weights.sum(axis=2) + np.where(nothing, probability[:, rows], 0.0)
                continue
            if again.any():
                stays = np.where(again, weights.sum(axis=2), 0.0) + np.where(nothing, probability[:, rows], 0.0)
                following[:, rows] += stays
                weights[again] = 0.0
            if number < attempts - 1:
                for c in pasts.classes:
                    following[:, pasts.after[rows, c]] += weights[:, :, c]
        probability = following

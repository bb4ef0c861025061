"""Splits the time of every entity into up-times and repair times, some of them cut off by the end of observation."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from experiments.file.outages import Outage, OutageLog
from models.arrays import Floats
from models.input.problems import InputError, Problem

NARROW = 1e-3
"""Times that are known to this share of themselves are as good as observed."""


@dataclass(frozen=True)
class Sample:
    """Times in seconds, all positive and sorted."""

    observed: Floats
    censored: Floats
    """Times that went on for longer than this (right-censored)."""
    zeros: int = 0
    """Times of length zero, which are in neither: no continuous law has them."""
    between: Floats = field(default_factory=lambda: np.empty((0, 2)))
    """Times that are only known to lie between two: what is sampled in steps, or written in whole seconds."""

    @classmethod
    def of(cls, spans: Iterable[tuple[float, float]]) -> "Sample":
        """A sample of times from `low` to `high`: both equal where observed, `high` infinite where censored."""
        given = np.array(sorted(spans), dtype=float).reshape(-1, 2)
        low, high = given[:, 0], given[:, 1]
        narrow = np.isfinite(high) & (high - low <= NARROW * low)
        given[narrow] = np.where(narrow, (low + high) / 2, low)[narrow, None]
        observed, censored = low[low == high], low[np.isinf(high) & (low > 0)]
        between = given[(low < high) & np.isfinite(high)]
        return cls(observed[observed > 0], censored, int((observed == 0).sum()), between)

    @property
    def seen(self) -> Floats:
        """Those that came to an end, sorted; in the middle of what they lie between."""
        return np.sort(np.concatenate([self.observed, self.between.mean(axis=1)]))

    @property
    def size(self) -> int:
        """All together."""
        return len(self.observed) + len(self.censored) + len(self.between)


@dataclass
class _Times:
    observed: list[float] = field(default_factory=list)
    censored: list[float] = field(default_factory=list)

    def sample(self) -> Sample:
        observed, censored = np.sort(np.array(self.observed)), np.sort(np.array(self.censored))
        return Sample(observed[observed > 0], censored[censored > 0], int((observed == 0).sum()))


@dataclass(frozen=True)
class Lifetimes:
    """What a log says of how long things last."""

    entities: int
    up: Sample
    repair: Sample
    united: int
    """Outages that began within another of the same entity, or just when it ended, and count as a part of it."""
    observed_from: float | None
    observed_until: float | None


def lifetimes(log: OutageLog, observed_from: float | None, observed_until: float | None) -> Lifetimes:
    """Up-times and repair times of the entities of a log.

    An entity's outages that overlap or touch are one outage. Up-times are what is between them, and the time from the
    last one to `observed_until`, censored (None: left out). The time before the first outage counts from
    `observed_from`, as if the entity were new then (None: left out). Entities that never failed are not in a log, so
    they count nowhere. Raises InputError for outages outside the observation.
    """
    problems: list[Problem] = []
    for outage in log.outages:
        if observed_from is not None and outage.start < observed_from:
            problems.append(log.problem(outage, "the outage starts before the observation (--observed-from)"))
        if observed_until is not None and _last(outage) > observed_until:
            problems.append(log.problem(outage, "the outage is not over at the end of the observation"))
    if problems:
        raise InputError(problems)
    by_entity: dict[str, list[Outage]] = {}
    for outage in log.outages:
        by_entity.setdefault(outage.entity, []).append(outage)
    up, repair, united = _Times(), _Times(), 0
    for outages in by_entity.values():
        since = observed_from
        downs = union(outages)
        united += len(outages) - len(downs)
        for start, end in downs:
            if since is not None:
                up.observed.append(start - since)
            if end < math.inf:
                repair.observed.append(end - start)
            elif observed_until is not None:
                repair.censored.append(observed_until - start)
            since = end
        if observed_until is not None and since is not None and since < math.inf:
            up.censored.append(observed_until - since)
    return Lifetimes(len(by_entity), up.sample(), repair.sample(), united, observed_from, observed_until)


def last_instant(log: OutageLog) -> float:
    """The last time that a log mentions."""
    return max(map(_last, log.outages))


def _last(outage: Outage) -> float:
    return outage.start if outage.end is None else outage.end


def union(outages: list[Outage]) -> list[tuple[float, float]]:
    """The times of down, in order, no two of which touch; an outage that was not over ends at infinity."""
    downs: list[tuple[float, float]] = []
    for start, end in sorted((o.start, math.inf if o.end is None else o.end) for o in outages):
        if downs and start <= downs[-1][1]:
            downs[-1] = downs[-1][0], max(downs[-1][1], end)
        else:
            downs.append((start, end))
    return downs

"""A whole cluster over the measured window of one run: what every metric of a run is a function of."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.arrays import Floats
from models.units import HOUR
from simulator.log import Kind, Phase, TransitionLog

Rows = Floats
"""Rows of a transition log, as `TransitionLog.columns` has them: shape (n, 6), times in seconds."""


@dataclass(frozen=True)
class Lifetimes:
    """Times in seconds, an entry per pod; infinity for what did not happen before the run was over."""

    created: Floats
    bound: Floats
    """Got its node."""
    over: Floats
    """Succeeded, Failed or gone: its node has its resources back."""
    deleted: Floats
    """Got its deletionTimestamp."""

    @classmethod
    def of(cls, log: TransitionLog) -> "Lifetimes":
        """The lifetimes of all pods that the log tells of, in the order of their numbers."""
        phases, bound, deleted = (log.of_kind(kind) for kind in (Kind.POD_PHASE, Kind.POD_NODE, Kind.POD_DELETING))
        pods = len(log.names["POD"])
        over = (phases[:, 4] != Phase.PENDING) & (phases[:, 4] != Phase.RUNNING)
        return cls(
            _first(phases[phases[:, 4] == Phase.PENDING], pods),
            _first(bound[bound[:, 4] >= 0], pods),
            _first(phases[over], pods),
            _first(deleted, pods),
        )


@dataclass(frozen=True)
class ClusterObservation:
    """The transitions of a run, of which the window [start, end] is measured; times in seconds."""

    log: TransitionLog
    start: float
    end: float

    @cached_property
    def pods(self) -> Lifetimes:
        """When each pod was made, given a node, deleted and over."""
        return Lifetimes.of(self.log)

    @cached_property
    def node_hours(self) -> Floats:
        """By node: hours of the window in which it was there, up or down."""
        rows = self.log.of_kind(Kind.NODE_EXISTS)
        joined = np.full(len(self.log.names["NODE"]), -np.inf)
        gone = np.full(len(joined), np.inf)
        for times, new in ((joined, 1), (gone, 0)):
            found = rows[rows[:, 4] == new]
            times[found[:, 2].astype(np.int64)] = found[:, 0]
        return self.seconds(joined, gone) / HOUR

    def seconds(self, begin: Floats, end: Floats) -> Floats:
        """How much of each stretch from `begin` to `end` lies in the window."""
        seconds: Floats = np.maximum(np.minimum(end, self.end) - np.maximum(begin, self.start), 0.0)
        return seconds

    def within(self, rows: Rows) -> Rows:
        """Those rows of the log that the window holds."""
        return rows[(rows[:, 0] > self.start) & (rows[:, 0] <= self.end)]


def _first(rows: Rows, pods: int) -> Floats:
    """By pod: the time of its first row."""
    times = np.full(pods, np.inf)
    times[rows[::-1, 2].astype(np.int64)] = rows[::-1, 0]
    return times

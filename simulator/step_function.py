"""Step functions of time: what is counted, and how long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats


@dataclass(frozen=True)
class StepFunction:
    """A quantity that is constant between changes: `values[i]` on [times[i], times[i+1]), the last one until `end`.

    `times` is strictly increasing and not empty; the function is defined on [times[0], end].
    """

    times: Floats
    values: Floats
    end: float

    def __post_init__(self) -> None:
        if len(self.times) == 0 or len(self.times) != len(self.values):
            raise ValueError("times and values must have the same length, at least 1")
        if (self.times[1:] <= self.times[:-1]).any() or self.end < self.times[-1]:
            raise ValueError("times must increase strictly and not lie beyond end")

    @classmethod
    def of_changes(cls, start: float, initial: float, changes: Floats, values: Floats, end: float) -> StepFunction:
        """From changes in order of time, which may repeat a time (the last counts) or a value (dropped).

        Changes at or before `start` give the initial value; those at or after `end` are left out.
        """
        first, last = int(np.searchsorted(changes, start, side="right")), int(np.searchsorted(changes, end))
        times = np.empty(max(last - first, 0) + 1)
        levels = np.empty(len(times))
        times[0], levels[0] = start, values[first - 1] if first else initial
        times[1:], levels[1:] = changes[first:last], values[first:last]
        last_of_time = np.empty(len(times), dtype=bool)
        last_of_time[-1] = True
        np.less(times[:-1], times[1:], out=last_of_time[:-1])
        times, levels = times[last_of_time], levels[last_of_time]
        changed = np.empty(len(times), dtype=bool)
        changed[0] = True
        np.not_equal(levels[1:], levels[:-1], out=changed[1:])
        return cls(times[changed], levels[changed], end)

    @property
    def start(self) -> float:
        """The left end of the domain."""
        return float(self.times[0])

    @property
    def duration(self) -> float:
        """Length of the domain, in seconds."""
        return self.end - self.start

    @property
    def widths(self) -> Floats:
        """Length of each constant piece, in seconds."""
        return lengths(self.times, self.end)

    def integral(self) -> float:
        """The area below it: the sum of value times seconds."""
        # Not a dot product: BLAS adds in another order with another number of threads.
        return float((self.widths * self.values).sum())

    def mean(self) -> float:
        """Time-weighted mean."""
        return self.integral() / self.duration

    def time_below(self, level: float) -> float:
        """Seconds during which the value is less than `level`."""
        return float(self.widths[self.values < level].sum())

    def fraction_at_least(self, level: float) -> float:
        """Share of the time during which the value is `level` or more."""
        return 1.0 - self.time_below(level) / self.duration

    def intervals_below(self, level: float) -> Floats:
        """The maximal intervals during which the value is less than `level`: shape (n, 2), start and end."""
        below = np.zeros(len(self.times) + 2, dtype=bool)
        np.less(self.values, level, out=below[1:-1])
        edges = np.flatnonzero(below[1:] != below[:-1])
        bounds = np.append(self.times, self.end)
        return bounds[edges].reshape(-1, 2)

    def at(self, times: Floats) -> Floats:
        """The values at the given times, all within [start, end]."""
        return self.values[self.times.searchsorted(times, side="right") - 1]

    def clip(self, start: float, end: float) -> StepFunction:
        """What remains of it on the smaller domain [start, end]; the value at `start` is the one that held there."""
        if (start, end) == (self.times[0], self.end):
            return self
        return StepFunction.of_changes(start, float(self.at(np.array([start]))[0]), self.times, self.values, end)

    def __add__(self, other: StepFunction) -> StepFunction:
        """The sum, of two functions with the same domain."""
        if (self.start, self.end) != (other.start, other.end):
            raise ValueError("only step functions with the same domain can be added")
        times = either(self.times, other.times)
        return StepFunction.of_changes(self.start, 0.0, times, self.at(times) + other.at(times), self.end)


def together(one: StepFunction, other: StepFunction) -> tuple[Floats, Floats, Floats]:
    """The beginnings of the pieces on which both are constant, and the values of each; of the same domain."""
    times = either(one.times, other.times)
    return times, one.at(times), other.at(times)


def either(one: Floats, other: Floats) -> Floats:
    """The times that are in either, in order, each once: np.union1d of few times, in less time."""
    times = np.concatenate((one, other))
    times.sort(kind="stable")
    first = np.empty(len(times), dtype=bool)
    first[0] = True
    np.not_equal(times[1:], times[:-1], out=first[1:])
    return times[first]


def lengths(times: Floats, end: float) -> Floats:
    """How long each piece is, in seconds, of those that begin at `times`; the last one until `end`."""
    found = np.empty(len(times))
    np.subtract(times[1:], times[:-1], out=found[:-1])
    found[-1] = end - times[-1]
    return found

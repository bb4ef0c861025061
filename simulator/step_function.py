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
        if np.any(np.diff(self.times) <= 0) or self.end < self.times[-1]:
            raise ValueError("times must increase strictly and not lie beyond end")

    @classmethod
    def of_changes(cls, start: float, initial: float, changes: Floats, values: Floats, end: float) -> StepFunction:
        """From changes in order of time, which may repeat a time (the last counts) or a value (dropped).

        Changes at or before `start` give the initial value; those at or after `end` are left out.
        """
        inside = (changes > start) & (changes < end)
        before = values[changes <= start]
        first = float(before[-1]) if len(before) else initial
        times = np.concatenate(([start], changes[inside]))
        levels = np.concatenate(([first], values[inside]))
        last_of_time = np.append(np.diff(times) > 0, True)
        times, levels = times[last_of_time], levels[last_of_time]
        changed = np.concatenate(([True], np.diff(levels) != 0))
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
        return np.diff(np.append(self.times, self.end))

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
        below = np.concatenate(([False], self.values < level, [False]))
        edges = np.flatnonzero(np.diff(below.astype(np.int8)))
        bounds = np.append(self.times, self.end)
        return bounds[edges].reshape(-1, 2)

    def at(self, times: Floats) -> Floats:
        """The values at the given times, all within [start, end]."""
        return self.values[np.searchsorted(self.times, times, side="right") - 1]

    def clip(self, start: float, end: float) -> StepFunction:
        """What remains of it on the smaller domain [start, end]; the value at `start` is the one that held there."""
        return StepFunction.of_changes(start, float(self.at(np.array([start]))[0]), self.times, self.values, end)

    def __add__(self, other: StepFunction) -> StepFunction:
        """The sum, of two functions with the same domain."""
        if (self.start, self.end) != (other.start, other.end):
            raise ValueError("only step functions with the same domain can be added")
        times = np.union1d(self.times, other.times)
        return StepFunction.of_changes(self.start, 0.0, times, self.at(times) + other.at(times), self.end)

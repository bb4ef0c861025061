"""Latencies of any number of requests in little memory."""

import math
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints
from simulator.traffic.requests.arrays import OCTAVES, STEPS

FIRST_OCTAVE = -32


def edges() -> Floats:
    """The bounds of the buckets in seconds, one more than there are buckets; 64 buckets double the latency."""
    octaves = np.exp2(np.arange(FIRST_OCTAVE, FIRST_OCTAVE + OCTAVES))
    steps = 1 + np.arange(STEPS) / STEPS
    return np.append(np.outer(octaves, steps).ravel(), np.exp2(FIRST_OCTAVE + OCTAVES))


@dataclass(frozen=True)
class Latencies:
    """How long requests took that were answered, from the first attempt on, in seconds."""

    counts: Ints
    """By bucket (`edges`)."""
    total: float
    worst: float

    @property
    def number(self) -> int:
        """Requests in all."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        """NaN if nothing was answered."""
        return self.total / self.number if self.number else math.nan

    def quantile(self, q: float) -> float:
        """The latency that the share `q` of requests keeps, to within 1.6 %; NaN if nothing was answered."""
        if not self.number:
            return math.nan
        cumulated = np.cumsum(self.counts)
        place = int(np.searchsorted(cumulated, max(1.0, q * self.number)))
        before = cumulated[place - 1] if place else 0
        low, high = edges()[place : place + 2].tolist()
        part = (q * self.number - before) / self.counts[place]
        return float(min(low + (high - low) * max(0.0, part), self.worst))

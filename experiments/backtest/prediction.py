"""One thing foretold, what happened instead, and how good that was beside two naive forecasts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from experiments.inference.scores import crps, interval, interval_score, pit
from models.arrays import Floats

AS_BEFORE = "as before"
"""The second half is as the first was, in proportion to its length: a number, without an interval."""
EXPONENTIAL = "exponential"
"""Exponential laws with the means of the first half, and nothing uncertain about them."""


@dataclass(frozen=True)
class Score:
    """What a forecast is worth by what happened; both in the unit of what is foretold, the smaller the better."""

    crps: float
    """Continuous ranked probability score."""
    interval: float
    """Width of the interval, and 2 / (1 - confidence) times by how much it misses."""


@dataclass(frozen=True)
class Prediction:
    """A predictive interval, and what happened."""

    of: str
    """"node availability", "node outages", "availability of web under as-shipped"."""
    quantity: Literal["availability", "number"]
    low: float
    median: float
    high: float
    confidence: float
    happened: float
    pit: float
    """The share of the forecast below what happened: near 0 or 1 if that was hardly foreseen."""
    score: Score
    naive: Mapping[str, Score]
    """By naive forecast."""

    @property
    def inside(self) -> bool:
        """Whether the interval holds what happened; errors of rounding aside."""
        slack = 1e-12 * max(abs(self.happened), 1.0)
        return self.low - slack <= self.happened <= self.high + slack


def prediction(
    of: str,
    quantity: Literal["availability", "number"],
    draws: Floats,
    happened: float,
    naive: Mapping[str, Floats],
    confidence: float,
) -> Prediction:
    """A forecast by draws, scored beside naive ones; of a single draw are those that have no interval."""
    low, high = interval(draws, confidence)
    scores = {name: _score(of_it, happened, confidence) for name, of_it in naive.items()}
    return Prediction(
        of,
        quantity,
        low,
        float(np.median(draws)),
        high,
        confidence,
        happened,
        pit(draws, happened),
        _score(draws, happened, confidence),
        scores,
    )


def _score(draws: Floats, happened: float, confidence: float) -> Score:
    low, high = interval(draws, confidence)
    return Score(crps(draws, happened), interval_score(low, high, happened, confidence))

"""Proper scores: what a forecast, given by equally likely draws, is worth once it is known what happened.

A score is proper if nobody can better it by foretelling anything but what they believe (Gneiting and Raftery, Strictly
Proper Scoring Rules, Prediction, and Estimation, JASA 102, 2007). All are in the unit of what is foretold, and the
smaller the better.
"""

import numpy as np

from models.arrays import Floats


def crps(draws: Floats, happened: float) -> float:
    """Continuous ranked probability score of the draws' distribution: E|X - y| - E|X - X'| / 2; of one draw |x - y|."""
    ordered, n = np.sort(draws), len(draws)
    apart = float((ordered * (2 * np.arange(1, n + 1) - n - 1)).sum()) * 2 / n**2
    return float(np.abs(ordered - happened).mean()) - apart / 2


def interval_score(low: float, high: float, happened: float, confidence: float) -> float:
    """Width of a central interval, and 2 / (1 - confidence) times by how much it misses what happened."""
    missed = max(low - happened, happened - high, 0.0)
    return high - low + 2 / (1 - confidence) * missed


def interval(draws: Floats, confidence: float) -> tuple[float, float]:
    """The central interval of the draws: its ends are draws, so counts stay whole."""
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2], method="inverted_cdf")
    return float(low), float(high)


def pit(draws: Floats, happened: float) -> float:
    """Probability integral transform: the share of the draws below what happened, half of those equal to it."""
    return float((draws < happened).mean() + (draws == happened).mean() / 2)

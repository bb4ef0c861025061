"""How many of the intervals held what happened, over several systems."""

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.backtest.backtest import Backtest
from experiments.backtest.prediction import Prediction


@dataclass(frozen=True)
class Coverage:
    """How often intervals held what happened, over systems, and what the scores come to."""

    of: str
    inside: int
    systems: int
    low: float
    """Of the share that they hold: interval of Clopper and Pearson (1934), as if systems were independent."""
    high: float
    better: dict[str, int]
    """By naive forecast: of how many systems the continuous ranked probability score is less than its."""


def coverages(backtests: Sequence[Backtest], confidence: float = 0.95) -> list[Coverage]:
    """What is foretold of every system -> how often that held, in the order of the first system."""
    by_name: dict[str, list[Prediction]] = {}
    for each in backtests:
        for prediction in each.predictions:
            by_name.setdefault(prediction.of, []).append(prediction)
    return [_coverage(of, found, confidence) for of, found in by_name.items() if len(found) == len(backtests)]


def _coverage(of: str, found: Sequence[Prediction], confidence: float) -> Coverage:
    inside, n = sum(prediction.inside for prediction in found), len(found)
    low, high = proportion(inside, n, confidence)
    better = {
        naive: sum(prediction.score.crps < prediction.naive[naive].crps for prediction in found)
        for naive in found[0].naive
    }
    return Coverage(of, inside, n, low, high, better)


def proportion(hits: int, n: int, confidence: float) -> tuple[float, float]:
    """The exact interval of a share of which `hits` of `n` were seen."""
    from scipy.special import betaincinv

    low = float(betaincinv(hits, n - hits + 1, (1 - confidence) / 2)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, (1 + confidence) / 2)) if hits < n else 1.0
    return low, high

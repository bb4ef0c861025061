"""Forecasts of the second half from the first: by fitted laws and all that is uncertain of them, and two naive ones."""

import math
from dataclasses import dataclass, replace

import numpy as np

from experiments.backtest import levels
from experiments.backtest.bootstrap import Laws, fitted, resampled
from experiments.backtest.halves import Downs, FirstHalf, Halves
from experiments.backtest.hazards import Hazards, hazards
from experiments.backtest.levels import STRETCHES
from experiments.backtest.second_half import Course, simulated
from experiments.backtest.unequal_nodes import multiples
from models.arrays import Floats
from models.distributions import Exponential
from simulator.streams import Streams

RESAMPLES = 20
PER_RESAMPLE = 60
DRAWS = RESAMPLES * PER_RESAMPLE
"""Second halves that are drawn."""


@dataclass(frozen=True)
class Forecast:
    """Second halves that may be, all equally likely."""

    laws: Laws
    """The likeliest of the first half."""
    downs: Downs
    draws: int = DRAWS


def forecast(halves: Halves, streams: Streams) -> Forecast:
    """Second halves by the laws of the first, with what is uncertain of them; see `experiments.backtest`."""
    first = halves.first
    rng = streams.stream("backtest/forecast")
    edges = _edges(halves)
    parts = []
    for number, laws in enumerate(resampled(first, RESAMPLES, streams.stream("backtest/bootstrap"))):
        up, repair = map(hazards, laws)
        course = _course(first, up, repair, len(edges) - 1, rng)
        drawn = simulated(first, edges, up, repair, course, _instant(first), rng)
        parts.append(replace(drawn, draw=drawn.draw + number * PER_RESAMPLE))
    return Forecast(fitted(first), _joined(parts))


def exponential(halves: Halves, streams: Streams) -> Forecast:
    """The forecast of textbooks: exponential laws with the means of the first half, and nothing unsure about them."""
    first = halves.first
    laws = (
        Exponential(max(float(first.up.length.sum()), 1.0) / first.failures),
        Exponential(max(float(first.down.length.sum()) / max(int(first.down.over.sum()), 1), 1.0)),
    )
    edges = np.array([first.end, halves.end])
    course = Course(np.ones((DRAWS, first.nodes)), np.ones((DRAWS, 1)), np.ones((DRAWS, 1)))
    rng = streams.stream("backtest/exponential")
    return Forecast(laws, simulated(first, edges, hazards(laws[0]), hazards(laws[1]), course, 0.0, rng))


def _course(first: FirstHalf, up: Hazards, repair: Hazards, stretches: int, rng: np.random.Generator) -> Course:
    """What draws meet: nodes that differ, and levels that wander, as the first half shows them beside these laws."""
    edges = np.linspace(first.start, first.end, STRETCHES + 1)
    failed = first.up.over & (first.up.length > 0)
    expected = np.diff(up.cumulative(np.clip(edges - first.up.begin[:, None], 0.0, first.up.length[:, None])), axis=1)
    by_node = np.bincount(first.up.node[failed], minlength=first.nodes).astype(np.float64)
    hazard: Floats = np.bincount(first.up.node, expected.sum(axis=1), minlength=first.nodes).astype(np.float64)
    counts = np.histogram(first.up.end[failed], edges)[0].astype(float)
    if not counts.any():  # only outages with which the observation begins, and no up-time before any
        counts[0] = first.failures
    scale = counts.sum() / expected.sum()
    rates = _multiples(levels.of_counts(counts, expected.sum(axis=0) * scale), stretches, rng) * scale
    mended = first.down.over & (first.down.length > 0)
    numbers = np.histogram(first.down.begin[mended], edges)[0].astype(float)
    above = np.log(first.down.length[mended]) - repair.log_mean
    sums = np.histogram(first.down.begin[mended], edges, weights=above)[0]
    own = levels.of_lengths(numbers, sums / np.maximum(numbers, 1.0), repair.log_variance)
    lengths = _multiples(own, stretches, rng)
    return Course(multiples(by_node, hazard, PER_RESAMPLE, rng), rates, lengths)


def _multiples(of: levels.Levels, stretches: int, rng: np.random.Generator) -> Floats:
    """Levels as factors, with the scatter about them (gamma, mean 1)."""
    level, scatter = of.draw(PER_RESAMPLE, stretches, rng)
    shape = np.where(scatter > 0, 1 / np.maximum(scatter, 1e-9) ** 2, 1.0)[:, None]
    about = rng.standard_gamma(np.broadcast_to(shape, level.shape)) / shape
    return np.asarray(np.exp(level) * np.where(scatter[:, None] > 0, about, 1.0))


def _edges(halves: Halves) -> Floats:
    """Where the stretches of the second half meet: as long as those of the first, or a little shorter."""
    stretch = halves.first.length / STRETCHES
    return np.linspace(halves.first.end, halves.end, max(math.ceil(halves.length / stretch - 1e-9), 1) + 1)


def _instant(first: FirstHalf) -> float:
    """The share of repairs that took no time."""
    return float((first.down.length[first.down.over] == 0).mean()) if first.down.over.any() else 0.0


def _joined(parts: list[Downs]) -> Downs:
    fields = ("draw", "node", "begin", "end", "new")
    return Downs(*(np.concatenate([getattr(part, field) for part in parts]) for field in fields))

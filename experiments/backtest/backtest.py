"""A backtest of one log: what the first half foretold of the second, and what happened."""

from dataclasses import dataclass

import numpy as np

from experiments.backtest.bootstrap import FEW_NODES, FEW_TIMES, Laws
from experiments.backtest.forecast import Forecast, exponential, forecast
from experiments.backtest.halves import Halves
from experiments.backtest.prediction import AS_BEFORE, EXPONENTIAL, Prediction, prediction
from experiments.inference.intervals import FEW_OUTAGES
from models.units import counted
from simulator.streams import Streams


@dataclass(frozen=True)
class Backtest:
    """What was foretold of the second half of a log."""

    name: str
    """Of the log, or of the system within it."""
    halves: Halves
    laws: Laws
    """Of up-times and repairs: the likeliest of the first half."""
    predictions: tuple[Prediction, ...]
    notes: tuple[str, ...]
    """What limits it, in sentences."""


@dataclass(frozen=True)
class Foretold:
    """The second half as it was foretold, and naively so."""

    own: Forecast
    naive: Forecast
    """With exponential laws."""


def foretold(halves: Halves, seed: int) -> Foretold:
    """Both forecasts of the second half; the same seed, the same draws."""
    streams = Streams(seed, 0)
    return Foretold(forecast(halves, streams), exponential(halves, streams))


def backtest(name: str, halves: Halves, of: Foretold, confidence: float) -> Backtest:
    """What was foretold of the nodes, and what happened to them."""
    first, own, naive = halves.first, of.own, of.naive
    as_before = first.failures * halves.length / first.length
    outages = prediction(
        "node outages",
        "number",
        own.downs.counts(own.draws),
        float(halves.happened.counts(1)[0]),
        {AS_BEFORE: np.array([as_before]), EXPONENTIAL: naive.downs.counts(naive.draws)},
        confidence,
    )
    fleet = first.nodes, halves.length
    availability = prediction(
        "node availability",
        "availability",
        own.downs.availabilities(own.draws, *fleet),
        float(halves.happened.availabilities(1, *fleet)[0]),
        {AS_BEFORE: np.array([first.availability]), EXPONENTIAL: naive.downs.availabilities(naive.draws, *fleet)},
        confidence,
    )
    return Backtest(name, halves, own.laws, (availability, outages), tuple(_notes(halves)))


def _notes(halves: Halves) -> list[str]:
    first, notes = halves.first, []
    seen = counted(first.failures, "outage")
    if first.failures < FEW_TIMES:
        notes.append(
            f"{seen} before the split cannot tell one law from another: up-times are taken as exponential, repairs as "
            "lognormal with the spread that repairs mostly have, and the intervals are wide because hardly anything is "
            "known"
        )
    elif first.failures < FEW_OUTAGES:
        notes.append(f"{seen} before the split are few: the intervals rest on laws that they hardly tell apart")
    with_outages = len(np.unique(first.down.node))
    if first.failures >= FEW_TIMES and with_outages < FEW_NODES:
        notes.append(
            f"only {counted(with_outages, 'node')} had outages before the split: how much nodes differ is hardly seen"
        )
    if halves.united:
        notes.append(
            f"{counted(halves.united, 'outage')} overlapping or touching an earlier one of the same node counted as a "
            "part of it"
        )
    if first.nodes == len(first.names):
        notes.append(
            "nodes that never failed are not in the log: if there are any, say with --nodes how many there are in all"
        )
    return notes

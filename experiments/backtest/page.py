"""What `kubenines backtest` found: for people, as JSON, as a table for a document."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from experiments.backtest.backtest import Backtest
from experiments.backtest.coverage import Coverage, coverages
from experiments.backtest.prediction import AS_BEFORE, EXPONENTIAL, Prediction, Score
from experiments.fitting.page import FIELDS, as_instant
from experiments.inference.estimate import show_seconds
from experiments.inference.intervals import FEW_OUTAGES
from experiments.report.table import Column, Table
from models.distributions import Distribution
from models.units import counted

WHAT = Column("FORETOLD", "what is foretold of the second half", "name")
SYSTEM = Column("SYSTEM", "a log, or one of its systems", "name")
COLUMNS = (
    Column("CI", "predictive interval", "share"),
    Column("MEDIAN", "of the forecast"),
    Column("HAPPENED", "in the second half"),
    Column("INSIDE", "whether the interval holds it", "words"),
    Column("PIT", "share of the forecast below what happened"),
    Column("CRPS", "continuous ranked probability score: the smaller the better"),
    Column("AS BEFORE", "CRPS of the naive forecast that the second half is as the first"),
    Column("EXPONENTIAL", "CRPS of exponential laws with the means of the first half"),
)


def lines(backtests: Sequence[Backtest]) -> list[str]:
    """A single log with its predictions, laws and notes; several in a table, and how often intervals held."""
    if len(backtests) == 1:
        return _one(backtests[0])
    said = []
    for of in dict.fromkeys(prediction.of for each in backtests for prediction in each.predictions):
        rows = [(each.name, prediction) for each in backtests for prediction in each.predictions if prediction.of == of]
        table = Table((SYSTEM, *COLUMNS), tuple((name, *_row(one)) for name, one in rows), rows[0][1].confidence)
        said += [f"{of}:", *(f"  {line}" for line in table.lines()), ""]
    said += [held(each) for each in coverages(backtests)]
    few = [each.name for each in backtests if each.halves.first.failures < FEW_OUTAGES]
    if few:
        said.append(f"note: fewer than {FEW_OUTAGES} outages before the split, so intervals are wide: {', '.join(few)}")
    return said


def _one(of: Backtest) -> list[str]:
    first, halves = of.halves.first, of.halves
    table = Table((WHAT, *COLUMNS), tuple((one.of, *_row(one)) for one in of.predictions), of.predictions[0].confidence)
    return [
        f"{of.name}: {counted(first.nodes, 'node')}; fitted to {counted(first.failures, 'outage')} from "
        f"{as_instant(first.start)} to {as_instant(first.end)}, foretold until {as_instant(halves.end)} "
        f"({show_seconds(halves.length)})",
        *(f"note: {note}" for note in of.notes),
        *(f"{field}: {law}" for field, law in _laws(of).items()),
        "",
        *table.lines(),
    ]


def _laws(of: Backtest) -> dict[str, str]:
    """The likeliest laws of the first half, as an experiment file says them."""
    return {field: f"{{{', '.join(_written(law))}}}" for field, law in zip(FIELDS, of.laws, strict=True)}


def _written(law: Distribution) -> Iterator[str]:
    for key, value in _parameters(law).items():
        if key in ("mean", "scale", "median"):
            yield f"{key}: {value / 3600:.4g}h"
        else:
            yield f"{key}: {value if key == 'kind' else f'{value:.4g}'}"


def _parameters(law: Distribution) -> dict[str, Any]:
    return {"kind": type(law).__name__.lower(), **asdict(law)}  # type: ignore[call-overload]


def _row(one: Prediction) -> tuple[str, ...]:
    return (
        f"[{_shown(one, one.low)}, {_shown(one, one.high)}]",
        _shown(one, one.median),
        _shown(one, one.happened),
        "yes" if one.inside else "no",
        f"{one.pit:.2f}",
        *(_score(one, score) for score in (one.score, one.naive[AS_BEFORE], one.naive[EXPONENTIAL])),
    )


def _shown(one: Prediction, value: float) -> str:
    """A number, or an availability in percent with as many decimals as the interval deserves."""
    if one.quantity == "number":
        return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
    width = max(one.high - one.low, 1e-9)
    decimals = min(max(1 - math.floor(math.log10(width * 100)), 1), 9)
    text = f"{value * 100:.{decimals}f}"
    return (
        text
        if value == 1 or float(text) < 100
        else f"{math.floor(value * 100 * 10**decimals) / 10**decimals:.{decimals}f}"
    )


def _score(one: Prediction, score: Score) -> str:
    return f"{score.crps:.3g}" if one.quantity == "number" else f"{score.crps * 100:.2g}"


def held(of: Coverage) -> str:
    """How many of the intervals hold, and how the forecast does beside the naive ones: a sentence."""
    better = ", ".join(f"{naive!r} in {count}" for naive, count in of.better.items())
    return (
        f"{of.of}: {of.inside} of {of.systems} intervals hold what happened: {of.inside / of.systems:.0%} "
        f"[{of.low:.0%}, {of.high:.0%}]; CRPS less than that of {better}"
    )


def as_json(backtests: Sequence[Backtest]) -> dict[str, Any]:
    """Backtests as plain JSON values, for programs; times in seconds, availabilities as shares."""
    return {
        "backtests": [
            {
                "name": each.name,
                "nodes": each.halves.first.nodes,
                "start": each.halves.first.start,
                "split": each.halves.first.end,
                "end": each.halves.end,
                "fittedTo": each.halves.first.failures,
                "laws": dict(zip(FIELDS, map(_parameters, each.laws), strict=True)),
                "predictions": [_plain(one) for one in each.predictions],
                "notes": list(each.notes),
            }
            for each in backtests
        ],
        "coverage": [
            {
                "of": each.of,
                "inside": each.inside,
                "systems": each.systems,
                "low": each.low,
                "high": each.high,
                "better": {_key(naive): count for naive, count in each.better.items()},
            }
            for each in coverages(backtests)
        ],
    }


def _plain(one: Prediction) -> dict[str, Any]:
    return {
        "of": one.of,
        "quantity": one.quantity,
        "low": one.low,
        "median": one.median,
        "high": one.high,
        "confidence": one.confidence,
        "happened": one.happened,
        "inside": one.inside,
        "pit": one.pit,
        "score": _scored(one.score),
        "naive": {_key(name): _scored(score) for name, score in one.naive.items()},
    }


def _scored(score: Score) -> dict[str, float]:
    return {"crps": score.crps, "interval": score.interval}


def _key(naive: str) -> str:
    return {AS_BEFORE: "asBefore", EXPONENTIAL: "exponential"}[naive]


_SCORES = ("happened", "inside", "PIT", "CRPS", "as before", "exponential")


def markdown(backtests: Sequence[Backtest]) -> Iterator[str]:
    """A table for a document, a line each: of every system the outages and the availability of its nodes."""
    sure = f"{backtests[0].predictions[0].confidence * 100:g} %"
    columns = ["system", "nodes", "fitted to", f"outages, {sure}", *_SCORES, f"availability, {sure}", *_SCORES]
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for each in backtests:
        cells = [each.name, f"{each.halves.first.nodes:,}", f"{each.halves.first.failures:,}"]
        for one in sorted(each.predictions[:2], key=lambda one: one.quantity, reverse=True):
            interval, _, *others = _row(one)
            cells += [interval, *others]
        yield f"| {' | '.join(cells)} |"

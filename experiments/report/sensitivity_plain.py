"""A study of uncertain inputs as plain values, for other programs; `docs/json.md` documents the shape."""

from typing import Any

from experiments.design.sensitivity import QUANTILES
from experiments.findings.sensitivity import Influence, Sensitivity
from experiments.findings.tornado import Bar, Side
from experiments.inference.comparison import Comparison
from experiments.inference.intervals import Interval
from experiments.report import sensitivity
from experiments.report.plain import estimated, number


def study(found: Sensitivity, exit_code: int) -> dict[str, Any]:
    """What `sensitivity` prints: a row per Service and policy, downtimes in seconds a year."""
    m = found.manifest
    told = m.sensitivity or {}
    return {
        "apiVersion": "kubenines/v1",
        "kind": "Sensitivity",
        "experiment": m.name,
        "policies": found.policies,
        "services": found.services,
        "inputs": told["inputs"],
        "quantiles": list(QUANTILES),
        "replications": found.replications,
        "rows": found.rows,
        "perPoint": found.per_point,
        "runs": {"done": m.counts.get("cells", 0) - found.failed, "failed": found.failed},
        "duration": m.duration,
        "warmup": m.warmup,
        "seed": m.seed,
        "confidence": m.confidence,
        "results": [_influence(of, found) for of in found.influences()],
        "notes": list(sensitivity.notes(found)),
        "path": None if found.path is None else str(found.path),
        "exitCode": exit_code,
    }


def _influence(of: Influence, found: Sensitivity) -> dict[str, Any]:
    split, indices = of.split, of.indices
    shares = zip(of.inputs, indices.first, indices.total, strict=True)
    return {
        "service": of.service,
        "policy": of.policy,
        "middle": estimated(of.tornado.middle),
        "tornado": [_bar(bar) for bar in of.tornado.bars],
        "indicesKnown": indices.known,
        "indices": [
            {"input": name, "first": _interval(first), "total": _interval(total)} for name, first, total in shares
        ],
        "uncertainty": {
            "downtimePerYear": _interval(split.answer),
            "input": _interval(split.input),
            "sampling": _interval(split.sampling),
            "both": number(split.both),
            "inputShare": _interval(split.share),
            "inputEstimatedNegative": split.negative,
            "enoughReplications": split.enough,
            "ranges": {name: list(map(number, ends)) for name, ends in split.ranges(of.confidence).items()},
        },
        "objectives": [
            {"downtimePerYearAtMost": most, "metFor": _interval(chance)} for most, chance in found.chances(of).items()
        ],
    }


def _bar(bar: Bar) -> dict[str, Any]:
    return {"input": bar.name, "low": _side(bar.low), "high": _side(bar.high), "swing": _compared(bar.swing)}


def _side(side: Side) -> dict[str, Any]:
    told = {"value": side.value, "downtimePerYear": estimated(side.downtime)}
    return told | {"againstMiddle": _compared(side.against)}


def _compared(of: Comparison | None) -> dict[str, Any] | None:
    if of is None:
        return None
    return {
        "difference": estimated(of.difference),
        "p": number(of.adjusted),
        "resolved": of.resolved,
        "correlation": number(of.correlation),
        "outages": of.outages,
    }


def _interval(of: Interval) -> dict[str, Any]:
    return {"value": number(of.value), "low": number(of.low), "high": number(of.high), "method": of.method}

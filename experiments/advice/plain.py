"""Advice as plain values: `--format json`, and advice.json. `docs/json.md` documents the shape."""

from typing import Any

from experiments.advice.advice import Advice
from experiments.advice.pasting import policies
from experiments.advice.standing import Standing
from experiments.inference.intervals import Interval
from experiments.report.plain import number


def plain(advice: Advice) -> dict[str, Any]:
    """The advice, the best mend first."""
    m = advice.findings.manifest
    return {
        "apiVersion": "kubenines/v1",
        "kind": "Advice",
        "experiment": m.name,
        "policy": advice.policy,
        "controlPlane": advice.control_plane,
        "verdict": advice.verdict,
        "replications": m.replications,
        "confidence": m.confidence,
        "lostPerYear": number(advice.lost),
        "services": [
            {"name": name, "weight": weight, "by": "requests" if name in advice.yardstick.by_requests else "time"}
            for name, weight in advice.yardstick.weights.items()
        ],
        "mends": [_standing(advice, of) for of in advice.standings],
        "notTried": [{"name": of.name, "change": of.words, "why": of.why} for of in advice.refused],
        "exitCode": advice.exit_code,
    }


def _standing(advice: Advice, of: Standing) -> dict[str, Any]:
    return {
        "name": of.name,
        "change": of.tried.words,
        "because": of.tried.because,
        "state": of.state,
        "savedPerYear": _interval(of.saved),
        "lostPerYear": number(of.lost),
        "share": number(of.share),
        "byService": {name: _interval(saved) for name, saved in of.by_service.items()},
        "nodeHoursPerYear": of.node_hours,
        "podHoursPerYear": of.pod_hours,
        "pValue": number(of.p),
        "outages": of.outages,
        "policies": policies(advice, of.tried),
        "manifests": of.tried.manifests(),
        "elsewhere": of.tried.elsewhere,
        "error": of.error,
    }


def _interval(of: Interval) -> dict[str, Any]:
    return {"value": number(of.value), "low": number(of.low), "high": number(of.high), "method": of.method}

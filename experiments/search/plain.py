"""What a search found as plain values: `--format json`, and search.json. `docs/json.md` documents the shape."""

from typing import Any

from experiments.report.plain import estimated, judgement, number
from experiments.search.outcome import Outcome, Standing


def plain(outcome: Outcome) -> dict[str, Any]:
    """The outcome, its candidates from the cheapest on."""
    return {
        "apiVersion": "kubenines/v1",
        "kind": "Search",
        "experiment": outcome.experiment,
        "verdict": outcome.verdict,
        "cheapest": None if outcome.cheapest is None else outcome.cheapest.name,
        "cost": outcome.cost.words,
        "confidence": outcome.confidence,
        "replications": outcome.replications,
        "atMost": outcome.at_most,
        "grid": outcome.grid,
        "candidates": [_standing(standing) for standing in outcome.standings],
        "exitCode": outcome.exit_code,
    }


def _standing(of: Standing) -> dict[str, Any]:
    ends = {"value": of.cost.value, "low": of.cost.low, "high": of.cost.high}
    return {
        "name": of.name,
        "policy": of.policy,
        "values": dict(of.values),
        "state": of.state,
        "replications": of.replications,
        "costPerYear": {name: number(end) for name, end in ends.items()} | {"method": of.cost.method},
        "objectives": [judgement(one) for one in of.judgements],
        "downtimePerYear": {service: estimated(one) for service, one in (of.downtimes or {}).items()},
        "error": of.error,
    }

"""Findings as plain values, for other programs: what `--format json` prints. `docs/json.md` documents the shape.

Times are in seconds, moments and lengths alike; shares are between 0 and 1. What is not known, or has no bound, is
null. Keys are only ever added: what stands here keeps its name and meaning.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from experiments.findings import budgets
from experiments.findings.breakdown import Part
from experiments.findings.contradiction import contradiction
from experiments.findings.disruptions import Disrupted, Spread
from experiments.findings.findings import Findings
from experiments.findings.judgement import Judgement
from experiments.findings.levers import savings
from experiments.findings.operations import Operated, operated
from experiments.findings.rollouts import RolledOut, rolled_out
from experiments.inference import estimate
from experiments.inference.estimate import Estimate
from experiments.inference.yearly import order_statistics
from experiments.report import difference, remarks
from experiments.report.disruptions import found
from experiments.report.table import legend
from models.arrays import Floats
from models.units import parse_duration, parse_percent

UNITS = {
    "availability": "share",
    "unavailability": "share",
    "nines": "nines",
    "downtime": "seconds a year",
    "rate": "a year",
    "difference": "seconds a year",
    "chance": "share",
    "time": "seconds",
}
"""Of the value and the bounds of an estimate, by its quantity."""


def text(values: Mapping[str, Any]) -> str:
    """The values as JSON."""
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)


def summary(findings: Findings) -> dict[str, Any]:
    """What `run` and `show` print: a row per Service and policy, objectives, operations, and what limits them."""
    return headed(findings, "Findings") | {
        "rows": [_row(findings, service, policy) for service in findings.services for policy in findings.policies],
        "objectives": [judgement(of) for of in findings.objectives],
        "operations": [_operated(of) for of in operated(findings.operations, findings.policies)],
        "rollouts": [_rolled_out(name, of) for name in findings.services for of in rolled_out(findings, name)],
        "errorBudgets": [
            budget
            for service in findings.services
            for policy in findings.policies
            if (budget := _error_budget(findings, service, policy))
        ],
        "notes": remarks.notes(findings),
        "notRead": [one.to_json() for one in findings.named],
        "path": None if findings.path is None else str(findings.path),
        "exitCode": findings.verdict(),
    }


def comparison(findings: Findings, baseline: str | None = None) -> dict[str, Any]:
    """What `compare` prints: the policies at each Service, least downtime first, against the baseline."""
    ranked = {service: findings.ranked(service) for service in findings.services}
    return headed(findings, "Comparison") | {
        "baseline": baseline or findings.baseline,
        "rankings": [
            {
                "service": service,
                "ranking": [
                    {
                        "policy": policy,
                        "group": ranking.letters[policy],
                        "downtimePerYear": estimated(downtime),
                        "outages": ranking.outages[policy],
                        "comparison": _against(findings, service, policy, baseline),
                    }
                    for policy, downtime in ranking.downtimes.items()
                ],
                "sentences": list(ranking.sentences()),
            }
            for service, ranking in ranked.items()
        ],
        "notes": [*filter(None, [legend(findings, baseline)]), *difference.remarks(findings, baseline)],
    }


def attribution(findings: Findings) -> dict[str, Any]:
    """What `why` prints: the downtime of each Service under each policy by cause and stage, and what would save it."""
    pairs = [(service, policy) for service in findings.services for policy in findings.policies]
    return headed(findings, "Attribution") | {
        "rows": [{"service": s, "policy": p, **_taken_apart(findings, s, p)} for s, p in pairs]
    }


def disruptions(findings: Findings) -> dict[str, Any]:
    """What `show --disruptions` prints: by what struck, how long recovery took and what was lost."""
    return headed(findings, "Disruptions") | {
        "rows": [_disrupted(of) for of in found(findings)],
        "objectives": [judgement(of) for of in findings.objectives if of.disruption is not None],
    }


def _disrupted(of: Disrupted) -> dict[str, Any]:
    return {
        "service": of.service,
        "kind": of.kind,
        "cause": of.cause,
        "policy": of.policy,
        "strikes": of.strikes,
        "disruptions": of.times,
        "recovery": _spread(of.recovery),
        "notOver": of.not_over,
        "lost": _spread(of.lost),
        "missingReplicaSeconds": _spread(of.replica_seconds),
        "beside": of.beside,
    }


def _spread(of: Spread | None) -> dict[str, float] | None:
    return None if of is None else {"median": of.half, "of95Percent": of.most, "worst": of.worst}


def estimated(of: Estimate) -> dict[str, Any]:
    """An estimate: its value (null where only a bound is known), its bounds, and what it rests on."""
    return {
        "value": number(of.value),
        "low": number(of.low),
        "high": number(of.high),
        "unit": UNITS[of.quantity],
        "confidence": of.confidence,
        "replications": of.n,
        "method": of.method,
    }


def number(of: float) -> float | None:
    """A number as JSON has it: null if it is unknown or infinite."""
    return float(of) if math.isfinite(of) else None


def headed(findings: Findings, kind: str) -> dict[str, Any]:
    """What every object about findings begins with."""
    m = findings.manifest
    return {
        "apiVersion": "kubenines/v1",
        "kind": kind,
        "experiment": m.name,
        "policies": findings.policies,
        "services": findings.services,
        "baseline": findings.baseline,
        "replications": m.replications,
        "runs": {"done": len(findings.cells) - len(findings.failed), "failed": len(findings.failed)},
        "duration": m.duration,
        "warmup": m.warmup,
        "seed": m.seed,
        "confidence": m.confidence,
    }


def _row(findings: Findings, service: str, policy: str) -> dict[str, Any]:
    availability = findings.availability(service, policy)
    requests = findings.request_availability(service, policy)
    return {
        "service": service,
        "policy": policy,
        "availability": estimated(availability),
        "unavailability": estimated(estimate.unavailability(availability)),
        "nines": estimated(estimate.nines(availability)),
        "downtimePerYear": estimated(estimate.downtime_per_year(availability)),
        "outagesPerYear": estimated(findings.outage_rate(service, policy)),
        "outages": len(findings.sample(service, policy).lengths),
        "requestAvailability": None if requests is None else estimated(requests),
        "rareOutages": _rare(findings, service, policy),
        "comparison": _against(findings, service, policy, None),
    }


def _rare(findings: Findings, service: str, policy: str) -> dict[str, Any] | None:
    choice, rare = findings.rare.choice(service, policy), findings.rare.of(service, policy)
    if choice is None:
        return None
    return {
        "method": choice.method,
        "why": choice.why,
        "gain": choice.gain,
        "replications": len(rare.replications) if rare else 0,
        "degradedPeriods": rare.excursions if rare else 0,
        "withOutage": rare.hits if rare else 0,
        "begun": dict(rare.begun) if rare else None,
        "missing": _ends(rare.missing.value, rare.missing.low, rare.missing.high) if rare else None,
        "independent": _ends(*rare.independent) if rare and rare.independent else None,
        "complaints": rare.diagnostics.complaints if rare else [],
    }


def _ends(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}


def _against(findings: Findings, service: str, policy: str, baseline: str | None) -> dict[str, Any] | None:
    against = findings.comparison(service, policy, baseline)
    if against is None:
        return None
    contradicted = contradiction(findings, service, policy, baseline)
    return {
        "baseline": baseline or findings.baseline,
        "difference": estimated(against.difference),
        "p": against.p,
        "adjustedP": against.adjusted,
        "resolved": against.resolved,
        "stars": against.stars,
        "correlation": number(against.correlation),
        "outages": against.outages,
        "differing": against.differing,
        "paired": against.paired,
        "contradiction": None if contradicted is None else asdict(contradicted),
    }


def judgement(of: Judgement) -> dict[str, Any]:
    """An objective under one policy: what was asked for, what was found, and the verdict."""
    return {
        "service": of.service,
        "policy": of.policy,
        "metric": of.metric,
        "limit": of.limit,
        "objective": of.objective,
        "found": estimated(of.found),
        "verdict": of.verdict,
        "moreReplications": of.more,
        "disruption": of.disruption,
    }


def _operated(of: Operated) -> dict[str, Any]:
    return {
        "operation": of.operation,
        "policy": of.policy,
        "asked": of.asked,
        "begun": of.begun,
        "done": of.done,
        "givenUp": of.given_up,
        "replaced": of.replaced,
        "rolledBack": of.rolled_back,
        "unfinished": of.unfinished,
        "medianTime": of.took[0] if of.took else None,
        "timeOf95Percent": of.took[1] if of.took else None,
        "evicted": of.evicted,
        "refused": of.refused,
        "lastRefusal": of.last_refusal,
    }


def _rolled_out(service: str, of: RolledOut) -> dict[str, Any]:
    return {
        "service": service,
        "policy": of.policy,
        "begun": of.begun,
        "perYear": of.per_year,
        "complete": of.complete,
        "stuck": of.stuck,
        "replaced": of.replaced,
        "medianTime": of.took[0] if of.took else None,
        "timeOf95Percent": of.took[1] if of.took else None,
        "fewestAnswering": of.fewest_answering,
        "podsLacking": of.pods_lacking,
    }


def _error_budget(findings: Findings, service: str, policy: str) -> dict[str, Any] | None:
    """None if nothing was promised of the Service."""
    last, worst = (budgets.spent(findings, f"{of}budget_spent", service, policy) for of in ("", "worst_"))
    promised = budgets.slo(findings, service)
    if len(worst) == 0 or promised is None:
        return None
    return {
        "service": service,
        "policy": policy,
        "target": parse_percent(promised["objective"]),
        "period": parse_duration(promised["period"]),
        "lastPeriod": _spent(last, findings.manifest.confidence),
        "worstPeriod": _spent(worst, findings.manifest.confidence),
        "overspent": int((worst > 1).sum()),
        "alertsPerYear": estimated(budgets.alert_rate(findings, service, policy)),
        "alertDelay": number(budgets.alert_delay(findings, service, policy)),
    }


def _spent(shares: Floats, confidence: float) -> dict[str, Any]:
    """Within which share of the budget half, and 95 %, of the runs stayed."""
    half, most = (order_statistics(shares, share, confidence)[0] for share in (0.5, 0.95))
    return {"median": number(half), "of95Percent": number(most)}


def _taken_apart(findings: Findings, service: str, policy: str) -> dict[str, Any]:
    parts = findings.parts(service, policy)
    down = findings.sample(service, policy).downtimes.sum() > 0
    total = math.fsum(part.per_year for part in parts)
    return {
        "downtimePerYear": total if parts or not down else None,
        "parts": _parts(parts, total, findings.manifest.confidence),
        "savings": [
            {
                "lever": saving.lever.name,
                "stage": None if saving.lever.stage is None else str(saving.lever.stage),
                "secondsPerYear": saving.per_year,
                "share": saving.share,
            }
            for saving in savings(parts)
        ],
    }


def _parts(parts: Sequence[Part], total: float, confidence: float) -> list[dict[str, Any]]:
    return [
        {
            "cause": part.cause,
            "stage": str(part.stage),
            "downtimePerYear": estimated(part.estimate(confidence)),
            "share": part.per_year / total,
            "outages": len(part.lengths),
        }
        for part in parts
    ]

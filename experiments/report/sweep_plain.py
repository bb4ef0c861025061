"""A sweep as plain values, for other programs: what `--format json` prints. `docs/json.md` documents the shape."""

from typing import Any

from experiments.findings.sweep import SweepFindings
from experiments.report.plain import estimated, judgement
from experiments.report.sweep import remarks


def sweep(findings: SweepFindings, service: str | None = None, policy: str | None = None) -> dict[str, Any]:
    """What `run` and `show` print of a sweep: axes, a row per point, Service and policy, objectives by point."""
    m = findings.manifest
    assert m.sweep is not None
    labels = findings.points["label"].tolist()
    points = zip(*(findings.points[name].tolist() for name in ("point", "label", "status", "error")), strict=True)
    return {
        "apiVersion": "kubenines/v1",
        "kind": "SweepFindings",
        "experiment": m.name,
        "mode": m.sweep["mode"],
        "axes": m.sweep["axes"],
        "services": [service] if service else findings.services,
        "policies": [policy] if policy else findings.policies,
        "baseline": findings.policies[0],
        "replications": m.replications,
        "duration": m.duration,
        "seed": m.seed,
        "confidence": m.confidence,
        "status": m.status,
        "points": [
            {"point": number, "label": label, "status": status} | ({"error": error} if error else {})
            for number, label, status, error in points
        ],
        "rows": [
            {
                "point": row.point,
                "label": labels[row.point],
                "values": dict(zip(findings.axes, row.values, strict=True)),
                "service": row.service,
                "policy": row.policy,
                "availability": estimated(row.estimates["availability"]),
                "nines": estimated(row.estimates["nines"]),
                "downtimePerYear": estimated(row.estimates["downtime_s_per_year"]),
                "outagesPerYear": estimated(row.estimates["outages_per_year"]),
            }
            for row in findings.rows(service, policy)
        ],
        "objectives": [{"point": label} | judgement(of) for label, of in findings.objectives],
        "notes": remarks(findings),
        "path": str(findings.path),
        "exitCode": findings.verdict(),
    }

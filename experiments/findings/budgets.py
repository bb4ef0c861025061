"""Error budgets of Services with an SLO: what was promised, what of it was spent, and the alerts on it."""

from typing import Any

import numpy as np

from experiments.design.goal import Slo, entry_of
from experiments.file.service import SloFile
from experiments.findings.findings import Findings
from experiments.findings.pairs import of_pair
from experiments.inference import estimate
from experiments.inference.estimate import Estimate
from models.arrays import Floats


def alert_rate(findings: "Findings", service: str, policy: str) -> Estimate:
    """Burn-rate alerts that fire, a year."""
    runs = of_pair(findings.runs, service, policy)
    counts, windows = runs["alerts"].to_numpy(), runs["window_s"].to_numpy()
    return estimate.outages_per_year(counts, windows, findings.manifest.confidence)


def alert_delay(findings: "Findings", service: str, policy: str) -> float:
    """Mean seconds from the start of an outage to its first alert, over the runs with one; NaN if there was none."""
    return float(of_pair(findings.runs, service, policy)["alert_delay_s"].mean())


def slo(findings: "Findings", service: str) -> dict[str, Any] | None:
    """What was promised of a Service, as the experiment says it; a Service with its calls has its own promise."""
    goals = (findings.resolved or {}).get("spec", {}).get("services", ())
    promises = {goal["name"]: goal.get("slo") for goal in goals}
    return promises.get(entry_of(service))


def promise(findings: "Findings", service: str) -> Slo | None:
    """What was promised of a Service as a value, with its error budget; None if nothing was."""
    said = slo(findings, service)
    if said is None:
        return None
    read = SloFile.model_validate(said)
    return Slo(read.objective, read.period)


def spent(findings: "Findings", column: str, service: str, policy: str) -> Floats:
    """Share of the budget, per replication; none without an SLO."""
    shares: Floats = of_pair(findings.runs, service, policy)[column].to_numpy()
    return shares[np.isfinite(shares)]

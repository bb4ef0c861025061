"""Replicas: how many a Service has under a policy, how often one is missing, and what that would come to alone."""

from dataclasses import dataclass

import numpy as np

from experiments.closed_form import fewer_than
from experiments.design.goal import Predicate, needed
from experiments.file.resolve import measured
from experiments.findings.findings import Findings
from experiments.findings.pairs import of_pair
from models.input.problems import Refusal


@dataclass(frozen=True)
class Replicas:
    """The replicas of a Service under a policy."""

    desired: float
    """How many, on average over the time measured in all replications."""
    missing: float
    """The share of them that was missing on average: desired, and not able to answer."""


def replicas(findings: Findings, service: str, policy: str) -> Replicas:
    """What is known of the replicas of a Service under a policy; `Refusal` if their number was not measured."""
    runs = of_pair(findings.runs, service, policy)
    if "mean_desired" in runs:
        runs = runs[["mean_desired", "mean_missing", "window_s"]].dropna()
    if runs.empty or "mean_desired" not in runs:
        raise Refusal(
            f"how many replicas {service} has under {policy} is not known: no replication measured it; run the "
            "experiment again with --fresh"
        )
    desired, missing = (np.average(runs[of], weights=runs["window_s"]) for of in ("mean_desired", "mean_missing"))
    return Replicas(float(desired), float(missing / desired) if desired else 0.0)


def independent(findings: Findings, service: str, count: int, missing: float) -> float | None:
    """The unavailability if each of `count` replicas were missing for this share of the time, independently.

    None for what is not judged by its own replicas alone.
    """
    predicate = _predicate(findings, service)
    return None if predicate is None or count < 1 else fewer_than(needed(predicate, count), count, missing)


def _predicate(findings: Findings, service: str) -> Predicate | None:
    spec = (findings.resolved or {}).get("spec", {})
    goals = measured(findings.resolved) if "services" in spec else ()
    return next((goal.predicate for goal in goals if goal.name == service), None)

"""What became of the rollouts behind each Service."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.units import YEAR

if TYPE_CHECKING:
    from experiments.findings.findings import Findings


@dataclass(frozen=True)
class RolledOut:
    """The rollouts behind one Service under one policy, over all replications."""

    policy: str
    begun: int
    per_year: float
    complete: int
    stuck: int
    replaced: int
    """Not complete when the next one took over."""
    took: tuple[float, float] | None
    """Seconds within which half, and 95 %, of the complete ones were complete; None if none was."""
    fewest_answering: int
    """The fewest endpoints that answered during any of them."""
    pods_lacking: float | None
    """Endpoints that answer fewer than the desired replicas, mean over the time of rollouts; None if they took none."""


def rolled_out(findings: "Findings", service: str) -> Iterator[RolledOut]:
    """The rollouts behind a Service, for each policy that has any."""
    behind = findings.rollouts.loc[findings.rollouts["service"] == service]
    for policy in findings.policies:
        rows = behind.loc[behind["policy"] == policy]
        if not len(rows):
            continue
        took = rows["end_s"] - rows["start_s"]
        complete = took.loc[rows["outcome"] == "complete"]
        yield RolledOut(
            policy,
            begun=len(rows),
            per_year=len(rows) / float(findings.sample(service, policy).windows.sum()) * YEAR,
            complete=len(complete),
            stuck=int((rows["outcome"] == "stuck").sum()),
            replaced=int((rows["outcome"] == "replaced").sum()),
            took=(float(complete.median()), float(complete.quantile(0.95))) if len(complete) else None,
            fewest_answering=int(rows["min_answering"].min()),
            pods_lacking=float(rows["lost_pod_s"].sum() / took.sum()) if took.sum() > 0 else None,
        )

"""What a policy costs, and what it makes the cluster do: pod-hours and node-hours, pods made anew, pods that wait."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.inference.estimate import show_seconds
from experiments.metrics.pending import LONG
from models.units import YEAR

if TYPE_CHECKING:
    from experiments.findings.findings import Findings

HEADINGS = (
    *("POLICY", "POD-HOURS/Y", "NODE-HOURS/Y", "RESCHEDULED/Y", "PER NODE FAILURE"),
    *(f"WAITED OVER {show_seconds(LONG).upper()}/Y", "POD TIME WITHOUT NODE/Y", "LONGEST WAIT"),
)


@dataclass(frozen=True)
class Row:
    """One policy, as text in the order of `HEADINGS`: means over the runs, but for the longest wait."""

    policy: str
    pod_hours: str
    node_hours: str
    rescheduled: str
    per_failure: str
    waited: str
    without_node: str
    longest: str

    def cells(self) -> tuple[str, ...]:
        """The texts in the order of `HEADINGS`."""
        return tuple(vars(self).values())


def rows(findings: "Findings") -> Iterator[Row]:
    """One per policy whose runs were measured."""
    years = findings.manifest.duration / YEAR
    for policy in findings.policies:
        runs = findings.cells.loc[(findings.cells["policy"] == policy) & findings.cells["pod_hours"].notna()]
        if len(runs) == 0:
            continue
        per_failure = runs["reschedules_per_node_failure"].mean()
        yield Row(
            policy,
            f"{runs['pod_hours'].mean() / years:,.0f}",
            f"{runs['node_hours'].mean() / years:,.0f}",
            f"{runs['reschedules'].mean() / years:.3g}",
            f"{per_failure:.2g}" if per_failure == per_failure else "-",
            f"{runs['waiting_pods'].mean() / years:.3g}",
            show_seconds(float(runs["pending_pod_s"].mean()) / years),
            show_seconds(float(runs["longest_pending_s"].max())),
        )

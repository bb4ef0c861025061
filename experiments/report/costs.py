"""What a policy costs, and what it makes the cluster do: pod-hours and node-hours, pods made anew, pods that wait."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from experiments.inference.estimate import show_seconds
from experiments.metrics.pending import LONG
from experiments.report.table import POLICY, Column, Row, Table
from models.units import YEAR

if TYPE_CHECKING:
    from experiments.findings.findings import Findings

COLUMNS = (
    POLICY,
    Column("POD-HOURS/Y", "hours in a year of all pods that hold their requests on a node, mean over the runs"),
    Column("NODE-HOURS/Y", "hours in a year of all nodes, up or down, mean over the runs"),
    Column("NODE COST/Y", "what the nodes cost in a year, by the prices of their pools, mean over the runs"),
    Column("RESCHEDULED/Y", "pods made anew in a year after an eviction, a preemption or a failure"),
    Column("PER NODE FAILURE", "pods made anew because of node failures, per failure"),
    Column(f"WAITED OVER {show_seconds(LONG).upper()}/Y", "pods in a year that waited longer than this for a node"),
    Column("POD TIME WITHOUT NODE/Y", "time in a year that pods waited for a node, summed over pods"),
    Column("LONGEST WAIT", "the longest that any pod of any run waited for a node"),
)


def table(findings: "Findings") -> Table:
    """What each policy costs in a year: a row per policy whose runs were measured."""
    return Table(COLUMNS, tuple(_rows(findings)))


def _rows(findings: "Findings") -> Iterator[Row]:
    years = findings.manifest.duration / YEAR
    for policy in findings.policies:
        runs = findings.cells.loc[(findings.cells["policy"] == policy) & findings.cells["pod_hours"].notna()]
        if len(runs) == 0:
            continue
        per_failure = runs["reschedules_per_node_failure"].mean()
        yield (
            policy,
            f"{runs['pod_hours'].mean() / years:,.0f}",
            f"{runs['node_hours'].mean() / years:,.0f}",
            f"{runs['node_cost'].mean() / years:,.0f}" if runs["node_cost"].any() else "-",
            f"{runs['reschedules'].mean() / years:.3g}",
            f"{per_failure:.2g}" if per_failure == per_failure else "-",
            f"{runs['waiting_pods'].mean() / years:.3g}",
            show_seconds(float(runs["pending_pod_s"].mean()) / years),
            show_seconds(float(runs["longest_pending_s"].max())),
        )

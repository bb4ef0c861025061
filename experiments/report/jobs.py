"""How Jobs went: how many runs were due, how many succeeded, how late they were, and why others were not complete."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from experiments.inference.estimate import show_seconds
from experiments.report.table import POLICY, Column, Row, Table

if TYPE_CHECKING:
    from experiments.findings.findings import Findings

COLUMNS = (
    Column("JOB", "the Job or CronJob", "name"),
    POLICY,
    Column("RUNS", "times that it was due, in all runs of the experiment", gives_way=3),
    Column("SUCCEEDED", "share of these that are complete", "share"),
    Column("CI", "its interval", "share", gives_way=4),
    Column("FAILED", "runs whose Job failed"),
    Column("MISSED", "runs that were not made: the one before was not over, or it was too late to begin", gives_way=2),
    Column("REPLACED", "runs whose Job was deleted for the next one", gives_way=7),
    Column("NOT OVER", "runs that were not over at the end", gives_way=6),
    Column("LATE", "mean time from when a run was due until it is complete"),
    Column("LATEST", "the longest such time", gives_way=1),
    Column("WHY FAILED", "why Jobs failed, in Kubernetes' words, and how many did", "words", gives_way=5),
)


def table(findings: "Findings") -> Table:
    """How Jobs went: a row per Job and policy; false without any."""
    return Table(COLUMNS, tuple(_rows(findings)), findings.manifest.confidence, grouped=True)


def _rows(findings: "Findings") -> Iterator[Row]:
    there = findings.tables["jobs"]
    known = set(zip(there["job"], there["policy"], strict=True))
    for job in dict.fromkeys(there["job"]):
        for policy in findings.policies:
            if (job, policy) not in known:
                continue
            runs = findings.job(job, policy)
            success, late = runs.success, runs.lateness
            yield (
                job,
                policy,
                str(runs.due),
                success.show_value() if success.n else "-",
                success.show_interval() if success.n else "",
                str(runs.failed),
                str(runs.missed),
                str(runs.replaced),
                str(runs.unfinished),
                late.show_value() if late.n else "-",
                show_seconds(runs.latest) if runs.latest else "-",
                ", ".join(f"{reason} {count}" for reason, count in runs.reasons.items()) or "-",
            )

"""Jobs: how often each was due in one run, and what came of it."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from experiments.metrics.column import Column, columns
from simulator.job_run import JobRun, Outcome

COLUMNS = columns(
    Column("job", str, "The Job or CronJob, as Kind/name, or Kind/namespace/name outside the default namespace."),
    Column("due", int, "Runs that were due in the measured window; of a Job of its own the only one, before it too."),
    Column("complete", int, "Those of them that were complete by the end of it."),
    Column("failed", int, "Those whose Job failed."),
    Column("missed", int, "Those that were not made: the one before was not over, or it was too late to begin."),
    Column("replaced", int, "Those whose Job was deleted for the next one."),
    Column("unfinished", int, "Those that were not over at the end, begun or not."),
    Column("failed_pods", int, "Pods that failed in those that are over."),
    Column("late_s", float, "Seconds from when they were due until they were complete, summed over the complete ones."),
    Column("latest_s", float, "The longest of these; 0 without any."),
    Column("reasons", str, "Why Jobs failed, in Kubernetes' words, and how many did, as a JSON object."),
)
"""Columns of `jobs`, beside policy and replication: a row for each Job and CronJob that was ever due."""


def jobs(runs: Iterable[JobRun], start: float, end: float) -> list[dict[str, Any]]:
    """The Jobs of one run, in the order in which they were first due, measured in [start, end).

    A Job that no CronJob makes is due once, at the beginning: that run counts, though a warm-up may be the time of it.
    """
    by_job: dict[str, list[JobRun]] = {}
    for run in runs:
        of_job = by_job.setdefault(run.job, [])
        if run.due < end and (run.is_only or run.due >= start):
            of_job.append(run)
    return [_row(job, mine) for job, mine in by_job.items()]


def _row(job: str, runs: list[JobRun]) -> dict[str, Any]:
    outcomes = Counter(run.outcome for run in runs)
    late = [run.ended - run.due for run in runs if run.outcome is Outcome.COMPLETE and run.ended is not None]
    reasons = Counter(run.reason for run in runs if run.outcome is Outcome.FAILED)
    return {
        "job": job,
        "due": len(runs),
        "complete": outcomes[Outcome.COMPLETE],
        "failed": outcomes[Outcome.FAILED],
        "missed": outcomes[Outcome.MISSED],
        "replaced": outcomes[Outcome.REPLACED],
        "unfinished": outcomes[Outcome.RUNNING] + outcomes[Outcome.WAITING],
        "failed_pods": sum(run.failed_pods for run in runs),
        "late_s": sum(late),
        "latest_s": max(late, default=0.0),
        "reasons": json.dumps(dict(reasons), sort_keys=True),
    }

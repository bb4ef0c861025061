"""Jobs: the share of runs that are complete, and how long after they were due, over all replications."""

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from experiments.inference import intervals
from experiments.inference.estimate import Estimate

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class JobRuns:
    """The runs of one Job or CronJob under one policy, over all replications."""

    due: int
    failed: int
    missed: int
    replaced: int
    unfinished: int
    latest: float
    """Longest time from when one was due until it was complete, in seconds; 0 without any."""
    reasons: dict[str, int]
    """Why Jobs failed, in Kubernetes' words, and how many did; the most frequent first."""
    success: Estimate
    """The share of those due that are complete."""
    lateness: Estimate
    """Mean time from when one was due until it is complete, in seconds."""

    @classmethod
    def of(cls, jobs: "pd.DataFrame", job: str, policy: str, confidence: float) -> "JobRuns":
        """Counted and estimated from the table `jobs`."""
        rows = jobs.loc[(jobs["job"] == job) & (jobs["policy"] == policy)]
        reasons: Counter[str] = Counter()
        for text in rows["reasons"]:
            reasons.update(json.loads(text))
        counts = {name: int(rows[name].sum()) for name in ("due", "failed", "missed", "replaced", "unfinished")}
        return cls(
            **counts,
            latest=float(rows["latest_s"].max()) if len(rows) else 0.0,
            reasons=dict(reasons.most_common()),
            success=success(rows, confidence),
            lateness=lateness(rows, confidence),
        )


def success(rows: "pd.DataFrame", confidence: float) -> Estimate:
    """The share of the runs that were due and are complete; `rows` are those of one Job under one policy.

    What is missing is counted as outages are (`intervals.rate`), for each run that was due: one that is not over at the
    end is not complete. If none is missing, a bound by the rule of three.
    """
    due, complete = (rows[name].to_numpy(dtype=np.float64) for name in ("due", "complete"))
    due, lost = due[due > 0], (due - complete)[due > 0]
    n, total = len(due), float(due.sum())
    if n == 0:
        return Estimate(math.nan, 0.0, 1.0, confidence, 0, "no run was due")
    if not lost.sum() > 0:
        low = max(0.0, 1 - intervals.rate_bound(total, confidence))
        return Estimate(math.nan, low, 1.0, confidence, n, f"all of {total:.0f} runs are complete; rule of three")
    missing = intervals.rate(lost, due, confidence)
    low, high = 1 - min(missing.high, 1.0), 1 - missing.low
    return Estimate(1 - missing.value, low, high, confidence, n, missing.method.replace("outages", "runs not complete"))


def lateness(rows: "pd.DataFrame", confidence: float) -> Estimate:
    """Mean time from when a run was due until it is complete, in seconds; of those that are.

    `rows` are those of one Job under one policy. Infinite if none is complete that was due.
    """
    due, complete, late = (rows[name].to_numpy(dtype=np.float64) for name in ("due", "complete", "late_s"))
    n = int((due > 0).sum())
    if not complete.sum() > 0:
        never = math.inf if n else math.nan
        return Estimate(never, math.inf if n else 0.0, math.inf, confidence, n, "no run is complete", "time")
    late, complete = late[complete > 0], complete[complete > 0]
    if len(complete) < 2:
        mean = float(late[0] / complete[0])
        return Estimate(mean, 0.0, math.inf, confidence, n, "one replication", "time")
    mean_late = intervals.ratio(late, complete, confidence)
    return Estimate(mean_late.value, max(mean_late.low, 0.0), mean_late.high, confidence, n, mean_late.method, "time")

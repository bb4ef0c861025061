"""Runs of Jobs, measured and estimated."""

import json
import math
from typing import Any

import pandas as pd
import pytest

from experiments.findings.jobs import JobRuns, lateness, success
from experiments.metrics.jobs import COLUMNS, jobs
from simulator.job_run import JobRun, Outcome

RUNS = [
    JobRun("CronJob/a", 10.0, Outcome.COMPLETE, ended=40.0),
    JobRun("Job/b", 20.0, Outcome.FAILED, "BackoffLimitExceeded", ended=90.0, failed_pods=7),
    JobRun("CronJob/a", 100.0, Outcome.COMPLETE, ended=200.0),
    JobRun("CronJob/a", 110.0, Outcome.MISSED, ended=120.0),
    JobRun("CronJob/a", 120.0, Outcome.REPLACED, ended=130.0, failed_pods=1),
    JobRun("CronJob/a", 130.0, Outcome.RUNNING),
    JobRun("CronJob/a", 140.0),
    JobRun("CronJob/a", 150.0, Outcome.COMPLETE, ended=160.0),
]


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    values = dict.fromkeys(COLUMNS, 0) | {"job": "Job/a", "reasons": "{}", "policy": "p"}
    return pd.DataFrame([values | row for row in rows])


def test_runs_count_that_were_due_in_the_window() -> None:
    cron, alone = jobs(RUNS, 50.0, 150.0)
    assert tuple(cron) == tuple(COLUMNS)
    counts = ("due", "complete", "failed", "missed", "replaced", "unfinished", "failed_pods")
    assert [cron[name] for name in counts] == [5, 1, 0, 1, 1, 2, 1]
    assert (cron["late_s"], cron["latest_s"]) == (100.0, 100.0)
    assert alone["job"] == "Job/b"


def test_the_only_run_of_a_job_counts_though_it_was_in_the_warm_up() -> None:
    _, alone = jobs(RUNS, 50.0, 150.0)
    assert (alone["due"], alone["failed"], alone["failed_pods"], alone["late_s"]) == (1, 1, 7, 0.0)
    assert json.loads(alone["reasons"]) == {"BackoffLimitExceeded": 1}
    _, alone = jobs(RUNS, 0.0, 20.0)
    assert alone["due"] == 0


def test_success_is_what_is_complete_of_what_was_due() -> None:
    rows = frame({"due": 100, "complete": 97}, {"due": 300, "complete": 299}, {"due": 0})
    found = success(rows, 0.95)
    assert found.value == pytest.approx(396 / 400)
    assert (found.low, found.high, found.n) == (pytest.approx(0.9746, abs=1e-3), pytest.approx(0.9973, abs=1e-3), 2)
    assert "runs not complete" in found.method


def test_without_a_failure_success_is_a_bound_and_without_a_run_it_is_unknown() -> None:
    found = success(frame({"due": 300, "complete": 300}), 0.95)
    assert math.isnan(found.value)
    assert found.low == pytest.approx(1 - 3.0 / 300, abs=1e-4)
    assert success(frame({"due": 0}), 0.95).n == 0


def test_lateness_is_the_mean_of_what_is_complete() -> None:
    rows = frame({"due": 2, "complete": 2, "late_s": 60.0}, {"due": 3, "complete": 1, "late_s": 90.0})
    found = lateness(rows, 0.95)
    assert (found.value, found.n, found.show_value()) == (50.0, 2, "50s")
    assert found.low == 0.0
    assert lateness(frame({"due": 3}), 0.95).value == math.inf
    assert lateness(frame({"due": 1, "complete": 1, "late_s": 5.0}), 0.95).high == math.inf
    assert lateness(frame({"due": 0}), 0.95).n == 0


def test_counts_are_summed_over_replications_with_the_reasons() -> None:
    one = {"due": 5, "failed": 2, "latest_s": 9.0, "reasons": '{"DeadlineExceeded": 2}'}
    other = {"due": 5, "failed": 4, "latest_s": 7.0, "reasons": '{"BackoffLimitExceeded": 3, "DeadlineExceeded": 1}'}
    found = JobRuns.of(frame(one, other, one | {"job": "Job/other"}), "Job/a", "p", 0.95)
    assert (found.due, found.failed, found.latest) == (10, 6, 9.0)
    assert list(found.reasons.items()) == [("DeadlineExceeded", 3), ("BackoffLimitExceeded", 3)]

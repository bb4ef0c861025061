"""The CronJob controller: which times of the schedule become Jobs."""

from dataclasses import replace
from typing import Any

import pytest

from models.behaviour import Behaviour
from models.cluster import Cluster
from models.cronjob import ConcurrencyPolicy, CronJob
from models.distributions import Fixed
from models.job import Job
from models.manifests.schedule import parse_schedule
from simulator.job_run import JobRun, Outcome
from simulator.state.objects import CronJobState, JobState
from tests.simulator.clusters import EXACT, PROMPT, Lab, container, nodes, template

BATCH = replace(EXACT, job_sync_batch_period=0.0)
MINUTE = 60.0
FORBID, REPLACE, ALLOW = ConcurrencyPolicy.FORBID, ConcurrencyPolicy.REPLACE, ConcurrencyPolicy.ALLOW


def tick(schedule: str = "*/5 * * * *", **spec: Any) -> CronJob:
    work = Job("tick", template("tick", container(), restart_policy="Never"))
    return CronJob("tick", spec.pop("job", work), parse_schedule(schedule), **spec)


def lab(cron_job: CronJob, run: float, clock: float = 0.0, fails: float = 0.0) -> Lab:
    pods = replace(PROMPT, run=Fixed(run), failure_probability=fails)
    timing = replace(BATCH, clock_at_start=clock)
    return Lab(Cluster(nodes=nodes(2), cron_jobs=(cron_job,)), Behaviour(pods, timing=timing))


def runs(found: Lab) -> list[JobRun]:
    return found.simulation.control_plane.job_runs


def outcomes(found: Lab) -> list[tuple[float, Outcome]]:
    """Minutes at which runs were due, and what came of them."""
    return [(run.due / MINUTE, run.outcome) for run in runs(found)]


def test_a_job_is_made_a_tenth_of_a_second_after_each_time() -> None:
    found = lab(tick(), run=60.0).run(15 * MINUTE + 70.0)
    assert outcomes(found) == [(5, Outcome.COMPLETE), (10, Outcome.COMPLETE), (15, Outcome.COMPLETE)]
    assert [round(run.ended - run.due, 6) for run in runs(found) if run.ended] == [61.1] * 3


def test_its_clock_need_not_begin_at_midnight() -> None:
    found = lab(tick("0 9 * * 1"), run=60.0, clock=8.5 * 3600).run(3600.0)
    assert [run.due for run in runs(found)] == [1800.0]


def test_a_forbidden_run_begins_when_the_last_one_is_over_and_earlier_ones_are_missed() -> None:
    """Every 5 min, one run takes 12 min from :05: :10 is missed, and at :17 a run for :15 begins."""
    found = lab(tick(concurrency_policy=FORBID), run=12 * MINUTE).run(18 * MINUTE)
    assert outcomes(found) == [(5, Outcome.COMPLETE), (10, Outcome.MISSED), (15, Outcome.RUNNING)]
    [first, second] = [pod.created for pod in found.state.pods.values()]
    assert second == pytest.approx(first + 12 * MINUTE + 1.0)


def test_a_forbidden_run_is_given_up_after_its_starting_deadline() -> None:
    found = lab(tick(concurrency_policy=FORBID, starting_deadline=60.0), run=8 * MINUTE).run(19 * MINUTE)
    assert outcomes(found) == [(5, Outcome.COMPLETE), (10, Outcome.MISSED), (15, Outcome.RUNNING)]


def test_a_replaced_run_is_deleted_with_its_pods() -> None:
    found = lab(tick(concurrency_policy=REPLACE), run=12 * MINUTE).run(16 * MINUTE)
    assert outcomes(found) == [(5, Outcome.REPLACED), (10, Outcome.REPLACED), (15, Outcome.RUNNING)]
    assert len(found.state.workloads.of(JobState)) == len(found.state.pods) == 1


def test_runs_that_are_allowed_pile_up() -> None:
    found = lab(tick(concurrency_policy=ALLOW), run=12 * MINUTE).run(16 * MINUTE)
    assert outcomes(found) == [(5, Outcome.RUNNING), (10, Outcome.RUNNING), (15, Outcome.RUNNING)]
    assert sum(map(len, found.state.nodes.running)) == 3


def test_only_the_last_few_jobs_that_are_over_stay() -> None:
    found = lab(tick(successful_jobs_history_limit=2), run=60.0).run(31 * MINUTE + 5.0)
    assert len(runs(found)) == 6
    assert len(found.state.workloads.of(JobState)) == 2
    assert len(found.state.pods) == 2
    work = Job("tick", template("tick", container(), restart_policy="Never"), backoff_limit=0)
    found = lab(tick(job=work), run=60.0, fails=1.0).run(31 * MINUTE + 5.0)
    assert [run.outcome for run in runs(found)] == [Outcome.FAILED] * 6
    assert len(found.state.workloads.of(JobState)) == 1


def test_a_suspended_cron_job_makes_none_and_a_resumed_one_makes_up_for_the_last() -> None:
    found = lab(tick(suspended=True), run=60.0)
    found.apply(tick(), at=12 * MINUTE)
    found.run(16 * MINUTE + 5.0)
    assert [due for due, outcome in outcomes(found) if outcome is Outcome.COMPLETE] == [10, 15]


def test_another_schedule_holds_from_when_it_is_given() -> None:
    found = lab(tick("0 12 * * *"), run=60.0)
    found.apply(tick(), at=7 * MINUTE)
    found.run(11 * MINUTE)
    assert [due for due, _ in outcomes(found)] == [10]


def test_two_that_are_due_in_one_minute_are_one() -> None:
    found = lab(tick("@every 20s"), run=1.0).run(119.0)
    assert [run.outcome for run in runs(found)] == [
        *(Outcome.COMPLETE, Outcome.MISSED, Outcome.COMPLETE, Outcome.MISSED, Outcome.MISSED)
    ]


def test_pods_of_all_its_jobs_share_what_was_worked_out_once() -> None:
    found = lab(tick(), run=60.0).run(22 * MINUTE)
    assert len({id(pod.pod_class) for pod in found.state.pods.values()}) == 1
    [cron_job] = found.state.workloads.of(CronJobState)
    assert [job.name for job in cron_job.jobs] == [f"tick-{28401120 + minute}" for minute in (10, 15, 20)]

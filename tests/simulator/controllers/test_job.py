"""The Job controller: when pods are made, what is counted, and when a Job is over."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from models.behaviour import Behaviour
from models.cluster import Cluster
from models.distributions import Distribution, Fixed
from models.job import FailureAction, FailureRule, Job, SuccessRule
from models.node import HOSTNAME_LABEL
from simulator.job_run import JobRun
from simulator.log import Kind, Phase
from simulator.state.objects import JobState
from tests.simulator.clusters import EXACT, PROMPT, Lab, Outages, container, deployment, nodes, template

BATCH = replace(EXACT, job_sync_batch_period=0.0)
"""The controller looks at once."""


class InTurn(Distribution):
    """Times in turn, the last for ever."""

    def __init__(self, *values: float) -> None:
        self._values = list(values)

    def sample(self, rng: Any) -> float:
        return self._values.pop(0) if len(self._values) > 1 else self._values[0]


def job(restart_policy: str = "Never", cpu: int = 100, node: str = "", **spec: Any) -> Job:
    where = {"node_selector": {HOSTNAME_LABEL: node}} if node else {}
    return Job("work", template("work", container(cpu=cpu), restart_policy=restart_policy, **where), **spec)


def lab(*jobs: Job, run: Distribution = Fixed(10.0), fails: float = 0.0, machines: int = 2, **other: Any) -> Lab:
    pods = replace(PROMPT, run=run, failure_probability=fails, exit_code=other.pop("exit_code", 1))
    timing = other.pop("timing", BATCH)
    return Lab(Cluster(nodes=nodes(machines), jobs=jobs), Behaviour(pods, timing=timing), **other)


def created(found: Lab) -> list[float]:
    return found.times(Kind.POD_PHASE, Phase.PENDING)


def finished(found: Lab) -> tuple[float, int]:
    [(time, _, _, new, _)] = found.rows(Kind.JOB_FINISHED)
    return round(time, 3), new


def only_run(found: Lab) -> JobRun:
    [run] = found.simulation.control_plane.job_runs
    return run


def record(found: Lab) -> JobState:
    [job_state] = found.state.workloads.of(JobState)
    return job_state


def test_pods_are_made_in_waves_until_enough_have_succeeded() -> None:
    found = lab(job(parallelism=2, completions=5)).run(100.0)
    # Bound to running 1 s, then 10 s of work.
    assert created(found) == [0.0, 0.0, 11.0, 11.0, 22.0]
    assert finished(found) == (33.0, 1)
    assert (record(found).succeeded, record(found).failed) == (5, 0)
    assert [pod.phase for pod in found.state.pods.values()] == [Phase.SUCCEEDED] * 5
    assert not any(found.state.nodes.running)


def test_what_becomes_of_pods_is_looked_at_a_second_later() -> None:
    found = lab(job(completions=2), timing=EXACT).run(100.0)
    assert created(found) == [0.0, 12.0]
    assert finished(found) == (24.0, 1)


def test_retries_wait_twice_as_long_each_time_up_to_ten_minutes() -> None:
    found = lab(job(backoff_limit=8), fails=1.0).run(4000.0)
    starts = created(found)
    gaps = [later - earlier - 11.0 for earlier, later in pairwise(starts)]
    assert gaps == [10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 600.0, 600.0]
    assert finished(found) == (starts[-1] + 11.0, 2)
    assert (only_run(found).reason, only_run(found).failed_pods) == ("BackoffLimitExceeded", 9)


def test_a_job_of_seven_failures_fails_after_630_seconds_of_waiting() -> None:
    found = lab(job(), fails=1.0).run(4000.0)
    assert len(created(found)) == 7
    assert finished(found) == (7 * 11.0 + 630.0, 2)


def test_a_success_begins_the_waiting_anew_and_a_failure_holds_up_all_pods_of_the_job() -> None:
    found = lab(job(parallelism=2, completions=4), run=InTurn(5.0, 7.0, 9.0), seed=1)
    found.at(2.0, lambda: fail_next(found, 0))
    found.run(200.0)
    # The first ends at 6 s and fails; the second succeeds at 8 s, after which nothing has failed.
    assert created(found)[:4] == [0.0, 0.0, 8.0, 8.0]


def fail_next(found: Lab, number: int) -> None:
    pod = list(found.state.pods.values())[number]
    pod.pod_class.behaviour = replace(pod.pod_class.behaviour, failure_probability=1.0)
    found.at(6.5, lambda: setattr(pod.pod_class, "behaviour", replace(pod.pod_class.behaviour, failure_probability=0)))


def test_with_restart_policy_on_failure_restarts_count() -> None:
    found = lab(job("OnFailure", backoff_limit=3), fails=1.0).run(4000.0)
    assert len(created(found)) == 1
    # Runs of 10 s; the first restart comes at once, the second waits 10 s, the third 20 s: then there are three.
    assert finished(found) == pytest.approx((1.0 + 10.0 + 10.0 + 10.0 + 10.0 + 20.0 + 1.0, 2))
    assert only_run(found).reason == "BackoffLimitExceeded"


def test_a_container_that_succeeded_is_not_restarted_on_failure_only() -> None:
    found = lab(job("OnFailure")).run(100.0)
    assert finished(found) == (11.0, 1)


def test_a_work_queue_is_done_when_one_succeeded_and_none_is_left() -> None:
    found = lab(job(parallelism=3, completions=None), run=InTurn(5.0, 20.0, 30.0)).run(100.0)
    assert len(created(found)) == 3
    assert finished(found) == (31.0, 1)


def test_an_indexed_job_does_each_index_once_the_lowest_first() -> None:
    found = lab(job(parallelism=2, completions=3, is_indexed=True), run=InTurn(5.0, 20.0, 5.0)).run(100.0)
    label = "batch.kubernetes.io/job-completion-index"
    assert [pod.pod_class.labels[label] for pod in found.state.pods.values()] == ["0", "1", "2"]
    assert created(found) == [0.0, 0.0, 6.0]
    assert record(found).completed_indexes == {0, 1, 2}


def test_an_index_fails_alone_and_waits_alone() -> None:
    spec = job(parallelism=2, completions=2, is_indexed=True, backoff_limit_per_index=1, backoff_limit=2**31 - 1)
    found = lab(spec, fails=1.0).run(200.0)
    assert created(found) == [0.0, 0.0, 21.0, 21.0]
    assert finished(found) == (32.0, 2)
    assert only_run(found).reason == "FailedIndexes"
    found = lab(replace(spec, max_failed_indexes=1), fails=1.0).run(200.0)
    assert only_run(found).reason == "MaxFailedIndexesExceeded"


def test_rules_decide_by_exit_code() -> None:
    rules = (FailureRule(FailureAction.FAIL_JOB, exit_codes=frozenset({42})),)
    found = lab(job(failure_rules=rules, replaces_failed_only=True), fails=1.0, exit_code=42).run(200.0)
    assert finished(found) == (11.0, 2)
    assert only_run(found).reason == "PodFailurePolicy"
    found = lab(job(failure_rules=rules, replaces_failed_only=True), fails=1.0, exit_code=1).run(200.0)
    assert len(created(found)) > 1


def test_enough_of_the_indexes_may_be_success() -> None:
    rules = (SuccessRule(count=1),)
    spec = job(parallelism=2, completions=2, is_indexed=True, success_rules=rules)
    found = lab(spec, run=InTurn(5.0, 500.0)).run(100.0)
    # The other pod is stopped, which takes a second, and only then the Job is complete.
    assert finished(found) == (7.0, 1)


def test_a_job_that_takes_too_long_fails_and_is_deleted_in_time() -> None:
    found = lab(job(parallelism=2, completions=2, active_deadline=15.0, ttl_after_finished=10.0), run=Fixed(1e6))
    found.run(15.5)
    assert [pod.deleting for pod in found.state.pods.values()] == [True, True]
    found.run(16.0)
    assert finished(found) == (16.0, 2)
    assert (only_run(found).reason, record(found).failed) == ("DeadlineExceeded", 2)
    found.run(27.0)
    assert found.state.workloads.of(JobState) == []
    assert len(found.state.pods) == 0


def test_pods_that_have_finished_go_with_their_job() -> None:
    found = lab(job(ttl_after_finished=10.0)).run(20.0)
    assert len(found.state.pods) == 1
    found.run(22.0)
    assert len(found.state.pods) == 0


def test_a_suspended_job_loses_its_pods_and_none_of_them_is_a_failure() -> None:
    spec = job(backoff_limit=0, active_deadline=30.0)
    found = lab(spec)
    found.apply(replace(spec, suspended=True), at=5.0)
    found.apply(spec, at=50.0)
    found.run(200.0)
    assert created(found) == [0.0, 50.0]
    assert finished(found) == (61.0, 1)
    assert record(found).failed == 0


def test_a_job_that_begins_suspended_is_due_when_it_is_resumed() -> None:
    spec = job(suspended=True)
    found = lab(spec)
    found.apply(replace(spec, suspended=False), at=50.0)
    found.run(200.0)
    assert only_run(found).due == 50.0


def test_less_parallelism_takes_the_youngest_pods_and_none_of_them_is_a_failure() -> None:
    spec = job(parallelism=3, completions=3, backoff_limit=0)
    found = lab(spec)
    found.apply(replace(spec, parallelism=1), at=5.0)
    found.run(4.0)
    first = next(iter(found.state.pods.values()))
    found.run(200.0)
    assert first.phase is Phase.SUCCEEDED
    assert finished(found) == (33.0, 1)
    assert record(found).failed == 0


def test_pods_without_room_wait_and_what_ends_gives_its_room_back() -> None:
    found = lab(job(cpu=3000, parallelism=4, completions=4)).run(100.0)
    assert found.times(Kind.POD_NODE) == [0.0, 0.0, 11.0, 11.0]
    assert finished(found) == (22.0, 1)


@pytest.mark.parametrize(("priority", "failed"), [(0, False), (10, True)])
def test_a_pod_of_higher_priority_takes_the_room_of_a_job_and_its_pod_has_failed(priority: int, failed: bool) -> None:
    service = deployment(pods=template("web", container(cpu=2000), priority=priority))
    found = lab(job(cpu=3000, backoff_limit=0), run=Fixed(100.0), machines=1)
    found.apply(service, at=50.0)
    found.run(200.0)
    assert finished(found)[1] == (2 if failed else 1)
    [bound] = [time for time, name, _ in found.log(Kind.POD_NODE) if name.startswith("web")]
    assert bound == pytest.approx(51.0 if failed else 101.0, abs=0.5)


def test_a_pod_that_succeeded_counts_though_it_is_deleted_before_its_job_has_looked() -> None:
    found = lab(job(completions=2), timing=EXACT)
    found.at(11.5, lambda: found.state.pods.mark_deleting(next(iter(found.state.pods.values())), 0))
    found.run(100.0)
    assert created(found) == [0.0, 12.0]
    assert (record(found).succeeded, record(found).failed) == (2, 0)


# Node loss

CRASH = [Outages(((5.0, 1000.0, (0,)),))]


@pytest.mark.parametrize(
    ("spec", "second"),
    [
        # Evicted at 50 s of silence, a tick, 300 s of toleration: counted at once, and its wait is long over.
        ({}, True),
        ({"replaces_failed_only": True}, False),
    ],
)
def test_a_pod_on_a_lost_node_is_made_good_once_it_is_evicted_unless_it_has_to_have_failed(
    spec: dict[str, bool], second: bool
) -> None:
    found = lab(job(node="node-0", **spec), run=Fixed(100.0), machines=3, failures=CRASH).run(900.0)
    [deleted] = found.times(Kind.POD_DELETING)
    assert 350.0 < deleted < 370.0
    assert created(found) == ([0.0, deleted] if second else [0.0])


def test_a_pod_that_has_to_have_failed_is_made_good_when_its_node_is_back() -> None:
    found = lab(job(node="node-0", replaces_failed_only=True), run=Fixed(100.0), machines=3, failures=CRASH).run(2000.0)
    first, second = created(found)
    assert first == 0.0
    assert 1005.0 <= second <= 1020.0
    assert finished(found)[1] == 1


def test_a_node_that_is_back_before_the_eviction_has_a_failed_pod() -> None:
    """RestartPolicy Never: what ran is not started again."""
    short = [Outages(((5.0, 60.0, (0,)),))]
    found = lab(job(), run=Fixed(100.0), machines=1, failures=short).run(900.0)
    assert len(created(found)) == 2
    assert (record(found).failed, record(found).succeeded) == (1, 1)


def test_disruptions_may_be_ignored() -> None:
    rules = (FailureRule(FailureAction.IGNORE, conditions=(("DisruptionTarget", "True"),)),)
    found = lab(
        job(node="node-0", failure_rules=rules, replaces_failed_only=True, backoff_limit=0),
        run=Fixed(100.0),
        machines=3,
        failures=CRASH,
    ).run(2000.0)
    assert finished(found)[1] == 1
    assert record(found).failed == 0


def test_a_job_that_is_stuck_on_a_dead_node_is_not_over() -> None:
    """The deadline passes, but its pod cannot be stopped until the node is back."""
    found = lab(job(node="node-0", active_deadline=400.0), run=Fixed(1e6), machines=3, failures=CRASH).run(900.0)
    assert found.rows(Kind.JOB_FINISHED) == []
    found.run(1500.0)
    assert 1005.0 <= finished(found)[0] <= 1020.0

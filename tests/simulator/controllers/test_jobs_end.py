"""Whatever happens to its pods, every Job ends, each pod is counted once, and no node is left with anything."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.behaviour import Behaviour
from models.cluster import Cluster
from models.cronjob import ConcurrencyPolicy, CronJob
from models.distributions import Exponential
from models.job import FailureAction, FailureRule, Job
from models.manifests.schedule import parse_schedule
from simulator.job_run import Outcome
from simulator.log import Kind, Phase
from simulator.state.objects import JobState
from tests.simulator.clusters import EXACT, PROMPT, Lab, container, nodes, template

HOUR = 3600.0
MACHINES = 3
ACTIONS = st.sampled_from(["cut off", "reconnect", "power off", "power on", "delete", "suspend", "resume"])
STEPS = st.lists(
    st.tuples(st.floats(0.0, HOUR).map(lambda time: round(time, 1)), ACTIONS, st.integers(0, MACHINES - 1)),
    max_size=12,
)
IGNORE = (FailureRule(FailureAction.IGNORE, conditions=(("DisruptionTarget", "True"),)),)
SPECS = st.fixed_dictionaries(
    {
        "parallelism": st.integers(1, 4),
        "completions": st.sampled_from([None, 1, 3, 6]),
        "backoff_limit": st.sampled_from([0, 2, 6]),
        "active_deadline": st.sampled_from([None, 600.0]),
        "ttl_after_finished": st.sampled_from([None, 60.0]),
        "replaces_failed_only": st.booleans(),
        "failure_rules": st.sampled_from([(), IGNORE]),
    }
)


def act(lab: Lab, action: str, number: int, job: Job) -> None:
    nodes_, pods = lab.state.nodes, list(lab.state.pods.values())
    match action:
        case "cut off":
            nodes_.add_silent_cause(number, "test", 0)
        case "reconnect":
            nodes_.remove_silent_cause(number, "test")
        case "power off":
            nodes_.add_down_cause(number, "test", 0)
        case "power on":
            nodes_.remove_down_cause(number, "test")
        case "delete" if number < len(pods) and not pods[number].deleting:
            lab.state.pods.mark_deleting(pods[number], 0)
        case "suspend" | "resume" if lab.state.workloads.of(JobState):
            lab.simulation.api.apply(replace(job, suspended=action == "suspend"))


@settings(max_examples=60, deadline=None)
@given(
    steps=STEPS,
    spec=SPECS,
    policy=st.sampled_from(["Never", "OnFailure"]),
    indexed=st.booleans(),
    fails=st.sampled_from([0.0, 0.3]),
)
def test_any_job_ends_and_leaves_nothing_behind(
    steps: list[tuple[float, str, int]], spec: dict[str, Any], policy: str, indexed: bool, fails: float
) -> None:
    rules = spec["failure_rules"] if policy == "Never" else ()
    work = template("work", container(cpu=1500), restart_policy=policy)
    job = Job("work", work, is_indexed=indexed and spec["completions"] is not None, **spec | {"failure_rules": rules})
    pods = replace(PROMPT, run=Exponential(120.0), failure_probability=fails)
    lab = Lab(Cluster(nodes=nodes(MACHINES), jobs=(job,)), Behaviour(pods, timing=EXACT))
    switched: dict[str, set[int]] = {"cut off": set(), "power off": set()}
    undo = {"reconnect": "cut off", "power on": "power off"}
    for time, action, number in sorted(steps):
        if action in switched and number in switched[action]:
            continue
        if action in undo and number not in switched[undo[action]]:
            continue
        if action in switched:
            switched[action].add(number)
        elif action in undo:
            switched[undo[action]].discard(number)
        lab.at(time, lambda action=action, number=number: act(lab, action, number, job))
    for action, back in (("cut off", "reconnect"), ("power off", "power on")):
        for number in switched[action]:
            lab.at(HOUR + 1.0, lambda back=back, number=number: act(lab, back, number, job))
    lab.at(HOUR + 2.0, lambda: act(lab, "resume", 0, job))
    lab.run(12 * HOUR)
    [run] = lab.simulation.control_plane.job_runs
    assert run.outcome in (Outcome.COMPLETE, Outcome.FAILED)
    assert len(lab.rows(Kind.JOB_FINISHED)) == 1
    assert not any(lab.state.nodes.running)
    assert all(pod.phase in (Phase.SUCCEEDED, Phase.FAILED) and not pod.deleting for pod in lab.state.pods.values())
    if run.outcome is Outcome.COMPLETE and spec["completions"] is not None:
        succeeded = [new for _, _, new in lab.log(Kind.POD_PHASE) if new == Phase.SUCCEEDED]
        assert len(succeeded) >= spec["completions"]
    for record in lab.state.workloads.of(JobState):
        assert not record.pods
        assert not record.tracked


@settings(max_examples=30, deadline=None)
@given(
    policy=st.sampled_from(list(ConcurrencyPolicy)),
    deadline=st.sampled_from([None, 30.0, 400.0]),
    fails=st.sampled_from([0.0, 0.5]),
    cuts=st.lists(st.tuples(st.floats(0.0, 2 * HOUR), st.integers(0, MACHINES - 1)), max_size=3),
)
def test_every_time_of_a_schedule_is_accounted_for(
    policy: ConcurrencyPolicy, deadline: float | None, fails: float, cuts: list[tuple[float, int]]
) -> None:
    work = Job("tick", template("tick", container(), restart_policy="Never"), backoff_limit=1)
    cron_job = CronJob(
        "tick", work, parse_schedule("*/5 * * * *"), concurrency_policy=policy, starting_deadline=deadline
    )
    pods = replace(PROMPT, run=Exponential(240.0), failure_probability=fails)
    lab = Lab(Cluster(nodes=nodes(MACHINES), cron_jobs=(cron_job,)), Behaviour(pods, timing=EXACT))
    for number in {number: time for time, number in cuts}:
        time = next(time for time, each in cuts if each == number)
        lab.at(time, lambda number=number: lab.state.nodes.add_down_cause(number, "test", 0))
        lab.at(time + 900.0, lambda number=number: lab.state.nodes.remove_down_cause(number, "test"))
    lab.run(4 * HOUR + 1.0)
    runs = lab.simulation.control_plane.job_runs
    assert [run.due for run in runs] == [300.0 * number for number in range(1, 49)]
    open_ = [run for run in runs if run.outcome in (Outcome.RUNNING, Outcome.WAITING)]
    active = [job for job in lab.state.workloads.of(JobState) if not job.finished]
    assert len([run for run in open_ if run.outcome is Outcome.RUNNING]) == len(active)
    if policy is not ConcurrencyPolicy.ALLOW:
        assert len(active) <= 1
    assert (policy is ConcurrencyPolicy.REPLACE) or not any(run.outcome is Outcome.REPLACED for run in runs)
    assert all(run.ended is not None and run.ended >= run.due for run in runs if run not in open_)

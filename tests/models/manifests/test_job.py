"""Jobs and CronJobs as objects write them."""

from typing import Any

import pytest
import yaml

from models.cronjob import ConcurrencyPolicy, CronJob
from models.input.documents import Document
from models.input.problems import InputError
from models.job import NO_LIMIT, FailureAction, Job
from models.manifests import ClusterInput, Manifest, build_cluster

POD = "template: {metadata: {labels: {app: work}}, spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}"


def job_object(spec: str = "", pod: str = POD, **metadata: Any) -> dict[str, Any]:
    text = "\n".join((pod, spec))
    value = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "work", **metadata}}
    return {**value, "spec": yaml.safe_load(text)}


def cron_object(spec: str = 'schedule: "0 4 * * *"', job: str = "", name: str = "tick") -> dict[str, Any]:
    value = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}}
    return {**value, "spec": {**yaml.safe_load(spec), "jobTemplate": {"spec": job_object(job)["spec"]}}}


def build(*values: dict[str, Any]) -> ClusterInput:
    return build_cluster([Manifest(value, Document("f.yaml", value)) for value in values])


def job(spec: str = "", pod: str = POD) -> Job:
    [made] = build(job_object(spec, pod)).cluster.jobs
    return made


def cron_job(spec: str = 'schedule: "0 4 * * *"', work: str = "") -> CronJob:
    [made] = build(cron_object(spec, work)).cluster.cron_jobs
    return made


def refused(*values: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        build(*values)
    return [f"{problem.path.partition(' ')[2]}: {problem.message}" for problem in caught.value.problems]


def test_defaults_are_those_of_the_api_server() -> None:
    made = job()
    assert (made.parallelism, made.completions, made.backoff_limit, made.is_indexed) == (1, 1, 6, False)
    assert (made.active_deadline, made.ttl_after_finished, made.suspended) == (None, None, False)
    assert not made.replaces_failed_only
    cron = cron_job()
    assert cron.concurrency_policy is ConcurrencyPolicy.ALLOW
    assert (cron.starting_deadline, cron.suspended, cron.schedule.zone) == (None, False, "UTC")
    assert (cron.successful_jobs_history_limit, cron.failed_jobs_history_limit) == (3, 1)


def test_parallelism_without_completions_is_a_work_queue() -> None:
    assert job("parallelism: 3").completions is None
    assert job("parallelism: 3\ncompletions: 5").completions == 5


def test_a_limit_per_index_lifts_that_of_the_job() -> None:
    made = job("completionMode: Indexed\ncompletions: 3\nbackoffLimitPerIndex: 1\nmaxFailedIndexes: 2")
    assert (made.backoff_limit, made.backoff_limit_per_index, made.max_failed_indexes) == (NO_LIMIT, 1, 2)


def test_with_a_pod_failure_policy_only_failed_pods_are_replaced() -> None:
    made = job(
        "podFailurePolicy:\n  rules:\n"
        "  - {action: FailJob, onExitCodes: {containerName: c, operator: In, values: [42, 43]}}\n"
        "  - {action: Ignore, onPodConditions: [{type: DisruptionTarget}]}\n"
        "  - {action: Count, onExitCodes: {operator: NotIn, values: [1]}}\n"
    )
    assert made.replaces_failed_only
    assert made.action({"c": 42}, frozenset()) is FailureAction.FAIL_JOB
    assert made.action({"other": 42}, frozenset()) is FailureAction.COUNT
    assert made.action({"c": 1}, frozenset({"DisruptionTarget"})) is FailureAction.IGNORE
    assert made.action({"c": 1}, frozenset()) is FailureAction.COUNT
    assert job("podReplacementPolicy: Failed").replaces_failed_only


def test_a_condition_that_no_pod_has_here_is_named() -> None:
    rules = "podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: ConfigIssue}]}]}"
    [warning] = build(job_object(rules)).warnings
    assert (
        warning.message == "never matches here: only DisruptionTarget is known of pods that failed, and that it is True"
    )


def test_a_success_policy_is_met_by_indexes_or_their_number() -> None:
    rules = "successPolicy: {rules: [{succeededIndexes: '0,2-3'}, {succeededCount: 4}]}"
    both, any_four = job(f"completionMode: Indexed\ncompletions: 9\n{rules}").success_rules
    assert both.is_met(frozenset({0, 2, 3}))
    assert not both.is_met(frozenset({0, 1, 2, 4, 5}))
    assert any_four.is_met(frozenset({5, 6, 7, 8}))
    assert not any_four.is_met(frozenset({5, 6, 7}))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("completionMode: Indexed", "spec.completions: required value: when completion mode is Indexed"),
        ("backoffLimitPerIndex: 1", "spec.backoffLimitPerIndex: requires indexed completion mode"),
        ("maxFailedIndexes: 1", "spec.maxFailedIndexes: requires backoffLimitPerIndex to be specified"),
        (
            "podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {operator: In, values: [1]}}]}",
            "spec.podFailurePolicy.rules[0].action: requires the backoffLimitPerIndex to be set",
        ),
        (
            "podFailurePolicy: {rules: [{action: Count, onExitCodes: {operator: In, values: [0]}}]}",
            "spec.podFailurePolicy.rules[0].onExitCodes.values: must not be 0 for the In operator",
        ),
        (
            "podFailurePolicy: {rules: [{action: Count}]}",
            "spec.podFailurePolicy.rules[0]: expected exactly one of onExitCodes and onPodConditions",
        ),
        (
            "podFailurePolicy: {rules: []}\npodReplacementPolicy: TerminatingOrFailed",
            'spec.podReplacementPolicy: unsupported value: "TerminatingOrFailed"',
        ),
        (
            "completionMode: Indexed\ncompletions: 3\nsuccessPolicy: {rules: [{succeededIndexes: '0-x'}]}",
            "spec.successPolicy.rules[0].succeededIndexes: cannot convert string to integer for index: '0-x'",
        ),
        (
            "completionMode: Indexed\ncompletions: 3\nsuccessPolicy: {rules: [{succeededIndexes: '0,1-3000000000'}]}",
            "spec.successPolicy.rules[0].succeededIndexes: too large index: 3000000000, of 3 completions",
        ),
        (
            "completionMode: Indexed\ncompletions: 3\nsuccessPolicy: {rules: [{succeededIndexes: '2-1'}]}",
            "spec.successPolicy.rules[0].succeededIndexes: non-increasing order, previous: 2, current: 1",
        ),
        (
            "completionMode: Indexed\ncompletions: 3\nsuccessPolicy: {rules: [{succeededCount: 4}]}",
            "spec.successPolicy.rules[0].succeededCount: must be less than or equal to 3",
        ),
        (
            "completionMode: Indexed\ncompletions: 3\nsuccessPolicy: {rules: [{succeededIndexes: '0,2', "
            "succeededCount: 3}]}",
            "spec.successPolicy.rules[0].succeededCount: must be less than or equal to 2",
        ),
        (
            "podFailurePolicy: {rules: [{action: Count, onExitCodes: {containerName: x, operator: In, values: [1]}}]}",
            "spec.podFailurePolicy.rules[0].onExitCodes.containerName: must be one of the container or initContainer",
        ),
    ],
)
def test_what_the_api_server_refuses_is_refused(spec: str, message: str) -> None:
    assert any(found.startswith(message) for found in refused(job_object(spec))), refused(job_object(spec))


def test_a_restart_policy_must_be_given_and_one_that_ends() -> None:
    always, none = POD.replace("Never", "Always"), POD.replace("restartPolicy: Never, ", "")
    assert refused(job_object(pod=none))[0].endswith('required value: valid values: "OnFailure", "Never"')
    assert 'supported values: "OnFailure", "Never"' in refused(job_object(pod=always))[0]
    policy = "podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}"
    assert refused(job_object(policy, POD.replace("Never", "OnFailure"))) == [
        'spec.template.spec.restartPolicy: only "Never" is supported when podFailurePolicy is specified'
    ]


def test_a_cron_job_has_a_schedule_a_zone_and_a_short_name() -> None:
    made = cron_job('schedule: "@daily"\ntimeZone: Europe/Berlin\nconcurrencyPolicy: Forbid')
    assert (made.schedule.hours, made.schedule.zone) == (frozenset({0}), "Europe/Berlin")
    assert refused(cron_object('schedule: "0 4 * *"')) == [
        "spec.schedule: expected exactly 5 fields, found 4: [0 4 * *]"
    ]
    assert refused(cron_object('schedule: "@daily"\ntimeZone: Mars/Olympus')) == [
        "spec.timeZone: unknown time zone Mars/Olympus"
    ]
    assert refused(cron_object(name="x" * 53)) == ["metadata.name: must be no more than 52 characters"]


def test_what_belongs_to_a_cron_job_or_is_over_is_not_begun_again() -> None:
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": "tick", "uid": "1", "controller": True}
    owned = job_object(ownerReferences=[owner])
    done = job_object() | {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    built = build(cron_object(), owned)
    assert (len(built.cluster.cron_jobs), len(built.cluster.jobs), built.made_by_others) == (1, 0, {"Job": 1})
    built = build(done)
    assert built.cluster.jobs == ()
    assert [warning.message for warning in built.warnings] == ["the Job has finished (Complete): left out"]


def test_a_service_may_select_the_pods_of_jobs() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}
    by_app = service | {"spec": {"selector": {"app": "work"}, "ports": [{"port": 1}]}}
    by_name = service | {"spec": {"selector": {"batch.kubernetes.io/job-name": "work"}, "ports": [{"port": 1}]}}
    assert build(job_object(), by_app).podless == build(job_object(), by_name).podless == {}
    assert build(cron_object(), by_app).podless == {}
    assert len(build(cron_object(), by_name).podless) == 1


def test_the_fields_of_a_template_in_a_cron_job_are_those_of_job_and_pod() -> None:
    cron = cron_object(job="managedBy: example.com/queue")
    cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": 1}}
    named = [one.field for one in build(cron).named]
    assert named == ["Pod spec.containers[].resources.limits.cpu", "Job spec.managedBy"]

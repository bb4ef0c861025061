"""Jobs in experiment files: what is said of them, what is asked of them, and how they are reported."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments import Experiment, Results
from experiments.report import jobs, text
from models.input.problems import InputError

POD = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "3"}}}]}


def cron_job(**spec: Any) -> dict[str, Any]:
    work = {"backoffLimit": 0, "template": {"spec": POD}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "tick"},
        "spec": {"schedule": "@hourly", "jobTemplate": {"spec": work}, **spec},
    }


def deployment(priority: str | None = None) -> dict[str, Any]:
    labels = {"app": "web"}
    pod = {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "2"}}}]}
    template = {"metadata": {"labels": labels}, "spec": pod | ({"priorityClassName": priority} if priority else {})}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
}
HIGH = {
    "apiVersion": "scheduling.k8s.io/v1",
    "kind": "PriorityClass",
    "metadata": {"name": "high"},
    "value": 100,
}


def experiment(folder: Path, *objects: dict[str, Any], nodes: int = 1, **spec: Any) -> Experiment:
    (folder / "m.yaml").write_text(yaml.safe_dump_all(objects))
    pool = {"name": "n", "count": nodes, "zones": ["a"], "allocatable": {"cpu": "4", "memory": "16Gi"}}
    run = {"kind": "fixed", "value": "10m"}
    written = {
        "apiVersion": "kubenines/v1",
        "kind": "Experiment",
        "metadata": {"name": "jobs"},
        "spec": {
            "duration": "1d",
            "replications": 3,
            "cluster": {"pools": [pool]},
            "manifests": ["m.yaml"],
            "behaviour": {"overrides": [{"match": {"kind": "CronJob", "name": "tick"}, "run": run}]},
        }
        | spec,
    }
    (folder / "e.yaml").write_text(yaml.safe_dump(written))
    return Experiment.from_yaml(folder / "e.yaml")


def asked(metric: str, **limit: Any) -> dict[str, Any]:
    return {"job": "CronJob/tick", "metric": metric, **limit}


def verdicts(found: Results) -> list[str]:
    return [judgement.verdict for judgement in found.objectives]


def test_jobs_are_judged_and_shown_by_success_and_lateness(tmp_path: Path) -> None:
    objectives = [
        *(asked("jobSuccess", atLeast="90%"), asked("jobLateness", atMost="11m"), asked("jobLateness", atMost="10m")),
    ]
    found = experiment(tmp_path, cron_job(), objectives=objectives).run()
    assert verdicts(found) == ["met", "met", "missed"]
    assert [line.partition(":")[0] for line in text.objective_lines(found)] == [
        "CronJob/tick runs complete >= 90%",
        "CronJob/tick complete within 11m of when it is due, in the mean",
        "CronJob/tick complete within 10m of when it is due, in the mean",
    ]
    [row] = jobs.table(found).rows
    cells = dict(zip((column.heading for column in jobs.COLUMNS), row, strict=True))
    # Due every hour from one o'clock to eleven at night, and the next midnight is the end.
    assert (cells["JOB"], cells["RUNS"], cells["FAILED"], cells["MISSED"]) == ("CronJob/tick", "69", "0", "0")
    assert found.verdict() == 1


def test_without_jobs_there_is_no_table_of_them(tmp_path: Path) -> None:
    found = experiment(tmp_path, deployment(), SERVICE).run()
    assert not jobs.table(found)


def test_failed_jobs_say_why(tmp_path: Path) -> None:
    override = {"match": {"kind": "CronJob"}, "run": {"kind": "fixed", "value": "10m"}, "failureProbability": 1.0}
    objectives = [asked("jobSuccess", atLeast="50%"), asked("jobLateness", atMost="1h")]
    found = experiment(tmp_path, cron_job(), behaviour={"overrides": [override]}, objectives=objectives).run()
    assert verdicts(found) == ["missed", "missed"]
    [row] = jobs.table(found).rows
    assert row[-1] == "BackoffLimitExceeded 69"


def test_a_pod_of_a_job_may_take_the_room_of_a_service(tmp_path: Path) -> None:
    greedy = cron_job()
    greedy["spec"]["jobTemplate"]["spec"]["template"]["spec"] = POD | {"priorityClassName": "high"}
    found = experiment(tmp_path, HIGH, deployment(), SERVICE, greedy).run()
    assert set(found.outages["cause"]) == {"preemption"}
    # Each run takes its room for ten minutes.
    assert found.runs["availability"].to_numpy() == pytest.approx(1 - 23 / 24 / 6, abs=0.02)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        ({"job": "CronJob/tock", "metric": "jobSuccess", "atLeast": "9%"}, "did you mean 'CronJob/tick'?"),
        ({"job": "CronJob/tick", "atLeast": "9%"}, "'availability' is a metric of a service; expected 'service'"),
        (
            {"service": "web", "metric": "jobSuccess", "atLeast": "9%"},
            "is a metric of a job; expected 'job'",
        ),
        ({"metric": "jobLateness", "atMost": "1h"}, "'job' is required here"),
        ({"job": "CronJob/tick", "metric": "jobLateness", "atLeast": "9%"}, "expected 'atMost'"),
    ],
)
def test_what_cannot_be_asked_of_a_job_is_refused(tmp_path: Path, objective: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        experiment(tmp_path, cron_job(), objectives=[objective])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"failureProbability": 1.5}, "expected a number not greater than 1 (got 1.5)"),
        ({"exitCode": 0}, "expected the exit code of a failure, from 1 to 255"),
    ],
)
def test_behaviour_that_cannot_be_is_refused(tmp_path: Path, override: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        experiment(tmp_path, cron_job(), behaviour={"overrides": [{"match": {"kind": "Job"}} | override]})
    assert message in str(caught.value)

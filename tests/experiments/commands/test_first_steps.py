"""The way in: from an installed package to a first answer, without the sources."""

from pathlib import Path

import pytest

from experiments.cli import main
from experiments.experiment import Experiment

SHOP = Path(__file__).parents[3] / "experiments" / "manifests" / "shop.yaml"


def test_the_examples_are_listed_with_their_questions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["examples"]) == 0
    said = capsys.readouterr()
    assert "quickstart          What does a second replica buy?" in said.out
    assert said.err == "copy them with: kubenines examples -o FOLDER\n"


def test_examples_that_are_copied_can_be_read_and_are_not_written_over(tmp_path: Path) -> None:
    assert main(["examples", "-o", str(tmp_path)]) == 0
    for path in (tmp_path / "configs").iterdir():
        assert Experiment.from_yaml(path).scenarios()
    assert main(["examples", "-o", str(tmp_path)]) == 2


def test_a_first_experiment_is_written_about_manifests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "shop.yaml").write_bytes(SHOP.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert main(["init", "deploy"]) == 0
    assert "run it with: kubenines run experiment.yaml" in capsys.readouterr().err
    assert Experiment.from_yaml("experiment.yaml").policies == ("as-shipped", "three-replicas")
    assert main(["run", "experiment.yaml", "-n", "2", "-q", "--no-fail"]) == 0
    assert main(["init", "deploy"]) == 2


JOBS = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: "1e3", namespace: batch}
spec:
  schedule: "@daily"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}
"""


def test_a_first_experiment_says_how_long_jobs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jobs.yaml").write_text(JOBS)
    monkeypatch.chdir(tmp_path)
    assert main(["init", "jobs.yaml"]) == 0
    experiment = Experiment.from_yaml("experiment.yaml")
    [scenario] = experiment.scenarios()
    [cron_job] = scenario.cluster.cron_jobs
    assert scenario.behaviour.of("CronJob", "1e3", "batch", cron_job.template).run is not None
    assert not [warning for warning in experiment.design.warnings if "nothing says how long" in warning]


SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {selector: {app: db}, ports: [{port: 80}]}
"""
STATEFUL = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "db:1"}]}
"""
ALONE = """\
apiVersion: v1
kind: Pod
metadata: {name: db, labels: {app: db}}
spec: {containers: [{name: db, image: "db:1"}]}
"""


@pytest.mark.parametrize(
    ("manifests", "policies"), [(STATEFUL, ("as-shipped", "three-replicas")), (ALONE, ("as-shipped",))]
)
def test_what_is_written_can_be_read_whatever_the_manifests_have_and_are_called(
    tmp_path: Path, manifests: str, policies: tuple[str, ...]
) -> None:
    source, out = tmp_path / "My Database (v1).yaml", tmp_path / "experiment.yaml"
    source.write_text(manifests + SERVICE)
    assert main(["init", str(source), "-o", str(out)]) == 0
    written = Experiment.from_yaml(out)
    assert (written.name, written.policies) == ("my-database-v1", policies)


def test_an_experiment_about_nothing_is_not_written(tmp_path: Path) -> None:
    out = tmp_path / "experiment.yaml"
    assert main(["init", str(tmp_path / "nowhere"), "-o", str(out)]) == 2
    assert not out.exists()

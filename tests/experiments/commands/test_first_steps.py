"""The way in: from an installed package to a first answer, without the sources."""

import json
import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.experiment import Experiment

ROOT = Path(__file__).parents[3]
SHOP = ROOT / "experiments" / "manifests" / "shop.yaml"


def test_the_examples_are_listed_with_their_questions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["examples"]) == 0
    said = capsys.readouterr()
    assert "quickstart          What does a second replica buy?" in said.out
    modes = said.out.partition("in configs/gallery:")[2]
    assert "nodeCrash           A node is lost: how long is a Service" in modes
    assert "drain               What does patching" in modes
    notebooks = said.out.partition("in notebooks:")[2]
    assert "quickstart                         How many nines will this application" in notebooks
    assert "where-the-downtime-comes-from      Where does the downtime come from" in notebooks
    assert said.err == "copy them with: kubenines examples -o FOLDER\n"


def test_examples_that_are_copied_can_be_read_and_are_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["examples", "-o", str(tmp_path)]) == 0
    for path in (tmp_path / "configs").rglob("*.yaml"):
        assert Experiment.from_yaml(path).scenarios()
    assert json.loads((tmp_path / "notebooks" / "quickstart.ipynb").read_text())["cells"]
    capsys.readouterr()
    assert main(["examples", "-o", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert "configs exists: give another folder" in said.err
    assert not said.out


def test_the_package_hands_out_the_notebooks_that_are_built_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    assert built["wheel"]["force-include"] == {"notebooks": "experiments/notebooks"}
    assert {"README.md", "docs", "notebooks"} <= set(built["sdist"]["include"])
    installed = tmp_path / "site-packages" / "experiments"
    for name in ("configs", "manifests"):
        shutil.copytree(ROOT / "experiments" / name, installed / name)
    (installed / "notebooks").mkdir()
    (installed / "notebooks" / "mine.ipynb").write_text('{"cells": [{"source": ["# Mine\\n"]}]}')
    monkeypatch.setattr(sys.modules["experiments.commands.examples"], "PACKAGE", installed)
    assert main(["examples", "-o", str(tmp_path / "out")]) == 0
    assert [path.name for path in (tmp_path / "out" / "notebooks").iterdir()] == ["mine.ipynb"]


def test_what_the_first_commands_say_fits_eighty_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    manifests = tmp_path / "web.yaml"
    manifests.write_text(NOWHERE)
    assert main(["examples"]) == 0
    assert main(["init", "web.yaml"]) == 0
    assert main(["validate", "experiment.yaml"]) == 0
    assert main(["explain", "lawn"]) == 2
    said = capsys.readouterr()
    lines = [*said.out.splitlines(), *said.err.splitlines(), *Path("experiment.yaml").read_text().splitlines()]
    assert [line for line in lines if len(line) > 80] == []
    assert "no node has disktype=ssd" in " ".join(said.err.split())


def test_manifests_that_are_not_there_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "nowhere.yaml", "-o", str(tmp_path / "e.yaml")]) == 2
    assert capsys.readouterr().err == "nowhere.yaml: no such file or directory\n"


def test_an_application_without_a_service_is_run_and_told_that_nothing_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("alone.yaml").write_text(ALONE)
    assert main(["init", "alone.yaml"]) == 0
    assert main(["run", "experiment.yaml", "-n", "1", "-q"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("alone   1 policy x 1 replication of 1y")
    assert "note: no Service is measured" in said


ALONE = """\
apiVersion: v1
kind: Pod
metadata: {name: alone}
spec: {containers: [{name: app, image: app:1}]}
"""


def test_a_first_experiment_is_written_about_manifests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "shop.yaml").write_bytes(SHOP.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert main(["init", "deploy"]) == 0
    assert "run it with: kubenines run experiment.yaml" in capsys.readouterr().err
    assert Experiment.from_yaml("experiment.yaml").policies == ("as-shipped", "three-replicas", "three-spread")
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


@pytest.mark.parametrize(("file", "name"), [("Über uns.yaml", "ber-uns"), (f"{'a' * 150}.yaml", "a" * 60)])
def test_whatever_the_file_is_called_the_experiment_has_a_name(file: str, name: str, tmp_path: Path) -> None:
    (tmp_path / file).write_bytes(SHOP.read_bytes())
    assert main(["init", str(tmp_path / file), "-o", str(tmp_path / "out.yaml")]) == 0
    assert Experiment.from_yaml(tmp_path / "out.yaml").name == name


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
NOWHERE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {nodeSelector: {disktype: ssd}, containers: [{name: web, image: "web:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
ALONE = """\
apiVersion: v1
kind: Pod
metadata: {name: db, labels: {app: db}}
spec: {containers: [{name: db, image: "db:1"}]}
"""


@pytest.mark.parametrize(
    ("manifests", "policies"), [(STATEFUL, ("as-shipped", "three-replicas", "three-spread")), (ALONE, ("as-shipped",))]
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

"""Manifests and experiments on stdin: read, run, kept, and run again."""

import io
import sys
from pathlib import Path

import pytest

from experiments import cli
from experiments.experiment import Experiment
from experiments.runner.endings import Interrupted

pytestmark = pytest.mark.usefixtures("without_plots")

APP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def kubenines(monkeypatch: pytest.MonkeyPatch, text: str, *arguments: str) -> int:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    return cli.main(arguments)


def test_plain_manifests_are_run_as_init_would_have_it_and_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kubenines(monkeypatch, APP, "run", "-", "-n", "1", "-j", "1", "-q") == 0
    first = capsys.readouterr().out
    assert first.startswith("stdin   3 policies x 1 replication of 1y   3/3 runs")
    assert Path("results/stdin/inputs/1-stdin.yaml").read_text() == APP
    assert "# Found: 1 Service, 1 Deployment." in Path("results/stdin/experiment.yaml").read_text()
    assert kubenines(monkeypatch, APP, "run", "-", "-n", "1", "-j", "1", "-q") == 0
    assert capsys.readouterr().out == first
    again = ("run", "results/stdin/resolved.yaml", "-o", "results/stdin", "-n", "1", "-j", "1", "-q")
    assert kubenines(monkeypatch, "", *again) == 0
    assert capsys.readouterr().out == first
    assert [path.name for path in Path("results/stdin/inputs").iterdir()] == ["1-stdin.yaml"]


def test_an_interrupted_run_goes_on_without_stdin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*given: object, **settings: object) -> None:
        raise Interrupted(1, 3, "")

    monkeypatch.setattr("experiments.runner.run.run", interrupted)
    assert kubenines(monkeypatch, APP, "run", "-", "-n", "1") == 130
    said = capsys.readouterr().err
    assert "resume: kubenines run results/stdin/resolved.yaml -n 1 --resume\n" in said
    asked = ("--threshold", "web outages <= 4 a year")
    assert kubenines(monkeypatch, APP, "check", "-", "-o", "kept", *asked) == 130
    said = capsys.readouterr().err
    assert f"resume: kubenines check kept/resolved.yaml -o kept --threshold '{asked[1]}'\n" in said


def test_an_experiment_may_come_by_stdin_or_take_its_manifests_from_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kubenines(monkeypatch, APP, "init", "-") == 0
    assert "kubenines run experiment.yaml < MANIFESTS" in capsys.readouterr().err
    text = Path("experiment.yaml").read_text()
    assert kubenines(monkeypatch, APP, "validate", "experiment.yaml") == 0
    assert "3 policies, 1 Service" in capsys.readouterr().out
    assert kubenines(monkeypatch, text, "validate", "-") == 2
    assert "the experiment itself is on stdin: give its manifests as files" in capsys.readouterr().err
    Path("app.yaml").write_text(APP)
    added = text.replace('"-"', "app.yaml").replace("- name: three-spread", '- name: three-spread\n    add: ["-"]')
    assert kubenines(monkeypatch, added, "validate", "-") == 2
    assert "policies[2].add[0]: the experiment itself is on stdin" in capsys.readouterr().err
    with_file = text.replace('"-"', "app.yaml")
    assert kubenines(monkeypatch, with_file, "validate", "-") == 0
    assert capsys.readouterr().out == "<stdin>: experiment stdin: 3 policies, 1 Service, 50 replications of 1y\n"
    assert kubenines(monkeypatch, with_file, "show", "-") == 0


@pytest.mark.parametrize("command", ["validate", "lint", "run", "plan", "init"])
def test_problems_have_their_place_on_stdin(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kubenines(monkeypatch, APP.replace("ports: [{", "ports: [x, {"), command, "-") == 2
    assert "<stdin>:13:38: Service/web spec.ports[0]: expected a mapping" in capsys.readouterr().err
    assert not Path("experiment.yaml").exists()


def test_lint_reads_stdin_and_writes_nothing_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kubenines(monkeypatch, APP, "lint", "-") == 0
    out = capsys.readouterr().out
    assert "<stdin>:4:1: warning: Deployment/web: it has one replica" in out
    assert "(--fix)" not in out  # there is no file to write
    assert kubenines(monkeypatch, APP, "lint", "-", "--fix") == 2
    assert "--fix writes into files" in capsys.readouterr().err


def test_an_experiment_on_stdin_is_kept_as_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("app.yaml").write_text(APP)
    text = "# mine\n" + Experiment.from_manifests("app.yaml").set("spec.replications", 1).to_yaml()
    assert kubenines(monkeypatch, text, "run", "-", "-q", "-j", "1") == 0
    assert Path("results/app/experiment.yaml").read_text() == text


@pytest.mark.slow
def test_the_manifests_of_a_sweep_may_come_by_stdin_whichever_process_makes_its_points(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sweep = "sweep={axes: [{name: nodes, path: 'cluster.pools[general].count', values: [3, 4]}]}"
    run = ("-n", "1", "-q", "--set", "duration=1d")
    assert kubenines(monkeypatch, APP, "run", "-", *run, "-j", "2", "--set", sweep) == 0
    kept = sorted(path.name for path in Path("results/stdin/.state/sweep/cells").iterdir())
    again = ("run", "results/stdin/resolved.yaml", "-o", "results/stdin")
    assert kubenines(monkeypatch, "", *again, *run, "-j", "1") == 0
    assert sorted(path.name for path in Path("results/stdin/.state/sweep/cells").iterdir()) == kept

"""Stored runs: a run that is read back is the run that was stored, and can be measured without simulating again."""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.cli import main
from experiments.design.goal import Quorum
from experiments.experiment import Experiment
from experiments.metrics.availability import availability
from experiments.metrics.burn_rate import alerts
from experiments.metrics.cluster import ClusterObservation
from experiments.metrics.measure import measure_cluster
from experiments.metrics.metric import metrics
from experiments.metrics.observation import Observation
from experiments.metrics.rollouts import rollouts
from experiments.results import Results
from experiments.store import events
from experiments.store.folder import NotAResultFolder
from models.input.problems import InputError
from simulator.run import Run, simulate
from tests.experiments.small_results import APPLICATION, without_pictures

SCALED = (
    APPLICATION.replace("replicas: 1", "replicas: 3")
    + """\
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 6
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
"""
)
EXPERIMENT = """
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: stored}
spec:
  duration: 20d
  warmup: 1d
  replications: 2
  seed: 5
  manifests: [app.yaml]
  cluster: {pools: [{name: a, count: 3, zones: [x, y], allocatable: {cpu: 4, memory: 8Gi}}]}
  failures:
  - {name: crash, type: nodeCrash, timeToFailure: {kind: exponential, mean: 5d},
     timeToRepair: {kind: fixed, value: 20m}}
  - {name: oom, type: containerCrash, timeToFailure: {kind: exponential, mean: 2d}}
  operations: [{name: release, type: rollout, target: Deployment/web, every: 3d}]
  load: [{target: Deployment/web, steps: [{at: 0s, total: 700m}, {at: 8d, total: 1200m}]}]
  services: [{name: web, available: {when: quorum}, slo: {objective: 99.9%, period: 7d}}]
  policies: [{name: one}, {name: two, patches: [{target: {kind: Deployment}, set: {spec.replicas: 4}}]}]
"""

SHORT = ("spec.duration=1d",)


@pytest.fixture(scope="module", autouse=True)
def _no_reports() -> Iterator[None]:
    """They take longer than all that is tested here."""
    with without_pictures():
        yield


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("experiment")
    (folder / "app.yaml").write_text(SCALED)
    (folder / "stored.yaml").write_text(EXPERIMENT)
    return folder / "stored.yaml"


@pytest.fixture(scope="module")
def run(file: Path) -> Run:
    """Crashes, rollouts and an autoscaler in one run."""
    scenario = next(iter(Experiment.from_yaml(file).scenarios()))
    return simulate(
        scenario.cluster,
        duration=scenario.duration,
        warmup=scenario.warmup,
        behaviour=scenario.behaviour,
        failures=scenario.failures,
        operations=scenario.operations,
        loads=scenario.loads,
        seed=5,
        keep_log=True,
    )


@pytest.fixture(scope="module")
def results(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The whole experiment, with all transitions."""
    return Experiment.from_yaml(file).run(out=tmp_path_factory.mktemp("results") / "all", events=2)


def test_a_stored_run_that_was_changed_is_refused_and_run_again(results: Results, file: Path, tmp_path: Path) -> None:
    assert results.path is not None
    shutil.copytree(results.path, tmp_path / "copy")
    stored = tmp_path / "copy" / "events"
    shutil.copy(stored / "two" / "0.parquet", stored / "one" / "0.parquet")
    (stored / "one" / "1.parquet").unlink()
    copy = Results.open(tmp_path / "copy")
    assert copy.stored() == results.stored()
    for replication, said in enumerate(("is not as it was written", "cannot be read")):
        with pytest.raises(NotAResultFolder, match=rf"events/one/{replication}\.parquet {said}; run .* to resume it"):
            copy.stored_run("one", replication)
    again = Experiment.from_yaml(file).run(out=tmp_path / "copy", events=2)
    assert again.stored_run("one", 0).seed == results.stored_run("one", 0).seed


def test_a_run_that_is_read_back_is_the_run_that_was_stored(run: Run, tmp_path: Path) -> None:
    (tmp_path / "0.parquet").write_bytes(events.stored(run))
    again = events.read(tmp_path / "0.parquet")
    assert run.log is not None
    assert again.log is not None
    assert np.array_equal(again.log.columns(), run.log.columns())
    assert again.log.to_frame().equals(run.log.to_frame())
    for name in ("causes", "selected_by", "in_front_of", "publishing"):
        assert getattr(again.log, name) == getattr(run.log, name)
    assert list(again.log.zones) == list(run.log.zones) == ["x", "y", "x"]
    for field in dataclasses.fields(Run):
        if field.name not in ("log", "services"):
            assert getattr(again, field.name) == getattr(run, field.name)
    assert events.stored(again) == events.stored(run)


def test_the_histories_of_the_services_are_in_the_log(run: Run, tmp_path: Path) -> None:
    (tmp_path / "0.parquet").write_bytes(events.stored(run))
    live, read = run.services["web"], events.read(tmp_path / "0.parquet").services["web"]
    assert len(live.answering.times) > 50
    assert sorted(set(live.desired.values)) == [3, 5]
    for name in ("answering", "ready", "desired"):
        one, other = getattr(live, name), getattr(read, name)
        assert np.array_equal(one.times, other.times)
        assert np.array_equal(one.values, other.values)
        assert one.end == other.end


def test_every_metric_of_a_stored_log_is_that_of_the_live_run(results: Results) -> None:
    assert results.runs["outages"].sum() > 0
    assert results.runs["alerts"].sum() > 0
    for column, metric in metrics(Observation).items():
        again = results.measure(metric.measure)
        assert list(again["policy"]) == ["one", "one", "two", "two"]
        np.testing.assert_array_equal(again[column], results.runs[column])


def test_metrics_of_the_cluster_and_rollouts_too(results: Results) -> None:
    def cluster(run: Run) -> dict[str, float]:
        assert run.log is not None
        return measure_cluster(ClusterObservation(run.log, run.start, run.end))

    rows = results.measure_runs(cluster)["cluster"].tolist()
    assert rows == results.cells[list(rows[0])].to_dict("records")
    assert results.cells["reschedules"].sum() > 0

    table = results.tables["rollouts"]
    assert set(table["outcome"]) == {"complete"}
    assert len(table) == 4 * 6  # every three days within the 20 that begin after the first
    stored = results.stored_run("two", 1)
    seen = Observation.of(stored.services["web"], Quorum(), stored.start, stored.end)
    of_run = table.loc[(table["policy"] == "two") & (table["replication"] == 1)].drop(columns=["policy", "replication"])
    assert stored.log is not None
    assert rollouts(stored.log, {"web": seen}) == of_run.to_dict("records")


def test_a_stored_run_can_be_judged_by_another_predicate(results: Results) -> None:
    assert (results.measure(availability, Quorum())["availability"] == results.runs["availability"]).all()


def test_a_log_that_was_not_kept_is_asked_for_in_vain(results: Results) -> None:
    assert len(results.log("one", 1)) == results.stored_run("one", 1).transitions
    with pytest.raises(KeyError, match=r"were not kept; run the experiment into a folder with --events sample:8"):
        results.log("one", 7)
    with pytest.raises(KeyError, match="unknown policy 'on'"):
        results.log("on", 0)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("events/*/*"))}


def test_the_same_bytes_whatever_the_number_of_workers(results: Results, file: Path, tmp_path: Path) -> None:
    Experiment.from_yaml(file).run(out=tmp_path / "two", workers=2, events=2)
    assert results.path is not None
    assert files(tmp_path / "two") == files(results.path)
    assert list(files(results.path)) == [f"events/{policy}/{r}.parquet" for policy in ("one", "two") for r in (0, 1)]


def test_a_resumed_run_keeps_what_it_is_asked_for_and_simulates_nothing_twice(file: Path, tmp_path: Path) -> None:
    simulated = []

    def counted(*args: Any, **kwargs: Any) -> Run:
        simulated.append(kwargs["replication"])
        return simulate(*args, **kwargs)

    def go_on(**kwargs: Any) -> list[int]:
        from experiments.runner import run as runner

        simulated.clear()
        runner.run(Experiment.from_yaml(file, SHORT).plan, out=tmp_path / "out", simulate=counted, **kwargs)
        return simulated.copy()

    assert go_on() == [0, 0, 1, 1]
    assert files(tmp_path / "out") == {}
    tables = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.parquet")}
    assert go_on(events=1) == [0, 0]
    assert list(files(tmp_path / "out")) == ["events/one/0.parquet", "events/two/0.parquet"]
    assert go_on(events=1) == []
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.parquet")} == tables
    assert go_on(fresh=True) == [0, 0, 1, 1]
    assert files(tmp_path / "out") == {}


def test_transitions_need_a_folder(file: Path) -> None:
    with pytest.raises(ValueError, match="kept in a result folder only"):
        Experiment.from_yaml(file).run(events=1)


@pytest.mark.parametrize(("words", "kept"), [([], 0), (["--events", "none"], 0), (["--events", "sample:1"], 2)])
def test_the_command_line_says_how_many(file: Path, tmp_path: Path, words: list[str], kept: int) -> None:
    assert main(["run", str(file), "-o", str(tmp_path / "out"), "-j", "1", "-q", "--set", *SHORT, *words]) == 0
    assert len(files(tmp_path / "out")) == kept


def test_the_command_line_says_what_it_expects(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(file), "-o", str(tmp_path / "out"), "--events", "some"]) == 2
    assert "expected none, sample:N or all (got 'some')" in capsys.readouterr().err


def test_an_slo_without_a_budget_is_refused(file: Path) -> None:
    text = file.read_text().replace("objective: 99.9%", "objective: 100%")
    (file.parent / "bad.yaml").write_text(text)
    with pytest.raises(InputError, match="expected more than 0% and less than 100%"):
        Experiment.from_yaml(file.parent / "bad.yaml")


def test_alerts_are_rows_of_a_table_of_their_own(results: Results) -> None:
    table = results.tables["alerts"]
    assert len(table) == results.measure(alerts)["alerts"].sum()
    assert set(table["alert"]) <= {"page-1h", "page-6h", "ticket-3d"}

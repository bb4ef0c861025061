"""A replication simulated again from its folder is the run that the tables were made of, or an error says why not."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.experiment import Experiment
from experiments.plots import Plots
from experiments.results import Results
from experiments.runner.again import NotTheSame, run_again
from experiments.store.folder import NotAResultFolder, ResultFolder
from models.input.problems import Refusal

APPLICATION = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, resources: {requests: {cpu: 500m}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
EXPERIMENT = """
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: again}
spec:
  duration: 20d
  warmup: 1d
  replications: 2
  seed: 5
  manifests: [app.yaml]
  cluster: {pools: [{name: a, count: 2, allocatable: {cpu: 4, memory: 8Gi}}]}
  failures: [{name: crash, type: nodeCrash, timeToFailure: {kind: exponential, mean: 3d},
              timeToRepair: {kind: fixed, value: 20m}}]
  policies: [{name: one}, {name: two, patches: [{target: {kind: Deployment}, set: {spec.replicas: 2}}]}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two policies, twice, with the transitions of replication 0; without pictures, which take longest."""
    where = tmp_path_factory.mktemp("again")
    (where / "app.yaml").write_text(APPLICATION)
    (where / "again.yaml").write_text(EXPERIMENT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plots, "save", lambda *arguments: [])
        patch.setattr(Results, "to_html", lambda *arguments: None)
        Experiment.from_yaml(where / "again.yaml").run(out=where / "results", events=1)
    (where / "app.yaml").unlink()  # the folder stands alone
    return where / "results"


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_a_replication_comes_out_as_the_tables_have_it(folder: Path) -> None:
    run, results = run_again(folder, "one", 1), Results.open(folder)
    assert (run.start, run.end, run.replication) == (86400.0, 21 * 86400.0, 1)
    assert run.log is not None
    row = results.cells.loc[(results.cells["policy"] == "one") & (results.cells["replication"] == 1)]
    assert [len(run.log)] == list(row["transitions"])
    outages = results.outages.loc[(results.outages["policy"] == "one") & (results.outages["replication"] == 1)]
    assert len(outages) > 2
    assert np.array_equal(outages["start_s"], run.services["web"].answering.intervals_below(1)[:, 0] - run.start)


def test_the_transitions_are_those_that_would_have_been_kept(copy: Path) -> None:
    kept = Results.open(copy).stored_run("two", 0)
    folder = ResultFolder(copy)
    manifest = folder.manifest()
    assert manifest is not None
    files = {name: sha for name, sha in manifest.files.items() if not name.startswith("events")}
    folder.write_manifest(replace(manifest, files=files))
    again = run_again(copy, "two", 0)
    assert kept.log is not None
    assert again.log is not None
    assert np.array_equal(again.log.columns(), kept.log.columns())
    assert again.log.causes == kept.log.causes


def test_transitions_that_were_kept_are_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.runner.again.simulate", None)
    run = run_again(folder, "two", 0)
    assert run.log is not None
    assert len(run.log) == run.transitions


def test_an_outcome_that_the_tables_do_not_have_is_refused(copy: Path) -> None:
    manifest = copy / "inputs" / "1-app.yaml"
    manifest.write_text(manifest.read_text().replace("replicas: 1", "replicas: 3"))
    with pytest.raises(
        NotTheSame, match=r"replication 1 of 'one' .* transitions instead of .* other outages of web \("
    ):
        run_again(copy, "one", 1)
    with pytest.raises(NotTheSame, match=r"inputs were changed, or .* another version of kubenines \(\d"):
        run_again(copy, "one", 1)


def test_what_the_folder_does_not_hold_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="holds no replication 2 of 'one'"):
        run_again(folder, "one", 2)
    with pytest.raises(KeyError, match="unknown policy 'on'; there are one, two"):
        run_again(folder, "on", 0)
    with pytest.raises(NotAResultFolder, match="is not a result folder"):
        run_again(tmp_path / "nothing", "one", 0)


def test_a_replication_that_failed_is_not_run_again(copy: Path) -> None:
    folder = ResultFolder(copy)
    manifest = folder.manifest()
    assert manifest is not None
    tables, _ = folder.read(manifest)
    cells = tables["cells"]
    cells.loc[(cells["policy"] == "one") & (cells["replication"] == 1), ["status", "error"]] = ["failed", "it broke"]
    folder.write_tables(tables, Results.open(copy).summary())
    folder.write_manifest(replace(manifest, files=manifest.files | folder.checksums()))
    with pytest.raises(Refusal, match="replication 1 of 'one' failed: it broke"):
        run_again(copy, "one", 1)

"""A replication simulated again from its folder is the run that the tables were made of, or an error says why not."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.results import Results
from experiments.runner.again import NotTheSame, rerun, run_again
from experiments.store.folder import NotAResultFolder, ResultFolder
from models.input.problems import Refusal
from tests.experiments.small_results import small_results


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the transitions of replication 0."""
    return small_results(tmp_path_factory.mktemp("again"), events=1)


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


def test_results_that_were_not_kept_cannot_be_run_again(folder: Path) -> None:
    kept = Results.open(folder)
    with pytest.raises(Refusal, match="kept in no folder"):
        rerun(Results(kept.manifest, kept.tables, kept.resolved), "one", 0)


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

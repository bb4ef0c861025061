"""The result folder."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.store.cell import Cell
from experiments.store.files import write
from experiments.store.folder import NotAResultFolder, ResultFolder
from experiments.store.inputs import differences, with_copies
from experiments.store.manifest import Manifest
from experiments.store.tables import COLUMNS, tables


def cell(policy: str = "a", replication: int = 0, status: str = "done") -> Cell:
    metrics = {column: 1.0 for column in COLUMNS["runs"] if column not in ("policy", "replication", "service")}
    return Cell(
        policy,
        replication,
        f"id-{policy}",
        7,
        status,
        transitions=12,
        strikes={"zone": 1, "crash": 2},
        pending={"web-1": "0/1 nodes are available"},
        services={"web": metrics},
        outages={"web": np.array([[1.5, 2.25], [3.1, 4.0]])},
        causes={"web": ["crash", ""]},
    )


def manifest() -> Manifest:
    return Manifest("x", ["a", "b"], ["web"], 2, 0.95, 1e6, 0.0, 7, {"a": "id-a", "b": "id-b"})


def test_a_cell_survives_its_chunk_exactly(tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path)
    folder.save_chunk([cell(), cell("b", 3)])
    found = {one.policy: one for one in folder.cells(["id-a", "id-b"])}
    assert found["b"].to_json() == cell("b", 3).to_json()
    np.testing.assert_array_equal(found["a"].outages["web"], cell().outages["web"])


def test_failed_cells_foreign_cells_and_broken_chunks_do_not_count_as_done(tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path)
    folder.save_chunk([cell("a", 0, status="failed"), cell("a", 1)])
    folder.save_chunk([cell("b", 0)])
    (tmp_path / ".state" / "torn.json").write_text('[{"policy": "a"')
    assert [one.replication for one in folder.cells(["id-a"])] == [1]


def test_the_manifest_is_read_back_and_newer_keys_are_ignored(tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path)
    folder.write_manifest(manifest())
    assert folder.manifest() == manifest()
    text = json.loads((tmp_path / "manifest.json").read_text()) | {"from_the_future": 1, "schema_version": 99}
    (tmp_path / "manifest.json").write_text(json.dumps(text))
    assert folder.manifest() == replace(manifest(), schema_version=99)


def test_an_empty_or_missing_folder_holds_no_results(tmp_path: Path) -> None:
    assert ResultFolder(tmp_path).manifest() is None
    assert ResultFolder(tmp_path / "missing").manifest() is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "junk", '{"name": "x"}'])
def test_a_file_that_is_no_manifest_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(NotAResultFolder):
        ResultFolder(tmp_path).manifest()


def test_tables_are_sorted_and_have_the_documented_columns() -> None:
    cells = [cell("b", 1), cell("a", 10), cell("a", 2), cell("b", 0)]
    frames = tables(cells, ["b", "a"], ["web"])
    assert {name: list(frame.columns) for name, frame in frames.items()} == {n: list(c) for n, c in COLUMNS.items()}
    assert frames["cells"][["policy", "replication"]].to_numpy().tolist() == [["b", 0], ["b", 1], ["a", 2], ["a", 10]]
    assert frames["cells"]["strikes"].iloc[0] == '{"crash": 2, "zone": 1}'
    assert len(frames["outages"]) == 8


def test_empty_tables_have_the_same_types_as_full_ones(tmp_path: Path) -> None:
    empty, full = tables([], ["a"], ["web"]), tables([cell()], ["a"], ["web"])
    for name in COLUMNS:
        assert empty[name].dtypes.to_dict() == full[name].dtypes.to_dict()
    ResultFolder(tmp_path).write_tables(empty, pd.DataFrame({"availability": [float("nan")]}))
    assert json.loads((tmp_path / "summary.json").read_text()) == [{"availability": None}]


def finished(folder: ResultFolder) -> Manifest:
    """A folder with everything that is read back."""
    folder.write_inputs("kind: Experiment", {"spec": {}}, [])
    folder.write_tables(tables([cell(), cell("a", 1)], ["a"], ["web"]), pd.DataFrame({"x": [1]}))
    return replace(manifest(), files=folder.checksums())


def test_written_tables_read_back_equal(tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path)
    read, resolved = folder.read(finished(folder))
    assert resolved == {"spec": {}}
    for name, frame in tables([cell(), cell("a", 1)], ["a"], ["web"]).items():
        pd.testing.assert_frame_equal(read[name], frame)


def test_what_a_run_that_was_killed_had_begun_to_write_goes_with_the_next(tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path)
    folder.save_chunk([cell()])
    (tmp_path / ".tables-x.tmp").mkdir()
    (tmp_path / ".tables-x.tmp" / "runs.parquet").touch()
    begun = [".runs.parquet.7.tmp", ".state/.x.json.7.tmp", ".state/sweep/cells/.x.jsonl.7.tmp"]
    others = [".report.html.7.tmp", ".mine.tmp"]  # other commands write pages and pictures meanwhile
    for name in (*begun, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with folder.locked():
        left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.tmp*")}
    assert left == {*others}


def test_a_file_that_is_not_as_it_was_written_is_named(tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path)
    complete = finished(folder)
    (tmp_path / "resolved.yaml").unlink()
    with pytest.raises(ValueError, match=r"^resolved\.yaml cannot be read$"):
        folder.read(complete)
    os.replace(tmp_path / "runs.parquet", tmp_path / "cells.parquet")
    with pytest.raises(ValueError, match=r"^runs\.parquet cannot be read$"):
        folder.read(complete)


@pytest.mark.parametrize("change", [{"confidence": 0.5}, {"policies": {"a": 1}}, {"replications": -1}, {"more": 0}])
def test_a_manifest_that_was_changed_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path)
    folder.write_manifest(manifest())
    folder.save_chunk([cell()])
    values = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(values))  # another layout is no change
    assert folder.manifest() == manifest()
    (tmp_path / "manifest.json").write_text(json.dumps(values | change))
    with pytest.raises(NotAResultFolder, match=r"it was changed since it was written; run .* with --fresh"):
        folder.manifest()


@pytest.mark.parametrize("damage", ["directory", "loop", "lost"])
def test_a_manifest_that_cannot_be_read_is_named(damage: str, tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path)
    folder.save_chunk([cell()])
    path = tmp_path / "manifest.json"
    if damage == "directory":
        path.mkdir()
    elif damage == "loop":
        path.symlink_to(path)
    else:
        assert folder.manifest() is None
        return
    with pytest.raises(NotAResultFolder, match=r"manifest\.json cannot be read: .*; run .* with --fresh"):
        folder.manifest()
    folder.clear()
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.parametrize("other", ["directory", "loop", "link"])
def test_what_is_in_the_place_of_the_lock_is_taken_away(other: str, tmp_path: Path) -> None:
    lock = tmp_path / "out" / ".lock"
    lock.parent.mkdir()
    (tmp_path / "file").write_text("mine")
    if other == "directory":
        lock.mkdir()
    else:
        lock.symlink_to(lock if other == "loop" else tmp_path / "file")
    with ResultFolder(tmp_path / "out").locked():
        assert not lock.is_symlink()
    assert (tmp_path / "file").read_text() == "mine"


def test_a_chunk_that_is_not_as_it_was_written_is_skipped_and_said(tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path)
    folder.save_chunk([cell("a", 0)])
    [chunk] = (tmp_path / ".state").iterdir()
    folder.save_chunk([cell("a", 1)])
    chunk.write_text(chunk.read_text().replace('"replication": 0', '"replication": 7'))
    (tmp_path / ".state" / "directory.json").mkdir()
    said: list[Path] = []
    assert [one.replication for one in folder.cells(["id-a"], said.append)] == [1]
    assert {path.name for path in said} == {chunk.name, "directory.json"}


@pytest.mark.parametrize(("name", "is_directory"), [("runs.parquet", True), ("report.html", True), ("events", False)])
def test_what_is_in_the_way_of_a_run_is_named_and_a_fresh_one_takes_it_away(
    name: str, is_directory: bool, tmp_path: Path
) -> None:
    folder = ResultFolder(tmp_path)
    folder.save_chunk([cell()])
    folder.check_room()
    (tmp_path / name).mkdir() if is_directory else (tmp_path / name).write_text("mine")
    with pytest.raises(NotAResultFolder, match=f"{name} is a .*, where a .* belongs: take it away, or give --fresh"):
        folder.check_room()
    folder.clear()
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    write(tmp_path / "file", "old")

    def fails(path: Path) -> None:
        path.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write(tmp_path / "file", fails)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("file", "old")]


def test_differences_are_named_by_their_path() -> None:
    old = {"spec": {"seed": 1, "policies": [{"name": "a"}], "gone": True}}
    new = {"spec": {"seed": 2, "policies": [{"name": "b"}], "new": None}}
    assert differences(old, new) == [
        "spec.seed: 1 -> 2",
        'spec.policies[0].name: "a" -> "b"',
        "spec.gone: true -> null",
    ]


def test_clearing_touches_only_what_a_run_writes(tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path)
    folder.write_manifest(manifest())
    folder.save_chunk([cell()])
    (tmp_path / "notes.txt").write_text("mine")
    folder.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", ["cells.parquet", "resolved.yaml", "experiment.yaml"])
def test_a_folder_with_one_file_of_a_name_of_ours_is_somebody_else_s(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    (tmp_path / "inputs").mkdir()
    with pytest.raises(NotAResultFolder, match="exists and is not a result folder"):
        ResultFolder(tmp_path).clear()
    assert {path.name for path in tmp_path.iterdir()} == {name, "inputs"}


def test_a_file_in_the_way_is_no_result_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(NotAResultFolder, match="file"):
            ResultFolder(path).manifest()


def test_a_resolved_experiment_names_the_copies_of_its_files() -> None:
    resolved = {
        "spec": {
            "manifests": ["../shop.yaml", "more"],
            "cluster": {"nodes": ["nodes.yaml"]},
            "policies": [{"name": "a"}, {"name": "b", "add": ["more/pdb.yaml", {"kind": "Service"}]}],
        }
    }
    inputs = [Path("x/shop.yaml"), Path("x/y/more/deep/web.yaml"), Path("x/y/more/pdb.yaml"), Path("x/y/nodes.yaml")]
    copied = with_copies(resolved, Path("x/y/experiment.yaml"), inputs)
    assert copied["spec"] == {
        "manifests": ["inputs/1-shop.yaml", "inputs/2-web.yaml", "inputs/3-pdb.yaml"],
        "cluster": {"nodes": ["inputs/4-nodes.yaml"]},
        "policies": [{"name": "a"}, {"name": "b", "add": ["inputs/3-pdb.yaml", {"kind": "Service"}]}],
    }
    assert resolved["spec"]["manifests"] == ["../shop.yaml", "more"]

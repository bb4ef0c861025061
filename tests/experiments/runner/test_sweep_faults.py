"""What goes wrong around a sweep: its engine is lost, its files change, its folder is damaged, it is stopped late."""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments.check import checking
from experiments.experiment import Experiment
from experiments.file.axes import COLUMNS
from experiments.runner.endings import BrokenOff
from experiments.runner.progress import Progress
from experiments.runner.sweep import run_sweep
from experiments.search.search import search
from experiments.store import sweep_tables
from experiments.store.folder import NotAResultFolder
from experiments.sweep_results import SweepResults
from simulator.run import Run, simulate
from tests.experiments.fakes import LosesItself
from tests.experiments.runner.test_sweep import Counting, contents
from tests.experiments.small_sweep import small_sweep, without_pictures


@pytest.fixture(autouse=True)
def _no_pictures() -> Iterator[None]:
    with without_pictures():
        yield


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> SweepResults:
    folder = tmp_path_factory.mktemp("swept")
    with without_pictures():
        return small_sweep(folder).run_sweep(out=folder / "results")


def cells_of(folder: Path) -> list[Path]:
    return sorted((folder / ".state" / "sweep" / "cells").iterdir())


def test_a_sweep_whose_engine_is_lost_keeps_what_came_back_and_goes_on(ran: SweepResults, tmp_path: Path) -> None:
    experiment, folder = small_sweep(tmp_path), tmp_path / "results"
    with pytest.raises(BrokenOff, match=r"^the scheduler is gone after 6 of 16 replications$"):
        experiment.run_sweep(out=folder, engine=LosesItself(7))  # six cells, and what comes of the first point
    partly = SweepResults.open(folder)
    assert partly.manifest.status == "interrupted"
    assert partly.points["status"].tolist() == ["done"] + ["missing"] * 3
    assert len(partly.at(0).cells) == 4
    again = Counting()
    run_sweep(experiment, out=folder, simulate=again)
    assert again.runs == 10
    assert contents(folder) == contents(ran.path)


def test_an_engine_that_is_lost_at_once_costs_nothing_that_was_there(ran: SweepResults, tmp_path: Path) -> None:
    experiment, folder = small_sweep(tmp_path), tmp_path / "results"
    with pytest.raises(BrokenOff, match="after 0 of 16"):
        run_sweep(experiment, out=folder, engine=LosesItself(0))
    assert SweepResults.open(folder).points["status"].tolist() == ["missing"] * 4
    run_sweep(experiment, out=folder)
    assert contents(folder) == contents(ran.path)


def test_a_search_whose_engine_is_lost_says_so_and_goes_on(tmp_path: Path) -> None:
    experiment = small_sweep(tmp_path).set("objectives", [{"service": "web", "atLeast": "1%"}])
    with pytest.raises(BrokenOff, match="the scheduler is gone after 1 of 16"):
        search(experiment, out=tmp_path / "results", engine=LosesItself(1))
    again = Counting()
    search(experiment, out=tmp_path / "results", simulate=again)
    assert again.runs < 16


def test_a_stop_at_the_last_replication_leaves_no_point_unsaid(ran: SweepResults, tmp_path: Path) -> None:
    results = run_sweep(small_sweep(tmp_path), out=tmp_path / "results", simulate=Counting(stops_after=16))
    assert results.manifest.status == "done"
    assert results.points["status"].tolist() == ["done"] * 4
    assert contents(tmp_path / "results") == contents(ran.path)


def test_a_sweep_that_ends_while_its_report_is_written_is_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(*_: Any) -> None:
        raise KeyboardInterrupt

    run_sweep(small_sweep(tmp_path), out=tmp_path / "results", replications=1)
    monkeypatch.setattr(SweepResults, "to_html", ends)
    with pytest.raises(KeyboardInterrupt):
        run_sweep(small_sweep(tmp_path), out=tmp_path / "results")
    told: list[Path] = []
    monkeypatch.setattr(SweepResults, "to_html", lambda results, path: told.append(path))
    run_sweep(small_sweep(tmp_path), out=tmp_path / "results")
    assert told == [tmp_path / "results" / "report.html"]


def test_a_disk_that_is_full_of_tables_is_said_with_its_folder(
    ran: SweepResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Iterator[Any]:
        raise OSError(errno.ENOSPC, "Error writing bytes to file")  # as Arrow says it

    with monkeypatch.context() as patch:
        patch.setattr(sweep_tables, "_batches", full)
        with pytest.raises(OSError, match="No space left on device") as caught:
            run_sweep(small_sweep(tmp_path), out=tmp_path / "results")
    assert caught.value.filename == str(tmp_path / "results")
    again = Counting()
    run_sweep(small_sweep(tmp_path), out=tmp_path / "results", simulate=again)
    assert again.runs == 0
    assert contents(tmp_path / "results") == contents(ran.path)


def test_progress_counts_points_that_come_to_the_same(tmp_path: Path) -> None:
    axes = '  sweep: {mode: sample, samples: 4, axes: [{name: n, path: "cluster.pools[a].count", between: [2, 3]}]}\n'
    told: list[float] = []
    counting = Counting()

    def tell(progress: Progress) -> None:
        told.append(progress.share)

    run_sweep(small_sweep(tmp_path, axes), out=tmp_path / "results", simulate=counting, progress=tell)
    assert counting.runs == 8
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 1)


def fails_at_one(*args: Any, **named: Any) -> Run:
    if named["replication"] == 1:
        raise RuntimeError("the model broke")
    return simulate(*args, **named)


def test_cells_that_failed_are_among_the_results_of_their_point(tmp_path: Path) -> None:
    asked = small_sweep(tmp_path).set("objectives", [{"service": "web", "atLeast": "1%"}])
    results = run_sweep(asked, out=tmp_path / "results", simulate=fails_at_one)
    at = SweepResults.open(tmp_path / "results").at(0)
    assert at.failed[["policy", "replication"]].to_numpy().tolist() == [["one", 1], ["two", 1]]
    assert at.failed["error"].str.startswith("RuntimeError: the model broke").all()
    assert at.verdict() == 3
    assert sum(len(checked.findings.failed) for checked in checking.checks(results)) == 8


def test_finished_cells_that_are_gone_are_said_and_come_back_with_the_next_run(
    ran: SweepResults, tmp_path: Path
) -> None:
    experiment, folder = small_sweep(tmp_path), tmp_path / "results"
    run_sweep(experiment, out=folder)
    results = SweepResults.open(folder)
    assert len(results.at(3).cells) == 4
    for file in cells_of(folder):
        file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(NotAResultFolder, match=r"is not complete \(.*is gone\); run the experiment again to resume it"):
        SweepResults.open(folder).at(3)
    told: list[str] = []
    counting = Counting()
    run_sweep(experiment, out=folder, simulate=counting, warn=told.append)
    assert 0 < counting.runs <= 16
    assert told
    assert len(SweepResults.open(folder).at(3).cells) == 4
    assert contents(folder) == contents(ran.path)


def test_what_ran_is_read_only_as_it_was_written(ran: SweepResults, tmp_path: Path) -> None:
    run_sweep(small_sweep(tmp_path), out=tmp_path / "results", replications=1)
    resolved = tmp_path / "results" / "resolved.yaml"
    resolved.write_text(resolved.read_text().replace("5d", "6d"))
    with pytest.raises(NotAResultFolder, match=r"resolved\.yaml is not as it was written"):
        SweepResults.open(tmp_path / "results")


def test_a_file_that_changes_meanwhile_fails_what_it_would_change(tmp_path: Path) -> None:
    application = tmp_path / "app.yaml"

    def edited(*args: Any, **named: Any) -> Run:
        application.write_text(application.read_text().replace("500m", "600m"))
        return simulate(*args, **named)

    experiment = small_sweep(tmp_path)
    results = run_sweep(experiment, out=tmp_path / "results", simulate=edited)
    assert results.points["status"].tolist()[1:] == ["failed"] * 3
    assert "are not as they were where the sweep began, when it began" in results.points["error"].iloc[1]
    assert results.verdict() == 3
    mended = run_sweep(Experiment.from_yaml(tmp_path / "swept.yaml"), out=tmp_path / "results")
    assert mended.points["status"].tolist() == ["done"] * 4


def test_other_values_that_name_files_cost_nothing_of_those_before(tmp_path: Path) -> None:
    axes = "  sweep: {axes: [{name: application, path: manifests, values: [[app.yaml]]}]}\n"
    small_sweep(tmp_path)
    (tmp_path / "other.yaml").write_text((tmp_path / "app.yaml").read_text().replace("replicas: 1", "replicas: 3"))
    run_sweep(small_sweep(tmp_path, axes), out=tmp_path / "results")
    counting = Counting()
    more = axes.replace("[[app.yaml]]", "[[app.yaml], [other.yaml]]")
    run_sweep(small_sweep(tmp_path, more), out=tmp_path / "results", simulate=counting)
    assert counting.runs == 4


def test_what_is_in_files_decides_not_how_they_are_called(tmp_path: Path) -> None:
    axes = "  sweep: {axes: [{name: application, path: manifests, values: [[app.yaml], [other.yaml]]}]}\n"
    small_sweep(tmp_path)
    (tmp_path / "other.yaml").write_text((tmp_path / "app.yaml").read_text().replace("replicas: 1", "replicas: 3"))
    results = run_sweep(small_sweep(tmp_path, axes), out=tmp_path / "results")
    replicas = [results.at(point).scenarios.of("one").cluster.deployments[0].replicas for point in (0, 1)]
    own, other = (tmp_path / name for name in ("app.yaml", "other.yaml"))
    before = own.read_text(), other.read_text()
    own.write_text(before[1])
    other.write_text(before[0])
    counting = Counting()
    swapped = run_sweep(Experiment.from_yaml(tmp_path / "swept.yaml"), out=tmp_path / "results", simulate=counting)
    after = [swapped.at(point).scenarios.of("one").cluster.deployments[0].replicas for point in (0, 1)]
    assert (replicas, after, counting.runs) == ([1, 3], [3, 1], 0)
    again = Counting()
    run_sweep(Experiment.from_yaml(tmp_path / "results" / "resolved.yaml"), out=tmp_path / "results", simulate=again)
    assert again.runs == 0


def test_files_within_values_are_kept_and_known_by_what_is_in_them(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("time,rate\n0,1\n86400,2\n")
    (tmp_path / "two.csv").write_text("time,rate\n0,5\n86400,9\n")
    axes = """\
  traffic: [{service: web, rate: {kind: constant, value: 1}}]
  sweep:
    axes:
    - {name: rate, path: "traffic[web].rate", values: [{kind: trace, path: one.csv}, {kind: trace, path: two.csv}]}
"""
    results = run_sweep(small_sweep(tmp_path, axes), out=tmp_path / "results", replications=1)
    assert results.verdict() == 0
    for name in ("one.csv", "two.csv"):
        assert any(path.name.endswith(name) for path in (tmp_path / "results" / "inputs").iterdir())
    assert len(results.at(1).cells) == 2
    (tmp_path / "two.csv").write_text("time,rate\n0,5\n86400,8\n")
    counting = Counting()
    changed = Experiment.from_yaml(tmp_path / "swept.yaml")
    run_sweep(changed, out=tmp_path / "results", replications=1, simulate=counting)
    assert counting.runs == 2


def test_an_axis_may_change_what_another_is_found_by(tmp_path: Path) -> None:
    axes = """\
  sweep:
    axes:
    - {name: pool, path: "cluster.pools[a].name", values: [b, c]}
    - {name: nodes, path: "cluster.pools[a].count", values: [2, 3]}
"""
    results = run_sweep(small_sweep(tmp_path, axes), out=tmp_path / "results", replications=1)
    assert results.points["status"].tolist() == ["done"] * 4
    assert [len(results.at(point).scenarios.of("one").cluster.nodes) for point in range(4)] == [2, 3, 2, 3]


def test_no_axis_is_called_like_a_column_of_the_tables(ran: SweepResults) -> None:
    names = {*pd.read_parquet(ran.path / "points.parquet"), *ran.table().columns}
    assert names - {"mttf", "nodes"} <= {*COLUMNS}

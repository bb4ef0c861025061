"""Sweeps: every point as a single experiment, nothing computed twice, nothing lost."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments.experiment import Experiment
from experiments.file.axes import COLUMNS
from experiments.results import Results
from experiments.runner.endings import Interrupted, NothingRan
from experiments.runner.progress import Progress
from experiments.runner.run import ChangedExperiment
from experiments.runner.sweep import run_sweep
from experiments.store.folder import NotAResultFolder
from experiments.sweep_results import SweepResults
from models.input.problems import Refusal
from simulator.run import Run, simulate
from tests.experiments.small_sweep import AXES, small_sweep, without_pictures

TABLES = ("summary", "points", "runs", "outages", "cells", "losses")


@pytest.fixture(autouse=True)
def _no_pictures() -> Iterator[None]:
    with without_pictures():
        yield


class Counting:
    """Simulates, and knows how often."""

    def __init__(self, stops_after: int | None = None) -> None:
        self.runs, self._stops_after = 0, stops_after

    def __call__(self, *args: Any, **named: Any) -> Run:
        self.runs += 1
        if self.runs == self._stops_after:
            signal.raise_signal(signal.SIGINT)  # Ctrl-C
        return simulate(*args, **named)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / f"{name}.parquet").read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> SweepResults:
    folder = tmp_path_factory.mktemp("swept")
    with without_pictures():
        return small_sweep(folder).run_sweep(out=folder / "results")


def test_a_point_has_the_results_of_the_single_experiment_that_it_is(ran: SweepResults, tmp_path: Path) -> None:
    experiment = small_sweep(tmp_path)
    at = ran.at(ran.point("mttf=3d,nodes=2"))
    single = experiment.at(experiment.sweep.points[2])  # type: ignore[union-attr]
    alone = single.run()
    for name in ("runs", "outages", "losses", "disruptions"):
        pd.testing.assert_frame_equal(at.tables[name], alone.tables[name])
    pd.testing.assert_frame_equal(at.summary(), alone.summary())
    assert at.scenarios.of("two") == single.scenarios()[1]
    rows = ran.table().query("point == 2").drop(columns=["point", "mttf", "nodes"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(rows[alone.summary().columns], alone.summary(), check_dtype=False)


def test_the_table_has_a_row_for_each_point_policy_and_service(ran: SweepResults) -> None:
    table = ran.table()
    assert list(table.columns[:5]) == ["point", "mttf", "nodes", "policy", "service"]
    assert table[["point", "mttf", "nodes", "policy"]].to_numpy().tolist() == [
        [2 * i + j, mttf, nodes, policy]
        for i, mttf in enumerate(("1d", "3d"))
        for j, nodes in enumerate((2, 3))
        for policy in ("one", "two")
    ]
    assert ran.points["status"].tolist() == ["done"] * 4
    assert ran.services == ["web"]
    cells = pd.read_parquet(ran.path / "cells.parquet")
    assert cells[["point", "policy", "replication"]].to_numpy().tolist() == [
        [point, policy, replication] for point in range(4) for policy in ("one", "two") for replication in (0, 1)
    ]


def test_no_axis_may_be_called_as_another_column_of_the_tables(ran: SweepResults) -> None:
    points = pd.read_parquet(ran.path / "points.parquet")
    assert {*ran.table().columns, *points.columns} - set(ran.axes) <= COLUMNS


def test_points_are_told_by_their_axes(ran: SweepResults) -> None:
    assert [ran.point(told) for told in ("mttf=1d,nodes=3", "nodes=3 mttf=1d", "3", "nodes=3, mttf=3d")] == [1, 1, 3, 3]
    for told, message in {
        "mttf=1d": "2 points are like this: mttf=1d nodes=2, mttf=1d nodes=3; say nodes, too",
        "mttf=1h,nodes=2": "no point has mttf=1h; there is 1d, 3d",
        "mtff=1d": "did you mean 'mttf'?",
        "9": "there is no point 9: they are numbered from 0 to 3",
        "": "a point is told by its axes, like 'mttf=1d nodes=2'",
    }.items():
        with pytest.raises(Refusal) as caught:
            ran.point(told)
        assert message in str(caught.value)


def test_points_along_an_axis_are_compared_in_pairs(ran: SweepResults) -> None:
    along = ran.along("mttf", "nodes=2", "one")
    assert along.policies == ["mttf=1d", "mttf=3d"]
    comparison = along.comparison("web", "mttf=3d")
    assert comparison is not None
    assert comparison.paired
    with pytest.raises(Refusal, match="say where on nodes: --point nodes=2"):
        ran.along("mttf")


@pytest.mark.slow
def test_a_sweep_that_is_interrupted_goes_on_where_it_was_and_ends_the_same(ran: SweepResults, tmp_path: Path) -> None:
    experiment, folder = small_sweep(tmp_path), tmp_path / "results"

    def interrupted(progress: Progress) -> None:
        if sum(progress.done.values()) == 7:
            raise KeyboardInterrupt

    first, second = Counting(), Counting()
    with pytest.raises(KeyboardInterrupt):
        run_sweep(experiment, out=folder, progress=interrupted, simulate=first)
    run_sweep(experiment, out=folder, simulate=second)
    assert (first.runs, second.runs) == (7, 9)
    assert contents(folder) == contents(ran.path)


@pytest.mark.slow
def test_a_stop_keeps_what_is_done_and_shows_it(tmp_path: Path) -> None:
    with pytest.raises(Interrupted, match="interrupted after 9 of 16 replications"):
        run_sweep(small_sweep(tmp_path), out=tmp_path / "results", simulate=Counting(stops_after=9))
    partly = SweepResults.open(tmp_path / "results")
    assert partly.manifest.status == "interrupted"
    assert partly.points["status"].tolist()[2:] == ["missing"] * 2
    with pytest.raises(Refusal, match="is not all done yet"):
        partly.at(3)
    again = Counting()
    assert run_sweep(small_sweep(tmp_path), out=tmp_path / "results", simulate=again).manifest.status == "done"
    assert again.runs == 7


def test_what_is_finished_is_not_run_again(ran: SweepResults, tmp_path: Path) -> None:
    again = Counting()
    before = (ran.path / "manifest.json").read_bytes()
    source = ran.path.parent
    results = run_sweep(small_sweep(source), out=ran.path, simulate=again)
    assert again.runs == 0
    assert (ran.path / "manifest.json").read_bytes() == before
    pd.testing.assert_frame_equal(results.table(), ran.table())


@pytest.mark.slow
def test_sweeps_of_one_folder_share_the_cells_of_their_common_points(tmp_path: Path) -> None:
    run_sweep(small_sweep(tmp_path), out=tmp_path / "results")
    other = AXES.replace("[1d, 3d]", "[3d, 9d]").replace("[2, 3]", "[3]")
    counting = Counting()
    results = run_sweep(small_sweep(tmp_path, other), out=tmp_path / "results", simulate=counting)
    assert counting.runs == 4
    assert results.points["label"].tolist() == ["mttf=3d nodes=3", "mttf=9d nodes=3"]
    more = Counting()
    run_sweep(small_sweep(tmp_path, other), out=tmp_path / "results", replications=3, simulate=more)
    assert more.runs == 4


@pytest.mark.slow
def test_a_policy_that_an_axis_does_not_touch_runs_once_for_all_points(tmp_path: Path) -> None:
    axes = """\
  services: [{name: web, available: {when: readyEndpoints, atLeast: 1}}]
  sweep:
    axes: [{name: replicas, path: "policies[two].replicas", values: [2, 3]}]
"""
    counting = Counting()
    results = run_sweep(small_sweep(tmp_path, axes), out=tmp_path / "results", simulate=counting)
    assert counting.runs == 2 + 2 * 2
    assert results.points["status"].tolist() == ["done", "done"]
    assert len(results.table()) == 4


def test_policies_in_another_order_share_all_cells_and_are_told_in_that_order(tmp_path: Path) -> None:
    services = "  services: [{name: web, available: {when: readyEndpoints, atLeast: 1}}]\n"
    experiment = small_sweep(tmp_path, services + AXES)
    run_sweep(experiment, out=tmp_path / "results")
    turned = experiment.set("policies", experiment.source.document.value["spec"]["policies"][::-1])
    counting = Counting()
    run_sweep(turned, out=tmp_path / "results", simulate=counting)
    assert counting.runs == 0
    run_sweep(turned, out=tmp_path / "anew")
    assert contents(tmp_path / "results") == contents(tmp_path / "anew")


@pytest.mark.slow
def test_a_change_of_a_manifest_runs_everything_again(tmp_path: Path) -> None:
    run_sweep(small_sweep(tmp_path), out=tmp_path / "results")
    application = (tmp_path / "app.yaml").read_text()
    (tmp_path / "app.yaml").write_text(application.replace("500m", "600m"))
    counting = Counting()
    run_sweep(Experiment.from_yaml(tmp_path / "swept.yaml"), out=tmp_path / "results", simulate=counting)
    assert counting.runs == 16


@pytest.mark.slow
def test_a_damaged_file_costs_what_it_held(ran: SweepResults, tmp_path: Path) -> None:
    run_sweep(small_sweep(tmp_path), out=tmp_path / "results")
    cells = sorted((tmp_path / "results" / ".state" / "sweep" / "cells").iterdir())
    cells[0].write_bytes(cells[0].read_bytes()[:-9])
    (tmp_path / "results" / "runs.parquet").unlink()
    warnings: list[str] = []
    counting = Counting()
    run_sweep(small_sweep(tmp_path), out=tmp_path / "results", simulate=counting, warn=warnings.append)
    assert 0 < counting.runs <= 16
    assert len(warnings) == 1
    assert contents(tmp_path / "results") == contents(ran.path)


@pytest.mark.slow
def test_a_point_that_cannot_be_made_is_failed_cells_with_a_reason(tmp_path: Path) -> None:
    axes = """\
  sweep:
    axes:
    - {name: least, path: "cluster.pools[a].min", values: [1, 5]}
    - {name: most, path: "cluster.pools[a].max", values: [4, 6]}
"""
    results = run_sweep(small_sweep(tmp_path, axes), out=tmp_path / "results")
    assert results.points["status"].tolist() == ["done", "done", "failed", "failed"]
    assert results.points["error"].iloc[2].startswith("least=5 most=4 cannot be run: spec.cluster.pools[0]")
    assert results.verdict() == 3
    assert results.failed == 8
    assert set(results.table()["point"]) == {0, 1}
    with pytest.raises(Refusal, match="least=5 most=4 cannot be run"):
        results.at(2)


@pytest.mark.slow
def test_a_cell_that_raises_fails_alone_and_is_tried_again(tmp_path: Path) -> None:
    def breaks(*args: Any, **named: Any) -> Run:
        if named["replication"] == 1:
            raise RuntimeError("the model broke")
        return simulate(*args, **named)

    results = run_sweep(small_sweep(tmp_path), out=tmp_path / "results", simulate=breaks)
    assert results.failed == 8
    assert results.table()["replications"].tolist() == [1] * 8
    assert "the model broke" in results.points["error"].iloc[0]
    counting = Counting()
    mended = run_sweep(small_sweep(tmp_path), out=tmp_path / "results", simulate=counting)
    assert counting.runs == 8
    assert mended.verdict() == 0

    def all_break(*args: Any, **named: Any) -> Run:
        raise RuntimeError("the model broke")

    with pytest.raises(NothingRan, match="all 16 replications failed"):
        run_sweep(small_sweep(tmp_path), out=tmp_path / "others", simulate=all_break)


def test_a_folder_is_of_a_sweep_or_of_a_single_experiment(ran: SweepResults, tmp_path: Path) -> None:
    single = small_sweep(tmp_path).set("spec.sweep", None)
    with pytest.raises(ChangedExperiment, match="what ran there is a sweep"):
        single.run(out=ran.path)
    with pytest.raises(NotAResultFolder, match="is of a sweep: name one of its points"):
        Results.open(ran.path)
    with pytest.raises(ValueError, match="has a sweep"):
        small_sweep(tmp_path).run()
    with pytest.raises(ValueError, match="has no sweep"):
        run_sweep(single, out=tmp_path / "results")


@pytest.mark.slow
def test_values_may_name_other_files_and_the_folder_keeps_copies(tmp_path: Path) -> None:
    axes = "  sweep: {axes: [{name: application, path: manifests, values: [[app.yaml], [other.yaml]]}]}\n"
    small_sweep(tmp_path)
    (tmp_path / "other.yaml").write_text((tmp_path / "app.yaml").read_text().replace("replicas: 1", "replicas: 3"))
    results = run_sweep(small_sweep(tmp_path, axes), out=tmp_path / "results")
    (tmp_path / "other.yaml").unlink()
    (tmp_path / "app.yaml").unlink()
    kept = SweepResults.open(tmp_path / "results")
    replicas = [kept.at(point).scenarios.of("one").cluster.deployments[0].replicas for point in (0, 1)]
    assert replicas == [1, 3]
    assert len(results.table()) == 4


@pytest.mark.slow
def test_two_processes_leave_the_same_bytes_as_one(ran: SweepResults, tmp_path: Path) -> None:
    run_sweep(small_sweep(tmp_path), out=tmp_path / "results", workers=2)
    assert contents(tmp_path / "results") == contents(ran.path)

"""Running cells: in one process or more, resumed, broken, interrupted, to a precision."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from experiments import runner
from experiments.plots import Plots
from experiments.progress import Progress
from experiments.results import Results
from experiments.store import NotAResultFolder
from tests.experiments import fakes
from tests.experiments.fakes import Precision, Unit, two_policies


@pytest.fixture
def without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plots take most of the time and matter to two tests only."""
    monkeypatch.setattr(Plots, "save", lambda plots, folder: [])


UNCHANGING = ("runs.parquet", "outages.parquet", "cells.parquet", "summary.csv", "summary.json", "resolved.yaml")


def run(experiment: Any, **kwargs: Any) -> Results:
    return runner.run(experiment, simulate=fakes.simulate, **kwargs)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in UNCHANGING}


def plots(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "plots").iterdir())}


def test_every_policy_meets_the_same_replications() -> None:
    results = run(two_policies(), replications=5)
    assert len(results.runs) == 2 * 5 * 2
    assert results.cells.groupby("policy")["replication"].apply(list).to_dict() == {
        "as-shipped": [0, 1, 2, 3, 4],
        "better": [0, 1, 2, 3, 4],
    }
    assert (results.cells["status"] == "done").all()


def test_one_and_two_workers_write_the_same_bytes(tmp_path: Path) -> None:
    run(two_policies(), out=tmp_path / "one", replications=12, workers=1)
    run(two_policies(), out=tmp_path / "two", replications=12, workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert plots(tmp_path / "one") == plots(tmp_path / "two")
    assert plots(tmp_path / "one")


def test_the_hash_seed_of_python_changes_no_byte(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from experiments import runner; from tests.experiments import fakes\n"
        "runner.run(fakes.two_policies(), out=Path(sys.argv[1]), replications=4, simulate=fakes.simulate)"
    )
    root = Path(__file__).parents[2]
    for hash_seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / hash_seed)],
            cwd=root,
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root)},
            check=True,
        )
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert plots(tmp_path / "1") == plots(tmp_path / "2")


def counting(counted: list[tuple[float, int]]) -> Any:
    def simulate(cluster: Unit, **kwargs: Any) -> Any:
        counted.append((cluster.mttf, kwargs["replication"]))
        return fakes.simulate(cluster, **kwargs)

    return simulate


@pytest.mark.usefixtures("without_plots")
def test_more_replications_run_only_the_missing_ones(tmp_path: Path) -> None:
    run(two_policies(), out=tmp_path / "grown", replications=4)
    counted: list[tuple[float, int]] = []
    runner.run(two_policies(), out=tmp_path / "grown", replications=10, simulate=counting(counted))
    assert sorted({replication for _, replication in counted}) == [4, 5, 6, 7, 8, 9]
    assert len(counted) == 12
    run(two_policies(), out=tmp_path / "at-once", replications=10)
    assert contents(tmp_path / "grown") == contents(tmp_path / "at-once")


@pytest.mark.usefixtures("without_plots")
def test_fewer_replications_than_kept_use_the_first_ones(tmp_path: Path) -> None:
    run(two_policies(), out=tmp_path / "cut", replications=10)
    run(two_policies(), out=tmp_path / "cut", replications=4)
    run(two_policies(), out=tmp_path / "at-once", replications=4)
    assert contents(tmp_path / "cut") == contents(tmp_path / "at-once")


@pytest.mark.usefixtures("without_plots")
def test_another_policy_adds_its_cells_and_keeps_the_others(tmp_path: Path) -> None:
    run(two_policies(), out=tmp_path, replications=4)
    counted: list[tuple[float, int]] = []
    grown = fakes.Experiment(two_policies().units | {"best": Unit(5e6, 60.0)})
    runner.run(grown, out=tmp_path, replications=4, simulate=counting(counted))
    assert {mttf for mttf, _ in counted} == {5e6}


@pytest.mark.usefixtures("without_plots")
def test_a_changed_experiment_is_refused_and_says_what_changed(tmp_path: Path) -> None:
    run(two_policies(), out=tmp_path, replications=3)
    changed = fakes.Experiment({"as-shipped": Unit(864000.0, 1800.0), "better": Unit(2e6, 1800.0)})
    with pytest.raises(runner.ChangedExperiment, match=r"spec\.policies\[1\]\.mttf: 1728000\.0 -> 2000000\.0"):
        run(changed, out=tmp_path, replications=3)
    assert len(run(changed, out=tmp_path, replications=3, fresh=True).cells) == 6


@pytest.mark.usefixtures("without_plots")
def test_a_changed_input_file_is_named(tmp_path: Path) -> None:
    manifest = tmp_path / "shop.yaml"
    manifest.write_text("replicas: 1")
    run(two_policies(inputs=(manifest,)), out=tmp_path / "out", replications=2)
    manifest.write_text("replicas: 2")
    changed = fakes.Experiment({"as-shipped": Unit(1e6, 60.0)}, inputs=(manifest,))
    with pytest.raises(runner.ChangedExperiment, match=r"shop\.yaml: contents changed"):
        run(changed, out=tmp_path / "out", replications=2)


@pytest.mark.usefixtures("without_plots")
def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    for fresh in (False, True):
        with pytest.raises(NotAResultFolder):
            run(two_policies(), out=tmp_path, replications=1, fresh=fresh)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("without_plots")
def test_a_cell_that_raises_is_recorded_and_stops_no_other(workers: int, tmp_path: Path) -> None:
    broken = fakes.Experiment({"good": Unit(1e6, 60.0), "bad": Unit(1e6, 60.0, raises=(2,))})
    results = run(broken, out=tmp_path, replications=4, workers=workers)
    assert results.failed[["policy", "replication", "seed"]].to_numpy().tolist() == [["bad", 2, 7]]
    assert results.failed["error"].iloc[0].startswith("RuntimeError: the model broke (fakes.py:")
    assert results.verdict() == 3
    assert len(results.runs) == 7 * 2
    counted: list[tuple[float, int]] = []
    runner.run(broken, out=tmp_path, replications=4, simulate=counting(counted))
    assert [replication for _, replication in counted] == [2]


@pytest.mark.usefixtures("without_plots")
def test_a_cell_that_kills_its_process_fails_alone(tmp_path: Path) -> None:
    deadly = fakes.Experiment({"good": Unit(1e6, 60.0), "deadly": Unit(1e6, 60.0, dies=(1,))})
    results = run(deadly, out=tmp_path, replications=6, workers=2)
    assert results.failed[["policy", "replication"]].to_numpy().tolist() == [["deadly", 1]]
    assert "died 3 times" in results.failed["error"].iloc[0]
    assert len(results.cells) == 12


@pytest.mark.usefixtures("without_plots")
def test_an_interrupt_keeps_what_is_done_and_says_how_to_resume(tmp_path: Path) -> None:
    def simulate(cluster: Unit, **kwargs: Any) -> Any:
        if kwargs["replication"] == 3:
            signal.raise_signal(signal.SIGINT)
        return fakes.simulate(cluster, **kwargs)

    out = tmp_path / "out"
    with pytest.raises(runner.Interrupted) as caught:
        runner.run(two_policies(), out=out, replications=50, simulate=simulate)
    assert caught.value.command == f"kubenines run fake.yaml -o {out} -n 50 --resume"
    assert json.loads((out / "manifest.json").read_text())["status"] == "interrupted"
    assert len(Results.open(out).cells) == caught.value.done > 0
    run(two_policies(), out=out, replications=50)
    run(two_policies(), out=tmp_path / "at-once", replications=50)
    assert contents(out) == contents(tmp_path / "at-once")


def test_a_precision_is_reached_at_two_looks_in_a_row() -> None:
    results = run(two_policies(precision=Precision(relative=0.08)))
    assert results.manifest.replications == 200
    assert results.manifest.imprecise == []
    assert results.imprecise(0.08, 0.95) == []


def test_a_precision_that_at_most_does_not_reach_is_named() -> None:
    results = run(two_policies(precision=Precision(relative=0.001, at_most=60)))
    assert results.manifest.replications == 60
    assert results.manifest.imprecise[0] == "frontend under as-shipped"


def test_a_number_of_replications_overrides_the_precision() -> None:
    assert run(two_policies(precision=Precision()), replications=3).manifest.replications == 3


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_never_goes_back_and_ends_at_the_total(workers: int) -> None:
    told: list[Progress] = []
    run(two_policies(), replications=8, workers=workers, progress=told.append)
    shares = [progress.share for progress in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(progress.total == {"as-shipped": 8, "better": 8} for progress in told)


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"replications": 0}])
def test_nothing_runs_with_no_workers_or_no_replications(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        run(two_policies(), **wrong)

"""Running cells: in one process or more, resumed, broken, interrupted, to a precision."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from experiments import Experiment
from experiments.design.objective import Objective
from experiments.findings.precision import imprecise_rows
from experiments.plots import Plots
from experiments.results import Results
from experiments.runner import provenance
from experiments.runner import run as runner
from experiments.runner.endings import Interrupted
from experiments.runner.progress import Progress
from experiments.store.folder import NotAResultFolder, ResultFolder
from tests.experiments import fakes
from tests.experiments.fakes import TWO_UNITS, Unit, precision, two_policies
from tests.experiments.runner.engines.clusters import engine_at

ROOT = Path(__file__).parents[3]


UNCHANGING = (
    *("runs.parquet", "outages.parquet", "cells.parquet", "summary.csv", "summary.json"),
    *("experiment.yaml", "resolved.yaml", "report.html"),
)


@pytest.fixture(autouse=True)
def at_most_one_plot(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawings take most of the time, and are tested elsewhere; who asks for `one_plot` gets one."""
    if "one_plot" in request.fixturenames:
        monkeypatch.setattr(Plots, "featured", lambda plots: [])
    else:
        monkeypatch.setattr(Plots, "drawings", {"comparison": "<svg></svg>"})


@pytest.fixture
def one_plot() -> None:
    """See `at_most_one_plot`."""


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


@pytest.fixture(scope="module")
def one_worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result folder with one plot, made in this process by one worker."""
    out = tmp_path_factory.mktemp("one-worker")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plots, "featured", lambda plots: [])
        run(two_policies(), out=out, replications=12)
    return out


@pytest.mark.usefixtures("one_plot")
def test_every_engine_writes_the_same_bytes(elsewhere: str, one_worker: Path, tmp_path: Path) -> None:
    with engine_at(elsewhere) as engine:
        run(two_policies(), out=tmp_path, replications=12, engine=engine)
    assert contents(tmp_path) == contents(one_worker)
    assert plots(tmp_path) == plots(one_worker)
    assert set(plots(tmp_path)) == {"comparison.svg"}


def test_the_hash_seed_of_python_changes_no_byte(one_worker: Path, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from experiments import plots\nfrom experiments.runner import run as runner\n"
        "from tests.experiments import fakes\n"
        "plots.Plots.featured = lambda self: []\n"
        "runner.run(fakes.two_policies(), out=Path(sys.argv[1]), replications=12, simulate=fakes.simulate)"
    )
    other = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": other, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert contents(tmp_path) == contents(one_worker)
    assert plots(tmp_path) == plots(one_worker)


def counting(counted: list[tuple[float, int]]) -> Any:
    def simulate(cluster: Unit, **kwargs: Any) -> Any:
        counted.append((cluster.mttf, kwargs["replication"]))
        return fakes.simulate(cluster, **kwargs)

    return simulate


def test_more_replications_run_only_the_missing_ones(tmp_path: Path) -> None:
    run(two_policies(), out=tmp_path / "grown", replications=4)
    counted: list[tuple[float, int]] = []
    runner.run(two_policies(), out=tmp_path / "grown", replications=10, simulate=counting(counted))
    assert sorted({replication for _, replication in counted}) == [4, 5, 6, 7, 8, 9]
    assert len(counted) == 12
    run(two_policies(), out=tmp_path / "at-once", replications=10)
    assert contents(tmp_path / "grown") == contents(tmp_path / "at-once")


def test_fewer_replications_than_kept_use_the_first_ones(tmp_path: Path) -> None:
    run(two_policies(), out=tmp_path / "cut", replications=10)
    run(two_policies(), out=tmp_path / "cut", replications=4)
    run(two_policies(), out=tmp_path / "at-once", replications=4)
    assert contents(tmp_path / "cut") == contents(tmp_path / "at-once")


def written(folder: Path) -> dict[str, int]:
    """When each file was written: it is another one each time."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.stat().st_ino for path in files}


def test_what_is_finished_is_not_written_again(tmp_path: Path) -> None:
    first = run(two_policies(), out=tmp_path, replications=4)
    before = written(tmp_path)
    again = run(two_policies(), out=tmp_path, replications=4, workers=2)
    assert written(tmp_path) == before
    assert again.summary().equals(first.summary())
    assert again.manifest == first.manifest


@pytest.mark.parametrize("lost", ["report.html", "plots/comparison.svg", "summary.csv", "runs.parquet"])
def test_what_is_lost_of_a_finished_run_is_written_again(lost: str, tmp_path: Path) -> None:
    run(two_policies(), out=tmp_path, replications=4)
    (tmp_path / lost).unlink()
    run(two_policies(), out=tmp_path, replications=4)
    assert (tmp_path / lost).exists()


def test_other_objectives_and_other_comments_are_taken_over(tmp_path: Path) -> None:
    plan = two_policies()
    run(plan, out=tmp_path, replications=4)
    asked = replace(plan, design=replace(plan.design, objectives=(Objective("frontend", 0.5),)))
    assert len(run(asked, out=tmp_path, replications=4).objectives) == 2
    run(replace(asked, source_text="# mine\n"), out=tmp_path, replications=4)
    assert (tmp_path / "experiment.yaml").read_text() == "# mine\n"


def test_another_policy_adds_its_cells_and_keeps_the_others(tmp_path: Path) -> None:
    run(two_policies(), out=tmp_path, replications=4)
    counted: list[tuple[float, int]] = []
    grown = fakes.plan(TWO_UNITS | {"best": Unit(5e6, 60.0)})
    runner.run(grown, out=tmp_path, replications=4, simulate=counting(counted))
    assert {mttf for mttf, _ in counted} == {5e6}


def test_a_changed_experiment_is_refused_and_says_what_changed(tmp_path: Path) -> None:
    run(two_policies(), out=tmp_path, replications=3)
    changed = fakes.plan({"as-shipped": Unit(864000.0, 1800.0), "better": Unit(2e6, 1800.0)})
    with pytest.raises(runner.ChangedExperiment, match=r"spec\.policies\[1\]\.mttf: 1728000\.0 -> 2000000\.0"):
        run(changed, out=tmp_path, replications=3)
    assert len(run(changed, out=tmp_path, replications=3, fresh=True).cells) == 6


def test_a_changed_input_file_is_named(tmp_path: Path) -> None:
    manifest = tmp_path / "shop.yaml"
    manifest.write_text("replicas: 1")
    run(two_policies(inputs=(manifest,)), out=tmp_path / "out", replications=2)
    manifest.write_text("replicas: 2")
    changed = fakes.plan({"as-shipped": Unit(1e6, 60.0)}, inputs=(manifest,))
    with pytest.raises(runner.ChangedExperiment, match=r"shop\.yaml: contents changed"):
        run(changed, out=tmp_path / "out", replications=2)


def test_runs_of_another_version_are_not_mixed_with_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "versions", lambda: {"kubenines": "0.0.1"})
    run(two_policies(), out=tmp_path, replications=1)
    monkeypatch.setattr(provenance, "versions", lambda: {"kubenines": "0.0.2"})
    with pytest.raises(runner.ChangedExperiment, match=r"kubenines: 0\.0\.1 -> 0\.0\.2"):
        run(two_policies(), out=tmp_path, replications=2)


def test_every_file_that_was_read_is_kept_even_if_two_share_a_name(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "shop.yaml").write_text(folder)
    inputs = (tmp_path / "a" / "shop.yaml", tmp_path / "b" / "shop.yaml")
    run(two_policies(inputs=inputs), out=tmp_path / "out", replications=1)
    kept = {path.name: path.read_text() for path in (tmp_path / "out" / "inputs").iterdir()}
    assert kept == {"1-shop.yaml": "a", "2-shop.yaml": "b"}
    run(two_policies(), out=tmp_path / "out", replications=1, fresh=True)
    assert not (tmp_path / "out" / "inputs").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_result_folder_can_be_run_again_on_its_own(workers: int, tmp_path: Path) -> None:
    settings = ("duration=30d", "replications=3")
    given = Experiment.from_yaml(ROOT / "experiments/configs/quickstart.yaml", settings).only("two-replicas")
    given.run(out=tmp_path / "first", workers=workers)
    again = Experiment.from_yaml(tmp_path / "first" / "resolved.yaml").only("two-replicas")
    assert list(again.inputs) == [tmp_path / "first" / "inputs" / "1-shop.yaml"]
    again.run(out=tmp_path / "again", workers=1)
    for name in ("runs.parquet", "outages.parquet", "cells.parquet", "summary.csv"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@pytest.mark.parametrize("damaged", ["", "broken", "[]", "{}"])
def test_a_fresh_run_needs_no_readable_manifest(damaged: str, tmp_path: Path) -> None:
    run(two_policies(), out=tmp_path, replications=1)
    (tmp_path / "manifest.json").write_text(damaged)
    with pytest.raises(NotAResultFolder, match="is not a manifest"):
        run(two_policies(), out=tmp_path, replications=1)
    assert len(run(two_policies(), out=tmp_path, replications=1, fresh=True).cells) == 2


def test_damaged_cells_are_said_and_run_again(tmp_path: Path) -> None:
    first = run(two_policies(), out=tmp_path, replications=2)
    [chunk] = (tmp_path / ".state").iterdir()
    chunk.write_text(chunk.read_text().replace('"replication": 1', '"replication": 0'))
    said: list[str] = []
    counted: list[tuple[float, int]] = []
    again = runner.run(two_policies(), out=tmp_path, replications=2, simulate=counting(counted), warn=said.append)
    assert said == [f"{chunk} is not as it was written: its replications are run again"]
    assert len(counted) == 4
    assert again.summary().equals(first.summary())


def test_the_manifest_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "web app"}')
    with pytest.raises(NotAResultFolder):
        run(two_policies(), out=tmp_path, replications=1, fresh=True)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    for fresh in (False, True):
        with pytest.raises(NotAResultFolder):
            run(two_policies(), out=tmp_path, replications=1, fresh=fresh)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_cell_that_raises_is_recorded_and_stops_no_other(where: str, tmp_path: Path) -> None:
    broken = fakes.plan({"good": Unit(1e6, 60.0), "bad": Unit(1e6, 60.0, raises=(2,))})
    with engine_at(where) as engine:
        results = run(broken, out=tmp_path, replications=4, engine=engine)
    assert results.failed[["policy", "replication", "seed"]].to_numpy().tolist() == [["bad", 2, 7]]
    assert results.failed["error"].iloc[0].startswith("RuntimeError: the model broke (fakes.py:")
    assert results.verdict() == 3
    assert len(results.runs) == 7 * 2
    counted: list[tuple[float, int]] = []
    runner.run(broken, out=tmp_path, replications=4, simulate=counting(counted))
    assert [replication for _, replication in counted] == [2]


def test_a_cell_that_kills_its_process_fails_alone(elsewhere: str, tmp_path: Path) -> None:
    deadly = fakes.plan({"good": Unit(1e6, 60.0), "deadly": Unit(1e6, 60.0, dies=(1,))})
    with engine_at(elsewhere) as engine:
        results = run(deadly, out=tmp_path, replications=4, engine=engine)
    assert results.failed[["policy", "replication"]].to_numpy().tolist() == [["deadly", 1]]
    assert "died" in results.failed["error"].iloc[0]
    assert len(results.cells) == 8


def test_an_interrupt_keeps_what_is_done_and_says_how_to_resume(tmp_path: Path) -> None:
    def simulate(cluster: Unit, **kwargs: Any) -> Any:
        if kwargs["replication"] == 3:
            signal.raise_signal(signal.SIGINT)
        return fakes.simulate(cluster, **kwargs)

    out = tmp_path / "out"
    with pytest.raises(Interrupted) as caught:
        runner.run(two_policies(), out=out, replications=50, simulate=simulate)
    assert caught.value.command == f"kubenines run fake.yaml -o {out} -n 50 --resume"
    assert json.loads((out / "manifest.json").read_text())["status"] == "interrupted"
    assert len(Results.open(out).cells) == caught.value.done > 0
    run(two_policies(), out=out, replications=50)
    run(two_policies(), out=tmp_path / "at-once", replications=50)
    assert contents(out) == contents(tmp_path / "at-once")


INTERRUPTED = """
import sys, time
from dataclasses import replace
from pathlib import Path
from experiments import plots
from experiments.runner import job
from experiments.runner.endings import Interrupted
from experiments.runner import run as runner
from experiments.runner.engines import chunks
from tests.experiments import fakes

def slowly(*args, **kwargs):
    time.sleep(0.1)
    return fakes.simulate(*args, **kwargs)

if __name__ == "__main__":
    job.SAVE_EVERY = 0.0
    chunks.CHUNK_SECONDS = 0.1
    try:
        runner.run(fakes.two_policies(), out=Path(sys.argv[1]), replications=30, workers=2, simulate=slowly)
    except Interrupted as interrupted:
        print(interrupted.done, interrupted.command)
"""


def test_an_interrupt_of_the_whole_terminal_keeps_what_two_workers_did(tmp_path: Path) -> None:
    script, out = tmp_path / "script.py", tmp_path / "out"
    script.write_text(INTERRUPTED)
    process = subprocess.Popen(
        [sys.executable, str(script), str(out)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while process.poll() is None and len(list(out.glob(".state/*.json"))) < 2:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # Ctrl-C goes to all processes of the terminal
    said, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    done, command = said.strip().split(" ", 1)
    assert command == f"kubenines run fake.yaml -o {out} -n 30 -j 2 --resume"
    assert 0 < int(done) < 60
    assert len(list(ResultFolder(out).cells(Results.open(out).manifest.scenarios.values()))) == int(done)
    counted: list[tuple[float, int]] = []
    runner.run(two_policies(), out=out, replications=30, simulate=counting(counted))
    assert len(counted) == 60 - int(done)
    run(two_policies(), out=tmp_path / "at-once", replications=30)
    assert contents(out) == contents(tmp_path / "at-once")


def test_an_interrupt_after_the_last_cell_changes_nothing() -> None:
    def simulate(cluster: Unit, **kwargs: Any) -> Any:
        if (cluster.mttf, kwargs["replication"]) == (1728000.0, 2):
            signal.raise_signal(signal.SIGINT)
        return fakes.simulate(cluster, **kwargs)

    assert len(runner.run(two_policies(), replications=3, simulate=simulate).cells) == 6


def test_a_precision_is_reached_at_two_looks_in_a_row() -> None:
    results = run(two_policies(precision=precision(relative=0.08)))
    assert results.manifest.replications == 200
    assert results.manifest.imprecise == []
    assert imprecise_rows(results, 0.08, 0.95) == []


def test_a_precision_that_at_most_does_not_reach_is_named() -> None:
    results = run(two_policies(precision=precision(relative=0.001, at_most=60)))
    assert results.manifest.replications == 60
    assert results.manifest.imprecise[0] == "frontend under as-shipped"


def test_a_number_of_replications_overrides_the_precision() -> None:
    assert run(two_policies(precision=precision()), replications=3).manifest.replications == 3


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

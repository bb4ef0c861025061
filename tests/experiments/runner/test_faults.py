"""What goes wrong around a run: it is ended from outside, two write into one folder, nothing works, a plain script."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from experiments.results import Results
from experiments.runner import job
from experiments.runner import run as runner
from experiments.store.folder import FolderInUse, ResultFolder
from tests.experiments import fakes
from tests.experiments.fakes import Unit, two_policies

pytestmark = pytest.mark.usefixtures("without_plots")

ROOT = Path(__file__).parents[3]

ENDED = """
import sys, time
from pathlib import Path
from experiments.runner import job
from experiments.runner import run as runner
from experiments.runner.engines import local
from tests.experiments import fakes

if __name__ == "__main__":
    job.SAVE_EVERY = 0.0
    local.CHUNK_SECONDS = 0.1
    out, workers = Path(sys.argv[1]), int(sys.argv[2])
    try:
        runner.run(fakes.two_policies(), out=out, replications=40, workers=workers, simulate=fakes.slowly)
    except job.Interrupted as interrupted:
        print(interrupted.done)
"""
UNGUARDED = """
import sys
from experiments.runner import run as runner
from tests.experiments import fakes
print(len(runner.run(fakes.two_policies(), replications=4, workers=2, simulate=fakes.simulate).cells))
"""


def started(script: Path, text: str, *arguments: object) -> "subprocess.Popen[str]":
    script.write_text(text)
    return subprocess.Popen(
        [sys.executable, str(script), *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_cells(process: "subprocess.Popen[str]", out: Path) -> None:
    while process.poll() is None and len(list(out.glob(".state/*.json"))) < 2:
        time.sleep(0.01)


def wait_for_end(group: int) -> None:
    """Until no process of the group is left."""
    with suppress(ProcessLookupError):
        for _ in range(600):
            os.killpg(group, 0)
            time.sleep(0.1)
        pytest.fail("some processes are still there")


def summary(folder: Path) -> bytes:
    return (folder / "summary.csv").read_bytes() + (folder / "outages.parquet").read_bytes()


def finish(out: Path, tmp_path: Path) -> None:
    """What is resumed is what would have come of it at once."""
    runner.run(two_policies(), out=out, replications=40, simulate=fakes.simulate)
    runner.run(two_policies(), out=tmp_path / "at-once", replications=40, simulate=fakes.simulate)
    assert summary(out) == summary(tmp_path / "at-once")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_terminated_run_keeps_what_is_done(workers: int, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = started(tmp_path / "script.py", ENDED, out, workers)
    wait_for_cells(process, out)
    process.terminate()
    said, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert 0 < int(said) < 80
    assert len(Results.open(out).cells) == int(said)
    finish(out, tmp_path)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_workers_of_a_killed_run_end_with_it(workers: int, tmp_path: Path) -> None:
    """Its pipe is closed: who reads from it does not wait for ever. And it can be resumed."""
    out = tmp_path / "out"
    process = started(tmp_path / "script.py", ENDED, out, workers)
    wait_for_cells(process, out)
    process.kill()
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    wait_for_end(process.pid)
    kept = ResultFolder(out).manifest()
    assert kept is not None
    assert 0 < len(list(ResultFolder(out).cells(kept.scenarios.values()))) < 80
    finish(out, tmp_path)


def test_a_worker_that_is_killed_costs_nothing(tmp_path: Path) -> None:
    deadly = fakes.plan({"one": Unit(1e6, 60.0), "two": Unit(2e6, 60.0)})
    marker = tmp_path / "killed"

    results = runner.run(deadly, replications=6, workers=2, simulate=fakes.Murdered(str(marker)))
    assert marker.exists()
    assert (results.cells["status"] == "done").all()
    assert len(results.cells) == 12


def test_a_script_needs_no_guard_where_nothing_that_is_sent_is_its_own(tmp_path: Path) -> None:
    said, errors = started(tmp_path / "script.py", UNGUARDED).communicate(timeout=120)
    assert (said.strip(), errors) == ("8", "")


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    def meanwhile(cluster: Unit, **kwargs: Any) -> Any:
        with pytest.raises(FolderInUse, match="another run is writing into"):
            runner.run(two_policies(), out=tmp_path, replications=1, simulate=fakes.simulate, fresh=True)
        return fakes.simulate(cluster, **kwargs)

    assert len(runner.run(two_policies(), out=tmp_path, replications=1, simulate=meanwhile).cells) == 2


@pytest.mark.parametrize("workers", [1, 2])
def test_an_experiment_of_which_every_replication_fails_is_an_error(workers: int, tmp_path: Path) -> None:
    broken = fakes.plan({"bad": Unit(1e6, 60.0, raises=(0, 1))})
    with pytest.raises(job.NothingRan, match=r"all 2 replications failed, the first by RuntimeError: the model broke"):
        runner.run(broken, out=tmp_path, replications=2, workers=workers, simulate=fakes.simulate)
    assert Results.open(tmp_path).manifest.status == "failed"

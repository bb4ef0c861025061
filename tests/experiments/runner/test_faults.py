"""What goes wrong around a run: it is ended from outside, two write into one folder, nothing works, a plain script."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

from experiments.plots import Plots
from experiments.results import Results
from experiments.runner import job
from experiments.runner import run as runner
from experiments.runner.endings import NothingRan
from experiments.runner.progress import Progress
from experiments.store import tables
from experiments.store.folder import FolderInUse, NotAResultFolder, ResultFolder
from tests.experiments import fakes
from tests.experiments.fakes import Unit, two_policies
from tests.experiments.runner.engines import clusters
from tests.experiments.runner.engines.clusters import engine_at

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_plots")]

ROOT = Path(__file__).parents[3]
Finish = Callable[..., None]

ENDED = """
import sys, time
from pathlib import Path
from experiments.runner import job
from experiments.runner.endings import Interrupted
from experiments.runner import run as runner
from experiments.runner.engines import chunks
from tests.experiments import fakes
from tests.experiments.runner.engines.clusters import engine_at

if __name__ == "__main__":
    job.SAVE_EVERY = 0.0
    chunks.CHUNK_SECONDS = 0.1
    out, where = Path(sys.argv[1]), sys.argv[2]
    try:
        with engine_at(where) as engine:
            runner.run(fakes.two_policies(), out=out, replications=40, engine=engine, simulate=fakes.slowly)
    except Interrupted as interrupted:
        print(interrupted)
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
        for _ in range(3000):
            os.killpg(group, 0)
            time.sleep(0.1)
        pytest.fail("some processes are still there")


def summary(folder: Path) -> dict[str, bytes]:
    """What a run leaves behind, but for what holds times: manifest.json, the lock, the state to resume from."""
    names = {path: path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()}
    told = {path: name for path, name in names.items() if not name.startswith((".", "manifest.json"))}
    return {name: path.read_bytes() for path, name in told.items()}


def kept(out: Path) -> int:
    """How many replications the folder holds."""
    manifest = ResultFolder(out).manifest()
    assert manifest is not None
    return len(list(ResultFolder(out).cells(manifest.scenarios.values())))


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What comes of 40 replications that nothing happens to."""
    out = tmp_path_factory.mktemp("at-once")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plots, "drawings", {"comparison": "<svg></svg>"})
        runner.run(two_policies(), out=out, replications=40, simulate=fakes.simulate)
    return summary(out)


@pytest.fixture
def finish(at_once: dict[str, bytes], tmp_path: Path) -> Finish:
    """What is resumed is what would have come of it at once, and nothing that was finished is simulated again."""

    def finish(out: Path, where: str = "1") -> None:
        calls, before = tmp_path / "calls", kept(out)
        calls.touch()
        with engine_at(where) as engine:
            counted = fakes.Counted(str(calls))
            runner.run(two_policies(), out=out, replications=40, engine=engine, simulate=counted)
        assert before + calls.stat().st_size == 80
        assert summary(out) == at_once

    return finish


@contextmanager
def mounted(folder: Path, *how: str) -> Iterator[None]:
    """Something mounted on a folder while this lasts; the test is skipped where that is not allowed."""
    folder.mkdir(exist_ok=True)
    if os.geteuid() or subprocess.run(["mount", *how, str(folder)], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # a traceback may hold a file


def test_a_terminated_run_keeps_what_is_done(where: str, finish: Finish, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = started(tmp_path / "script.py", ENDED, out, where)
    wait_for_cells(process, out)
    process.terminate()
    said, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (0, "")
    done = len(Results.open(out).cells)
    assert said.startswith(f"interrupted after {done} of 80 replications; resume: kubenines run fake.yaml -o {out} ")
    assert 0 < done < 80
    finish(out, where)


def test_the_workers_of_a_killed_run_end_with_it(where: str, finish: Finish, tmp_path: Path) -> None:
    """Its pipe is closed: who reads from it does not wait for ever. And it can be resumed."""
    out = tmp_path / "out"
    process = started(tmp_path / "script.py", ENDED, out, where)
    wait_for_cells(process, out)
    process.kill()
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL
    wait_for_end(process.pid)
    assert 0 < kept(out) < 80
    finish(out, where)


@pytest.mark.parametrize("ended", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_is_killed_costs_nothing(
    ended: int, elsewhere: str, at_once: dict[str, bytes], tmp_path: Path
) -> None:
    marker, out = tmp_path / "killed", tmp_path / "out"
    with engine_at(elsewhere) as engine:
        murdered = fakes.Murdered(str(marker), ended)
        results = runner.run(two_policies(), out=out, replications=40, engine=engine, simulate=murdered)
    assert marker.exists()
    assert len(results.failed) == 0
    assert summary(out) == at_once


def test_a_killed_scheduler_costs_nothing_that_is_done(
    cluster: clusters.Cluster, finish: Finish, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with clusters.processes(tmp_path / "doomed", workers=1) as doomed:
        process = started(tmp_path / "script.py", ENDED, out, doomed.address)
        wait_for_cells(process, out)
        doomed.scheduler.kill()
        said, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (0, "")
    done = len(Results.open(out).cells)
    assert said.strip() == (
        f"the Dask scheduler at {doomed.address} is gone after {done} of 80 replications; resume: kubenines run "
        f"fake.yaml -o {out} -n 40 --engine dask --scheduler {doomed.address} --resume"
    )
    assert 0 < done < 80
    assert Results.open(out).manifest.status == "interrupted"
    finish(out, cluster.address)


def test_truncated_files_are_said_and_only_what_was_in_them_is_done_again(
    where: str, at_once: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "SAVE_EVERY", 0.0)
    out, calls, warned = tmp_path / "out", tmp_path / "calls", list[str]()
    runner.run(two_policies(), out=out, replications=40, simulate=fakes.simulate)
    first, *_, last = sorted(out.glob(".state/*.json"), key=lambda path: path.stat().st_size)
    for path in (first, last, out / "runs.parquet", out / "summary.csv", out / "report.html"):
        os.truncate(path, path.stat().st_size // 2)
    before = kept(out)
    with engine_at(where) as engine:
        counted = fakes.Counted(str(calls))
        given = {"engine": engine, "simulate": counted, "warn": warned.append}
        runner.run(two_policies(), out=out, replications=40, **given)
    assert before < 80
    assert calls.stat().st_size == 80 - before
    lost = sorted([first, last])
    assert warned == [f"{path} is not as it was written: its replications are run again" for path in lost]
    assert summary(out) == at_once


@pytest.fixture
def heeding_interrupts() -> Iterator[None]:
    """A shell may have started the tests with SIGINT ignored, as it starts what it runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeding_interrupts")
def test_a_second_interrupt_waits_for_nothing_and_keeps_what_is_done(
    where: str, finish: Finish, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    def interrupting(progress: Progress) -> None:
        if sum(progress.done.values()) == 20:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    given: dict[str, Any] = {"out": out, "replications": 40, "simulate": fakes.simulate}
    with engine_at(where) as engine, pytest.raises(KeyboardInterrupt):
        runner.run(two_policies(), progress=interrupting, engine=engine, **given)
    assert kept(out) == 20
    assert active_children() == []
    finish(out, where)


def test_a_full_disk_is_said_and_keeps_what_is_done(
    where: str, finish: Finish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "SAVE_EVERY", 0.0)
    disk, given = tmp_path / "disk", {"replications": 40, "simulate": fakes.simulate}
    with mounted(disk, "-t", "tmpfs", "-o", "size=128k", "tmpfs"):
        out = disk / "out"
        with engine_at(where) as engine, pytest.raises(OSError, match="No space left on device") as caught:
            runner.run(two_policies(), out=out, engine=engine, **given)
        assert Path(caught.value.filename).is_relative_to(out)
        assert 0 < kept(out) < 80
        assert list(out.rglob("*.tmp")) == []
        subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True)
        finish(out, where)


def test_a_full_folder_for_temporary_files_is_said(finish: Finish, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "-t", "tmpfs", "-o", "size=16k", "tmpfs"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(disk))
        patch.setattr(tables, "CELLS_AT_ONCE", 8)  # fewer are kept in memory
        with pytest.raises(OSError, match="No space left on device") as caught:
            runner.run(two_policies(), out=tmp_path / "out", replications=40, simulate=fakes.simulate)
        assert Path(caught.value.filename).is_relative_to(disk)
        assert list(disk.iterdir()) == []
    finish(tmp_path / "out")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    disk, given = tmp_path / "disk", {"replications": 4, "simulate": fakes.simulate}
    runner.run(two_policies(), out=disk / "out", replications=2, simulate=fakes.simulate)
    with mounted(disk, "--bind", "-o", "ro", str(disk)):
        for out in (disk / "out", disk / "new"):
            with pytest.raises(OSError, match="Read-only file system") as caught:
                runner.run(two_policies(), out=out, **given)
            assert Path(caught.value.filename).is_relative_to(out)


def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    out, warned = tmp_path / "out", list[str]()
    runner.run(two_policies(), out=out, replications=2, simulate=fakes.simulate)
    [chunk] = out.glob(".state/*.json")
    for path in (chunk, out / "resolved.yaml", out / "cells.parquet"):
        path.unlink()
        os.mkfifo(path)
    with pytest.raises(NotAResultFolder, match="is not complete"):
        Results.open(out)
    again = runner.run(two_policies(), out=out, replications=2, simulate=fakes.simulate, warn=warned.append)
    assert (len(again.cells), warned) == (4, [f"{chunk} is not as it was written: its replications are run again"])
    (out / "manifest.json").unlink()
    os.mkfifo(out / "manifest.json")
    with pytest.raises(NotAResultFolder, match=r"manifest\.json cannot be read: it is not a file"):
        runner.run(two_policies(), out=out, replications=2, simulate=fakes.simulate)
    runner.run(two_policies(), out=out, replications=2, simulate=fakes.simulate, fresh=True)


def test_a_script_needs_no_guard_where_nothing_that_is_sent_is_its_own(tmp_path: Path) -> None:
    said, errors = started(tmp_path / "script.py", UNGUARDED).communicate(timeout=120)
    assert (said.strip(), errors) == ("8", "")


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    def meanwhile(cluster: Unit, **kwargs: Any) -> Any:
        with pytest.raises(FolderInUse, match="another run is writing into"):
            runner.run(two_policies(), out=tmp_path, replications=1, simulate=fakes.simulate, fresh=True)
        return fakes.simulate(cluster, **kwargs)

    assert len(runner.run(two_policies(), out=tmp_path, replications=1, simulate=meanwhile).cells) == 2


def test_an_experiment_of_which_every_replication_fails_is_an_error(where: str, tmp_path: Path) -> None:
    broken = fakes.plan({"bad": Unit(1e6, 60.0, raises=(0, 1))})
    said = r"all 2 replications failed, the first by RuntimeError: the model broke"
    with engine_at(where) as engine, pytest.raises(NothingRan, match=said):
        runner.run(broken, out=tmp_path, replications=2, engine=engine, simulate=fakes.simulate)
    assert Results.open(tmp_path).manifest.status == "failed"

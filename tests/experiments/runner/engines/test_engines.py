"""Engines: every spec comes back once, whatever happens to it. The functions are at module level: they are sent."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path

import pytest

from experiments.runner.engines import Engine, WorkerDied, chunks
from experiments.runner.engines.local import LocalEngine
from tests.experiments.runner.engines import clusters
from tests.sources import ROOT


@pytest.fixture(scope="module", params=["local-1", "local-2", "dask"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Every engine; the Dask cluster is one of threads."""
    if request.param == "dask":
        with clusters.threads(2) as cluster, clusters.engine_at(cluster.scheduler_address) as engine:
            yield engine
    else:
        yield LocalEngine(int(request.param[-1]))


def square(number: int) -> int:
    return number * number


def square_of_even(number: int) -> int:
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number * number


def dies_at_three(number: int) -> int:
    if number == 3:
        os._exit(1)
    return number


def dies_once(marker: str) -> str:
    path = Path(marker)
    if not path.exists():
        path.touch()
        os._exit(1)
    return "done"


def threads(_: int) -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


def hears_interrupts(_: int) -> bool:
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def lock(_: int) -> object:
    return threading.Lock()


def sleeps(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


@pytest.mark.skipif(sys.platform == "win32", reason="no signal can be blocked there")
def test_ctrl_c_is_kept_from_processes_before_they_can_say_so_themselves() -> None:
    assert list(LocalEngine(2).map_unordered(hears_interrupts, [("n", 0)])) == [("n", False)]
    assert hears_interrupts(0)


def test_every_spec_comes_back_once(engine: Engine) -> None:
    found = list(engine.map_unordered(square, ((f"n{i}", i) for i in range(50))))
    assert sorted(found) == sorted((f"n{i}", i * i) for i in range(50))


def test_an_exception_comes_back_as_a_result(engine: Engine) -> None:
    found = dict(engine.map_unordered(square_of_even, ((i, i) for i in range(4))))
    assert (found[0], found[2]) == (0, 4)
    assert [str(found[i]) for i in (1, 3)] == ["1 is odd", "3 is odd"]


def test_specs_that_end_early_leave_nothing_out_that_was_taken(engine: Engine) -> None:
    taken, stop = [], threading.Event()

    def specs() -> Iterator[tuple[int, int]]:
        for i in range(100_000):
            if stop.is_set():
                return
            taken.append(i)
            yield i, i

    found = []
    for key, _ in engine.map_unordered(square, specs()):
        found.append(key)
        stop.set()
    assert sorted(found) == taken
    assert len(taken) < 100_000


def test_a_spec_that_kills_its_process_is_given_up_and_no_other() -> None:
    found = dict(LocalEngine(2).map_unordered(dies_at_three, ((i, i) for i in range(30))))
    assert isinstance(found.pop(3), WorkerDied)
    assert found == {i: i for i in range(30) if i != 3}


def test_a_spec_whose_process_dies_once_is_done_at_the_second_try(tmp_path: Path) -> None:
    assert list(LocalEngine(2).map_unordered(dies_once, [("a", str(tmp_path / "marker"))])) == [("a", "done")]


def test_what_cannot_be_sent_is_an_error_of_its_spec(engine: Engine) -> None:
    if engine.name == "local" and engine.workers == 1:
        pytest.skip("nothing is sent")
    ((key, error),) = engine.map_unordered(square, [("a", threading.Lock())])  # type: ignore[list-item]
    assert key == "a"
    assert "pickle" in str(error)


def test_what_cannot_be_sent_back_is_an_error_of_its_spec(engine: Engine) -> None:
    if engine.name == "local" and engine.workers == 1:
        pytest.skip("nothing is sent")
    ((key, error),) = engine.map_unordered(lock, [("a", 0)])
    assert key == "a"
    assert "pickle" in str(error)


def test_no_more_is_under_way_than_two_chunks_for_each_worker(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_SECONDS", 0.01)
    taken, found, most = 0, 0, 0

    def specs() -> Iterator[tuple[int, float]]:
        nonlocal taken
        for i in range(12):
            taken += 1
            yield i, 0.05  # longer than a chunk: one to each

    for _ in engine.map_unordered(sleeps, specs()):
        found += 1
        most = max(most, taken - found + 1)
    assert found == 12
    assert most <= 2 * engine.workers


def test_every_process_uses_one_thread_and_ours_is_left_as_it_was() -> None:
    before = os.environ.get("OMP_NUM_THREADS")
    assert dict(LocalEngine(2).map_unordered(threads, [(0, 0)])) == {0: "1"}
    assert os.environ.get("OMP_NUM_THREADS") == before


def test_processes_are_killed_when_the_results_are_no_longer_wanted() -> None:
    results = LocalEngine(2).map_unordered(sleeps, [("short", 0.0), ("long", 3600.0)])
    assert next(results) == ("short", 0.0)
    results.close()  # type: ignore[attr-defined]
    assert not active_children()


LEFT_AT_ONCE = """
from experiments.runner.engines.local import LocalEngine
from tests.experiments.runner.engines.test_engines import much
for _ in range(8):
    results = LocalEngine(2).map_unordered(much, enumerate(range(40)))
    next(results)
    results.close()
"""


def much(spec: int) -> bytes:
    """More than fits into a pipe: whoever sends it is in the middle of it most of the time."""
    return bytes(4_000_000)


def test_results_that_nobody_waits_for_keep_nobody_waiting() -> None:
    """A process that is ended while it sends its result leaves half of it."""
    done = subprocess.run([sys.executable, "-c", LEFT_AT_ONCE], cwd=ROOT, timeout=120, check=False)
    assert done.returncode == 0

"""A Dask cluster that is of no use is refused in clear words; one that is lost says so."""

import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from experiments.cli import main
from experiments.runner.engines import EngineLost, WorkerDied, dask
from experiments.runner.engines.dask import DaskEngine, NoCluster
from tests.experiments.runner.engines import clusters
from tests.experiments.runner.engines.test_engines import dies_at_three, dies_once, sleeps, square
from tests.sources import PACKAGES, ROOT


@pytest.fixture(scope="module")
def of_threads() -> Iterator[Any]:
    """A cluster of two workers, that stays as it is."""
    with clusters.threads(2) as cluster:
        yield cluster


def refusal(address: str) -> str:
    with pytest.raises(NoCluster) as caught, DaskEngine.connect(address):
        pass
    return str(caught.value)


def test_an_engine_tells_what_asks_for_it(of_threads: Any) -> None:
    address = of_threads.scheduler_address
    with DaskEngine.connect(address) as engine:
        assert (engine.name, engine.workers) == ("dask", 2)
        assert engine.options == ["--engine", "dask", "--scheduler", address]


def test_an_address_at_which_nobody_listens_is_refused_at_once() -> None:
    with socket.socket() as taken:  # bound, but not listening: it refuses
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        assert refusal(address) == (
            f"no Dask scheduler answers at {address}: ConnectionRefusedError: [Errno 111] Connection refused"
        )


def test_somebody_else_at_the_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "CONNECT_SECONDS", 0.2)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert "TimeoutError: timed out" in refusal(f"tcp://127.0.0.1:{other.getsockname()[1]}")


@pytest.mark.parametrize("address", ["", "localhost", "tcp:/x", "http://127.0.0.1:8786"])
def test_what_is_no_address_is_refused(address: str) -> None:
    assert refusal(address).startswith(f"no Dask scheduler answers at {address}: ValueError: ")


def test_tls_without_keys_is_refused() -> None:
    assert refusal("tls://127.0.0.1:9").endswith(": ValueError: Dask's configuration has no keys for TLS")


def test_a_scheduler_without_workers_is_refused() -> None:
    with clusters.threads(0) as cluster:
        assert "has no workers: start some with `dask worker tcp://127.0.0.1:" in refusal(cluster.scheduler_address)


def test_workers_of_several_threads_are_refused() -> None:
    with clusters.threads(1, threads_per_worker=2) as cluster:
        assert "2 threads, where each core needs a process: start it with --nthreads 1" in refusal(
            cluster.scheduler_address
        )


def other_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be another version of kubenines than the workers are."""
    here = dask.versions_and_code()
    monkeypatch.setattr(dask, "versions_and_code", lambda: here | {"kubenines": "0.0.1", "new": "1"})


def test_workers_of_another_version_are_refused_with_what_differs(
    of_threads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = dask.versions_and_code()["kubenines"]
    other_version(monkeypatch)
    said = refusal(of_threads.scheduler_address).splitlines()
    assert said[0].startswith("2 of 2 workers of tcp://127.0.0.1:")
    assert said[1].endswith(f": kubenines {there} there, 0.0.1 here; new absent there, 1 here")


def without_kubenines(*_: Any, **__: Any) -> str:
    raise Exception("ModuleNotFoundError(\"No module named 'experiments'\")")  # as Dask tells it


def test_workers_without_kubenines_are_refused(of_threads: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "differences", without_kubenines)
    said = ": kubenines cannot be imported there (ModuleNotFoundError(\"No module named 'experiments'\"))"
    assert said in refusal(of_threads.scheduler_address)


def test_a_worker_that_comes_later_and_is_of_another_version_ends_the_run(
    of_threads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with DaskEngine.connect(of_threads.scheduler_address) as engine:
        other_version(monkeypatch)
        with pytest.raises(EngineLost, match=r"that came later is not like the others: kubenines .* 0\.0\.1 here"):
            list(engine.map_unordered(square, [(0, 0)]))


def test_nothing_is_left_at_the_scheduler_even_by_who_leaves_early(of_threads: Any) -> None:
    with DaskEngine.connect(of_threads.scheduler_address) as engine:
        results = engine.map_unordered(square, ((i, i) for i in range(100_000)))
        next(results)
        results.close()  # type: ignore[attr-defined]
        assert list(engine.map_unordered(square, [(3, 3)])) == [(3, 9)]
    assert of_threads.scheduler.tasks == {}


def test_a_scheduler_that_ends_is_said() -> None:
    with clusters.threads(1) as cluster, DaskEngine.connect(cluster.scheduler_address) as engine:
        results = engine.map_unordered(sleeps, ((i, 0.05) for i in range(1000)))
        assert next(results) == (0, 0.05)
        ending = threading.Thread(target=cluster.close)
        ending.start()
        with pytest.raises(EngineLost, match=r"the Dask scheduler at tcp://.* is gone"):
            list(results)
        ending.join()


def test_a_cluster_whose_workers_are_all_gone_is_waited_for_and_then_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "PATIENCE", 0.5)
    with clusters.threads(1) as cluster, DaskEngine.connect(cluster.scheduler_address) as engine:
        results = engine.map_unordered(sleeps, ((i, 0.05) for i in range(1000)))
        next(results)
        cluster.scale(0)
        with pytest.raises(EngineLost, match=r"all workers of the Dask scheduler at .* are gone"):
            list(results)


@pytest.mark.parametrize("given", [["--engine", "dask"], ["--scheduler", "tcp://127.0.0.1:9"]])
def test_the_engine_and_its_scheduler_are_given_together(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(ROOT / "experiments/configs/quickstart.yaml"), *given]) == 2
    assert "--engine dask and --scheduler ADDRESS belong together" in capsys.readouterr().err


def test_a_number_of_processes_is_not_for_a_dask_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["-j", "2", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9"]
    assert main(["run", str(ROOT / "experiments/configs/quickstart.yaml"), *given]) == 2
    assert "-j is for --engine local" in capsys.readouterr().err


def test_a_command_with_an_unreachable_scheduler_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["-o", str(tmp_path / "out"), "-q", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9"]
    assert main(["run", str(ROOT / "experiments/configs/quickstart.yaml"), *given]) == 2
    assert "kubenines: no Dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_spec_that_kills_its_worker_is_given_up_and_no_other(cluster: clusters.Cluster, tmp_path: Path) -> None:
    with DaskEngine.connect(cluster.address) as engine:
        assert list(engine.map_unordered(dies_once, [("a", str(tmp_path / "marker"))])) == [("a", "done")]
        found = dict(engine.map_unordered(dies_at_three, ((i, i) for i in range(30))))
    assert isinstance(found.pop(3), WorkerDied)
    assert found == {i: i for i in range(30) if i != 3}


@pytest.mark.slow
def test_workers_with_other_code_are_refused(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (tree / "simulator" / "log.py").open("a") as file:
        file.write("# changed\n")
    with clusters.processes(tmp_path / "cluster", workers=1, tree=tree) as changed:
        said = refusal(changed.address)
    ours = dask.versions_and_code()["code of kubenines"]
    assert f" there, {ours} here" in said
    assert "numpy" not in said

"""Dask clusters to run on: of threads of this process, or of real processes, which can be killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.runner.engines import Engine
from experiments.runner.engines.dask import DaskEngine
from experiments.runner.engines.local import LocalEngine
from tests.sources import ROOT

START_SECONDS = 120
"""How long a cluster may take to start, on a machine that does other things."""


@contextmanager
def engine_at(where: str) -> Iterator[Engine]:
    """The engine that a number of processes stands for, or the address of a scheduler."""
    if where.isdecimal():
        yield LocalEngine(int(where))
    else:
        with DaskEngine.connect(where) as engine:
            yield engine


@contextmanager
def threads(workers: int, threads_per_worker: int = 1) -> Iterator[Any]:
    """A `distributed.LocalCluster` within this process, that listens on 127.0.0.1."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers,
        threads_per_worker=threads_per_worker,
        processes=False,
        host="127.0.0.1",
        protocol="tcp",
        dashboard_address="127.0.0.1:0",
        silence_logs=60,
    ) as cluster:
        yield cluster


@dataclass(frozen=True)
class Cluster:
    """A scheduler at an address, and its workers, each with a nanny that starts it again."""

    address: str
    scheduler: "subprocess.Popen[bytes]"


@contextmanager
def processes(folder: Path, workers: int = 2, tree: Path = ROOT) -> Iterator[Cluster]:
    """What `dask scheduler` and `dask worker` start, the workers with the packages of a tree; gone afterwards.

    A task that two workers died of is not tried on a third.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as started:

        def start(*words: object) -> "subprocess.Popen[bytes]":
            given = {"PYTHONPATH": str(tree), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
            with (folder / "log").open("ab") as log:
                command = [sys.executable, "-m", "dask", *map(str, words), "--no-dashboard", "--host", "127.0.0.1"]
                process = subprocess.Popen(
                    command, cwd=folder, env=os.environ | given, stdout=log, stderr=log, start_new_session=True
                )
            started.callback(_end, process)
            return process

        where = folder / "scheduler.json"
        scheduler = start("scheduler", "--port", 0, "--dashboard-address", "127.0.0.1:0", "--scheduler-file", where)
        address = _address(where)
        start("worker", address, "--nthreads", 1, "--nworkers", workers, "--local-directory", folder)
        wait_for_workers(address, workers)
        yield Cluster(address, scheduler)


def _address(file: Path) -> str:
    for _ in range(10 * START_SECONDS):
        with suppress(OSError, ValueError):
            return str(json.loads(file.read_text())["address"])
        time.sleep(0.1)
    raise TimeoutError("no scheduler has started")


def wait_for_workers(address: str, workers: int) -> None:
    """Until so many are there."""
    from distributed import Client

    with Client(address, timeout=START_SECONDS, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=START_SECONDS)


def _end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

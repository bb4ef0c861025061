"""What a second worker buys: the same run by processes of this machine and by Dask clusters on it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import product
from statistics import median

from experiments.bench.cluster import FAILURES, uniform_cluster
from experiments.design.goal import ReadyEndpoints, ServiceGoal
from experiments.design.plan import Design, Plan
from experiments.design.scenario import Scenario
from experiments.report.table import Column, Row, Table
from experiments.runner.engines import Engine
from experiments.runner.engines.dask import DaskEngine
from experiments.runner.engines.local import LocalEngine
from experiments.runner.interrupts import interrupts_set
from experiments.runner.run import run
from models.behaviour import Behaviour
from models.units import YEAR


@dataclass(frozen=True)
class EngineBench:
    """One engine with so many workers."""

    engine: str
    workers: int
    cells_per_second: float
    """The median of the rounds. Processes of this machine are started within it; a Dask cluster stands already."""
    gain: float
    """How many times the rate of one process: the median of the rounds, each with its own."""
    least_gain: float
    most_gain: float


def load(nodes: int, pods: int, years: float, cells: int) -> Plan:
    """So many replications of the cluster benchmark, of which one Service is measured."""
    scenario = Scenario(
        policy="uniform",
        cluster=uniform_cluster(nodes, pods),
        behaviour=Behaviour(),
        failures=FAILURES,
        operations=(),
        services=(ServiceGoal("app-0", ReadyEndpoints(1)),),
        duration=years * YEAR,
        warmup=0.0,
        seed=0,
    )
    return Plan("engines", Design((scenario,), (), (), ()), confidence=0.95, replications=cells, resolved={})


@interrupts_set()
def engines(load: Plan, rounds: int) -> list[EngineBench]:
    """Each engine in turn, `rounds` times; the first is this process alone, with which the others are compared."""
    seconds: dict[tuple[str, int], list[float]] = {way: [] for way in product(("local", "dask"), (1, 2))}
    run(load, replications=1)  # modules are imported at the first run
    for _ in range(rounds):
        for (name, workers), taken in seconds.items():
            with nullcontext(LocalEngine(workers)) if name == "local" else _dask(workers) as engine:
                begin = time.perf_counter()
                run(load, engine=engine)
                taken.append(time.perf_counter() - begin)
    return [_row(*way, taken, seconds["local", 1], load.replications or 0) for way, taken in seconds.items()]


def _row(engine: str, workers: int, seconds: Sequence[float], alone: Sequence[float], cells: int) -> EngineBench:
    gains = [one / other for one, other in zip(alone, seconds, strict=True)]
    return EngineBench(engine, workers, cells / median(seconds), median(gains), min(gains), max(gains))


@contextmanager
def _dask(workers: int) -> Iterator[Engine]:
    """A cluster of this machine that has worked before, whose workers do not profile what they run."""
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set({"distributed.worker.profile.enabled": False}),
        LocalCluster(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=60
        ) as cluster,
        DaskEngine.connect(cluster.scheduler_address) as engine,
    ):
        for _ in engine.map_unordered(_warmed, enumerate([0.2] * workers)):
            pass
        yield engine


def _warmed(seconds: float) -> float:
    """On a worker: import what a replication needs; long enough for each worker to be given one."""
    import experiments.runner.replication  # noqa: F401

    time.sleep(seconds)
    return seconds


COLUMNS = (
    Column("ENGINE", "processes of this machine, or a Dask cluster on it", "name"),
    Column("WORKERS", "processes that simulate"),
    Column("CELLS/S", "replications a second of wall time"),
    Column("GAIN", "times the rate of one process of this machine"),
    Column("OF THE ROUNDS", "the least and the most of it"),
)


def table(rows: Sequence[EngineBench]) -> Table:
    """Side by side."""
    return Table(COLUMNS, tuple(map(_shown, rows)))


def _shown(row: EngineBench) -> Row:
    return (
        row.engine,
        str(row.workers),
        f"{row.cells_per_second:,.3g}",
        f"{row.gain:.2f}",
        f"{row.least_gain:.2f}-{row.most_gain:.2f}",
    )

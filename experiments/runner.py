"""Runs an experiment: replications over processes, kept as they finish, resumed where they stopped.

A cell is one replication of one scenario; its result depends on nothing else, so neither the number of workers nor the
order in which cells finish can change a table.
"""

import contextlib
import json
import os
import platform
import shlex
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments import progress as progressing
from experiments import store
from experiments.metrics.measure import measure
from experiments.metrics.observation import Observation
from experiments.progress import Listener, Progress
from experiments.results import Results
from experiments.store import Cell, Manifest, ResultFolder

if TYPE_CHECKING:
    from experiments.design import Scenario
    from experiments.experiment import Experiment
    from simulator.run import Run

Simulate = Callable[..., "Run"]

CHUNK_SECONDS = 0.5
"""Cells are handed to a process in chunks of about this length: long against the cost of handing over."""
ATTEMPTS = 3
"""How often a cell may take its process down before it counts as failed."""
FIRST_LOOK = 50
"""Replications before a precision is first judged; then twice as many, and so on."""


class Interrupted(Exception):
    """Ctrl-C: running chunks were finished and kept; `command` resumes (empty if nothing was kept)."""

    def __init__(self, done: int, total: int, command: str) -> None:
        self.done, self.total, self.command = done, total, command
        super().__init__(
            f"interrupted after {done} of {total} replications" + (f"; resume: {command}" if command else "")
        )


class ChangedExperiment(ValueError):
    """The folder holds runs of something else under the same names; `changes` says what differs."""

    def __init__(self, path: Path, changes: Sequence[str]) -> None:
        self.changes = list(changes)
        shown = "\n  ".join(self.changes[:20] or ["the policies simulate something else"])
        super().__init__(
            f"{path} holds runs of a different experiment:\n  {shown}\nuse another folder, or --fresh to start anew"
        )


# --- one cell --------------------------------------------------------------------------------------------------------


def run_chunk(
    scenario: "Scenario", key: str, replications: Sequence[int], simulate: Simulate | None = None
) -> tuple[list[Cell], float]:
    """Simulate some replications of a scenario in this process; the cells, and the seconds it took."""
    start = time.perf_counter()
    cells = [run_cell(scenario, key, replication, simulate) for replication in replications]
    return cells, time.perf_counter() - start


def run_cell(scenario: "Scenario", key: str, replication: int, simulate: Simulate | None = None) -> Cell:
    """Simulate and measure one replication; an exception gives a failed cell, not an exception."""
    try:
        run = (simulate or _simulator())(
            scenario.cluster,
            behaviour=scenario.behaviour,
            failures=scenario.failures,
            operations=scenario.operations,
            seed=scenario.seed,
            replication=replication,
            duration=scenario.duration,
            warmup=scenario.warmup,
        )
        seen = {
            goal.name: Observation.of(run.services[goal.name], goal.predicate, run.start, run.end)
            for goal in scenario.services
        }
    except Exception as error:
        return _failed(scenario, key, replication, _describe(error))
    return Cell(
        scenario.policy,
        replication,
        key,
        scenario.seed,
        transitions=run.transitions,
        strikes=dict(run.strikes),
        pending=dict(run.pending),
        services={name: measure(one) for name, one in seen.items()},
        outages={name: one.outages - one.start for name, one in seen.items()},
    )


def _simulator() -> Simulate:
    from simulator.run import simulate

    return simulate


def _failed(scenario: "Scenario", key: str, replication: int, error: str) -> Cell:
    return Cell(scenario.policy, replication, key, scenario.seed, status="failed", error=error)


def _describe(error: Exception) -> str:
    """The error and the place where it was raised, without this machine's paths."""
    place, trace = "", error.__traceback__
    while trace is not None:
        place = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(error).__name__}: {error}{place}"


def scenario_key(scenario: "Scenario") -> str:
    """Content id of all that a cell depends on, but its replication."""
    facts = [store.SCHEMA_VERSION, scenario.policy, scenario.id, scenario.seed, scenario.duration, scenario.warmup]
    return store.digest(json.dumps([*facts, [[goal.name, repr(goal.predicate)] for goal in scenario.services]]))


# --- many cells ------------------------------------------------------------------------------------------------------


class _Queue:
    """What is still to do, handed out in chunks so that all policies advance together."""

    def __init__(self, missing: Mapping[str, Sequence[int]], workers: int) -> None:
        self.missing = {policy: deque(replications) for policy, replications in missing.items()}
        self.seconds: dict[str, float] = {}
        self.workers = workers

    def take(self) -> tuple[str, list[int]] | None:
        """The next chunk, of the policy with the most to do; the first of each policy is a single cell, to time it."""
        left = {policy: len(replications) for policy, replications in self.missing.items() if replications}
        if not left:
            return None
        untimed = [policy for policy in left if policy not in self.seconds]
        policy = untimed[0] if untimed else max(left, key=lambda name: left[name])
        size = 1
        if self.seconds.setdefault(policy, 0.0) > 0:
            fair = max(left[policy] // (2 * self.workers), 1)
            size = min(max(round(CHUNK_SECONDS / self.seconds[policy]), 1), fair)
        return policy, [self.missing[policy].popleft() for _ in range(size)]

    def timed(self, cells: Sequence[Cell], seconds: float) -> None:
        self.seconds[cells[0].policy] = max(seconds / len(cells), 1e-6)


@dataclass
class _Engine:
    """Runs chunks in this process, or in `workers` others; `stop` set means: begin nothing more."""

    scenarios: Mapping[str, "Scenario"]
    keys: Mapping[str, str]
    workers: int
    simulate: Simulate | None
    stop: threading.Event

    def run(self, missing: Mapping[str, Sequence[int]]) -> Iterator[list[Cell]]:
        """Yield finished chunks, in any order."""
        queue = _Queue(missing, self.workers)
        yield from self._in_process(queue) if self.workers == 1 else self._in_pools(queue)

    def _in_process(self, queue: _Queue) -> Iterator[list[Cell]]:
        while not self.stop.is_set() and (chunk := queue.take()):
            policy, replications = chunk
            cells, start = [], time.perf_counter()
            for replication in replications:
                cells.append(run_cell(self.scenarios[policy], self.keys[policy], replication, self.simulate))
                if self.stop.is_set():
                    break
            queue.timed(cells, time.perf_counter() - start)
            yield cells

    def _in_pools(self, queue: _Queue) -> Iterator[list[Cell]]:
        """A pool as long as it lives; what was running when it broke is run again cell by cell, each alone."""
        unfinished: list[tuple[str, list[int]]] = []
        while True:
            with _pool(self.workers) as pool:
                yield from self._in_pool(pool, queue, unfinished)
            if self.stop.is_set() or not unfinished:
                return
            for policy, replications in unfinished:
                for replication in replications:
                    if not self.stop.is_set():
                        yield [self._alone(policy, replication)]
            unfinished = []

    def _in_pool(
        self, pool: ProcessPoolExecutor, queue: _Queue, unfinished: list[tuple[str, list[int]]]
    ) -> Iterator[list[Cell]]:
        """Run until the queue is empty or the pool breaks; then `unfinished` holds the chunks that were lost."""
        running: dict[Future[tuple[list[Cell], float]], tuple[str, list[int]]] = {}
        broken = False
        while True:
            while not broken and not self.stop.is_set() and len(running) < self.workers + 1 and (chunk := queue.take()):
                try:
                    running[self._submit(pool, *chunk)] = chunk
                except BrokenProcessPool:
                    unfinished.append(chunk)
                    broken = True
            if not running:
                return
            for future in wait(running, timeout=0.2, return_when=FIRST_COMPLETED).done:
                chunk = running.pop(future)
                try:
                    cells, seconds = future.result()
                except BrokenProcessPool:
                    unfinished.append(chunk)
                    broken = True
                    continue
                queue.timed(cells, seconds)
                yield cells

    def _alone(self, policy: str, replication: int) -> Cell:
        for _ in range(ATTEMPTS):
            with _pool(1) as pool, contextlib.suppress(BrokenProcessPool):
                return self._submit(pool, policy, [replication]).result()[0][0]
        error = f"the process that ran it died {ATTEMPTS} times (out of memory?)"
        return _failed(self.scenarios[policy], self.keys[policy], replication, error)

    def _submit(
        self, pool: ProcessPoolExecutor, policy: str, replications: list[int]
    ) -> "Future[tuple[list[Cell], float]]":
        return pool.submit(run_chunk, self.scenarios[policy], self.keys[policy], replications, self.simulate)


@contextlib.contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that leave Ctrl-C to us and use one core each."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    before = {name: os.environ.get(name) for name in threads}
    os.environ.update(dict.fromkeys(threads, "1"))
    context = get_context("forkserver" if sys.platform != "win32" else "spawn")
    if sys.platform != "win32":
        context.set_forkserver_preload(["experiments.runner", "simulator.run"])
    try:
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_ignore_interrupts) as pool:
            yield pool
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextlib.contextmanager
def _first_interrupt_sets(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C once sets `stop`; twice is the KeyboardInterrupt that it always was."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def interrupted(number: int, frame: Any) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# --- an experiment ---------------------------------------------------------------------------------------------------


def run(
    experiment: "Experiment",
    *,
    out: str | Path | None = None,
    replications: int | None = None,
    workers: int = 1,
    progress: bool | Listener | None = None,
    fresh: bool = False,
    simulate: Simulate | None = None,
) -> Results:
    """Run every cell of the experiment that `out` does not hold yet, and return all results.

    `out`: a result folder, made, resumed or (`fresh`) started anew; None keeps everything in memory. `replications`
    overrides the experiment's number and its precision. `progress`: True, or who is told. A cell that raises is a row
    of `results.failed`. Raises `ChangedExperiment`, `NotAResultFolder`, `Interrupted`.
    """
    if workers < 1 or (replications is not None and replications < 1):
        raise ValueError("workers and replications must be at least 1")
    if progress is True:
        with progressing.reporter() as listener:
            return run(
                experiment,
                out=out,
                replications=replications,
                workers=workers,
                progress=listener,
                fresh=fresh,
                simulate=simulate,
            )
    return _Job(experiment, out, replications, workers, progress or None, fresh, simulate).run()


class _Job:
    """One call of `run`."""

    def __init__(
        self,
        experiment: "Experiment",
        out: str | Path | None,
        replications: int | None,
        workers: int,
        listener: Listener | None,
        fresh: bool,
        simulate: Simulate | None,
    ) -> None:
        self.experiment, self.listener, self.asked = experiment, listener, replications
        self.scenarios = {scenario.policy: scenario for scenario in experiment.scenarios()}
        self.keys = {policy: scenario_key(scenario) for policy, scenario in self.scenarios.items()}
        self.folder = ResultFolder(Path(out)) if out is not None else None
        self.stop = threading.Event()
        self.engine = _Engine(self.scenarios, self.keys, workers, simulate, self.stop)
        self.precision = experiment.precision if replications is None else None
        self.looks = self._looks()
        self.cells: dict[tuple[str, int], Cell] = {}
        self.manifest = self._manifest()
        if self.folder is not None:
            self._resume(self.folder, fresh)

    def _looks(self) -> list[int]:
        """Numbers of replications after which to judge: one, or doublings up to the most that precision may take."""
        if self.precision is None:
            return [self.asked or self.experiment.replications or FIRST_LOOK]
        looks: list[int] = []
        most = int(self.precision.at_most)
        while not looks or looks[-1] < most:
            looks.append(min(FIRST_LOOK * 2 ** len(looks), most))
        return looks

    def _resume(self, folder: ResultFolder, fresh: bool) -> None:
        if fresh:
            folder.clear()
        elif (before := folder.manifest()) is not None:
            changed = [p for p, key in before.scenarios.items() if self.keys.get(p, key) != key]
            if changed:
                raise ChangedExperiment(folder.path, self._changes(folder, before))
            kept = folder.cells(self.keys.values())
            self.cells = {(cell.policy, cell.replication): cell for cell in kept}
        folder.write_manifest(self.manifest)
        folder.write_inputs(self.experiment.source_text or "", self.experiment.resolved)

    def _changes(self, folder: ResultFolder, before: Manifest) -> list[str]:
        changes = store.differences(folder.resolved(), store.plain(self.experiment.resolved))
        inputs = self.manifest.inputs
        return changes + [f"{path}: contents changed" for path in inputs if before.inputs.get(path, "") != inputs[path]]

    def run(self) -> Results:
        passed = 0
        results = None
        with _first_interrupt_sets(self.stop):
            for look in self.looks:
                self._run_until(look)
                results = self._results(look)
                if self.stop.is_set():
                    return self._interrupted(results)
                if self.precision is None:
                    break
                missing = results.imprecise(self.precision.relative, self.precision.confidence)
                passed = 0 if missing else passed + 1
                if passed == 2:
                    break
            assert results is not None
            return self._finish(results)

    def _run_until(self, replications: int) -> None:
        missing = {
            policy: [r for r in range(replications) if (policy, r) not in self.cells] for policy in self.scenarios
        }
        self._tell()
        for chunk in self.engine.run(missing):
            if self.folder is not None:
                self.folder.save_chunk(chunk)
            self.cells.update({(cell.policy, cell.replication): cell for cell in chunk})
            self._tell()

    def _tell(self) -> None:
        if self.listener is not None:
            most = self.looks[-1]
            done = {p: sum((p, r) in self.cells for r in range(most)) for p in self.scenarios}
            self.listener(Progress(done, dict.fromkeys(self.scenarios, most)))

    def _results(self, replications: int) -> Results:
        cells = [cell for cell in self.cells.values() if cell.replication < replications]
        manifest = replace(self.manifest, replications=replications)
        frames = store.tables(cells, manifest.policies, manifest.services)
        return Results(manifest, **frames, path=self.folder.path if self.folder else None)

    def _finish(self, results: Results) -> Results:
        imprecise: list[str] = []
        if self.precision is not None:
            missing = results.imprecise(self.precision.relative, self.precision.confidence)
            imprecise = [f"{service} under {policy}" for service, policy in missing]
        return self._keep(results, "done", imprecise)

    def _interrupted(self, results: Results) -> Results:
        self._keep(results, "interrupted", [])
        command = ""
        if self.folder is not None and self.experiment.source_path is not None:
            words = ["kubenines", "run", str(self.experiment.source_path), "-o", str(self.folder.path)]
            words += [word for setting in self.experiment.settings for word in ("--set", setting)]
            words += ["-n", str(self.asked)] if self.asked else []
            words += ["-j", str(self.engine.workers)] if self.engine.workers > 1 else []
            command = shlex.join([*words, "--resume"])
        raise Interrupted(len(results.cells), self.looks[-1] * len(self.scenarios), command)

    def _keep(self, results: Results, status: str, imprecise: list[str]) -> Results:
        counts = {
            "cells": len(results.cells),
            "failed": len(results.failed),
            "outages": len(results.outages),
            "transitions": int(results.cells["transitions"].sum()),
        }
        results.manifest = replace(results.manifest, status=status, imprecise=imprecise, counts=counts, ended=_now())
        if self.folder is not None:
            self.folder.write_tables(
                {"runs": results.runs, "outages": results.outages, "cells": results.cells}, results.summary()
            )
            if status == "done":
                results.plot.save(self.folder.path / "plots")
            self.folder.write_manifest(results.manifest)
        return results

    def _manifest(self) -> Manifest:
        experiment = self.experiment
        first = next(iter(self.scenarios.values()))
        inputs = {str(path): store.sha256(Path(path)) for path in experiment.inputs}
        resolved = json.dumps(store.plain(experiment.resolved), sort_keys=True)
        return Manifest(
            name=experiment.name,
            policies=list(self.scenarios),
            services=[goal.name for goal in first.services],
            replications=self.looks[-1],
            confidence=experiment.confidence,
            duration=first.duration,
            warmup=first.warmup,
            seed=first.seed,
            scenarios=dict(self.keys),
            objectives=[
                {"service": o.service, "policy": o.policy, "metric": "availability", "at_least": o.at_least}
                for o in experiment.objectives
            ],
            precision=_precision(self.precision),
            inputs=inputs,
            experiment_hash=store.digest(resolved + json.dumps(sorted(inputs.values()))),
            source=str(experiment.source_path or ""),
            warnings=[str(warning) for warning in experiment.warnings],
            not_modelled=_lines(experiment.not_modelled),
            argv=list(sys.argv),
            workers=self.engine.workers,
            versions=_versions(),
            started=_now(),
        )


def _precision(precision: Any) -> dict[str, Any] | None:
    if precision is None:
        return None
    return {name: getattr(precision, name) for name in ("relative", "confidence", "at_most")}


def _lines(found: Any) -> list[str]:
    """Kinds with their counts, or plain lines."""
    if isinstance(found, Mapping):
        return [f"{count} {kind}" for kind, count in found.items()]
    return [str(line) for line in found]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in ("kubenines", "numpy", "scipy", "pandas", "pyarrow", "simpy"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions

"""Runs an experiment: replications on an engine, kept as they finish, resumed where they stopped.

A cell is one replication of one policy; its result depends on nothing else, so neither the number of workers nor the
order in which cells finish can change a table.
"""

import shlex
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.findings.precision import imprecise_rows
from experiments.results import Results
from experiments.runner import progress as progressing
from experiments.runner import provenance
from experiments.runner.engines import Engine
from experiments.runner.engines.local import LocalEngine
from experiments.runner.progress import Listener, Progress
from experiments.runner.replication import CellSpec, Simulate, failed_cell, run_cell, scenario_key
from experiments.store import folder as store
from experiments.store.folder import Cell, Manifest, ResultFolder
from experiments.store.tables import tables
from simulator.run import simulate as simulate_cluster

if TYPE_CHECKING:
    from experiments.design.scenario import Precision, Scenario
    from experiments.experiment import Experiment

SAVE_EVERY = 0.5
"""Seconds of finished cells that a crash may cost: they are kept together, because each file must reach the disk."""
FIRST_LOOK = 50
"""Replications before a precision is first judged; then twice as many, and so on."""


class Interrupted(Exception):
    """Ctrl-C: what ran was finished and kept; `command` resumes (empty if nothing was kept)."""

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


def run(
    experiment: "Experiment",
    *,
    out: str | Path | None = None,
    replications: int | None = None,
    workers: int = 1,
    progress: bool | Listener | None = None,
    fresh: bool = False,
    events: int = 0,
    simulate: Simulate = simulate_cluster,
    engine: Engine | None = None,
) -> Results:
    """Run every cell of the experiment that `out` does not hold yet, and return all results.

    `out`: a result folder, made, resumed or (`fresh`) started anew; None keeps everything in memory. `replications`
    overrides the experiment's number and its precision. `workers`: processes of this machine, unless there is an
    `engine`. `progress`: True, or who is told. `events`: keep the transitions of the first so many replications of each
    policy in `out`. A cell that raises is a row of `results.failed`. Raises `ChangedExperiment`, `NotAResultFolder`,
    `Interrupted`.
    """
    if workers < 1 or (replications is not None and replications < 1):
        raise ValueError("workers and replications must be at least 1")
    if events and out is None:
        raise ValueError("transitions are kept in a result folder only: give `out`, or no `events`")
    scenarios = list(experiment.scenarios())
    keys = {scenario.policy: scenario_key(scenario) for scenario in scenarios}
    precision = experiment.precision if replications is None else None
    looks = _looks(precision, replications or experiment.replications or FIRST_LOOK)
    engine = engine or LocalEngine(workers)
    folder = ResultFolder(Path(out)) if out is not None else None
    resolved = store.with_copies(store.plain(experiment.resolved), experiment.source_path, experiment.inputs)
    manifest = provenance.describe(experiment, scenarios, keys, resolved, looks[-1], replications, engine)

    cells: list[Cell] = []
    if folder is not None:
        kept = [] if fresh else _kept(folder, manifest, resolved)
        cells = [c for c in kept if c.replication >= events or folder.events(c.policy, c.replication).exists()]
        if fresh:
            folder.clear()
        folder.write_manifest(manifest)
        folder.write_inputs(experiment.source_text or "", resolved, experiment.inputs)
    job = _Job(scenarios, keys, engine, simulate, manifest, resolved, folder, looks[-1], events)
    job.add(cells)
    with _listener(progress) as job.listener, _first_interrupt_sets(job.stop):
        return _run_to_precision(job, looks, precision)


def _looks(precision: "Precision | None", replications: int) -> list[int]:
    """Numbers of replications after which to judge: one, or doublings up to the most that precision may take."""
    if precision is None:
        return [replications]
    looks: list[int] = []
    while not looks or looks[-1] < precision.at_most:
        looks.append(min(FIRST_LOOK * 2 ** len(looks), int(precision.at_most)))
    return looks


def _kept(folder: ResultFolder, manifest: Manifest, resolved: Any) -> list[Cell]:
    """The cells that the folder holds already; `ChangedExperiment` if they are of something else."""
    before = folder.manifest()
    if before is None:
        return []
    if before.schema_version != store.SCHEMA_VERSION:
        raise ChangedExperiment(folder.path, [f"schema: {before.schema_version} -> {store.SCHEMA_VERSION}"])
    changes = store.differences(folder.resolved(), resolved)
    changes += [f"{path}: contents changed" for path, sha in manifest.inputs.items() if before.inputs.get(path) != sha]
    ours, theirs = (of.versions.get("kubenines") for of in (manifest, before))
    if ours != theirs:
        raise ChangedExperiment(folder.path, [f"kubenines: {theirs} -> {ours}"])
    if any(manifest.scenarios.get(policy, key) != key for policy, key in before.scenarios.items()):
        raise ChangedExperiment(folder.path, changes)
    return folder.cells(manifest.scenarios.values())


def _run_to_precision(job: "_Job", looks: Sequence[int], precision: "Precision | None") -> Results:
    """Run until the precision is reached at two looks in a row (once may be luck), or to the last look."""
    passed = 0
    for look in looks:
        job.run_until(look)
        results = job.results(look)
        if job.stop.is_set() and len(results.cells) < looks[-1] * len(job.scenarios):
            job.keep(results, "interrupted")
            raise Interrupted(len(results.cells), looks[-1] * len(job.scenarios), job.resume_command())
        if precision is None:
            return job.keep(results, "done")
        imprecise = imprecise_rows(results, precision.relative, precision.confidence)
        passed = 0 if imprecise else passed + 1
        if passed == 2:
            break
    return job.keep(results, "done", [f"{service} under {policy}" for service, policy in imprecise])


@dataclass
class _Job:
    """What is under way: the cells that are finished, and where they are kept."""

    scenarios: Sequence["Scenario"]
    keys: dict[str, str]
    engine: Engine
    simulate: Simulate
    manifest: Manifest
    resolved: Any
    folder: ResultFolder | None
    most: int
    events: int = 0
    listener: Listener = lambda progress: None
    cells: dict[tuple[str, int], Cell] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def add(self, cells: Sequence[Cell]) -> None:
        self.cells.update({(cell.policy, cell.replication): cell for cell in cells})

    def run_until(self, replications: int) -> None:
        """Run what is missing of the first `replications`, and keep it as it comes."""
        specs = self._missing(replications)
        done = {s.policy: sum((s.policy, r) in self.cells for r in range(self.most)) for s in self.scenarios}
        self._tell(done)
        unsaved: list[Cell] = []
        saved = time.monotonic()
        try:
            results = self.engine.map_unordered(run_cell, self._until_stopped(specs))
            for (policy, replication), result in results:
                cell = result if isinstance(result, Cell) else failed_cell(specs[policy, replication], result)
                cell = self._without_events(cell)
                self.add([cell])
                unsaved.append(cell)
                done[policy] += 1
                self._tell(done)
                if time.monotonic() - saved > SAVE_EVERY:
                    self._save(unsaved)
                    unsaved, saved = [], time.monotonic()
        finally:
            self._save(unsaved)

    def _missing(self, replications: int) -> dict[tuple[str, int], CellSpec]:
        """What to run, all policies side by side."""
        wanted = [(scenario, r) for r in range(replications) for scenario in self.scenarios]
        return {
            (scenario.policy, r): CellSpec(scenario, self.keys[scenario.policy], r, self.simulate, r < self.events)
            for scenario, r in wanted
            if (scenario.policy, r) not in self.cells
        }

    def _without_events(self, cell: Cell) -> Cell:
        """Keep the transitions, before the cell, and let go of them."""
        if self.folder is not None and cell.events:
            store.write(self.folder.events(cell.policy, cell.replication), cell.events)
        return replace(cell, events=b"")

    def _until_stopped(self, specs: dict[tuple[str, int], CellSpec]) -> Iterator[tuple[tuple[str, int], CellSpec]]:
        for key, spec in specs.items():
            if self.stop.is_set():
                return
            yield key, spec

    def _save(self, cells: Sequence[Cell]) -> None:
        if self.folder is not None and cells:
            self.folder.save_chunk(cells)

    def _tell(self, done: dict[str, int]) -> None:
        self.listener(Progress(dict(done), dict.fromkeys(done, self.most)))

    def results(self, replications: int) -> Results:
        cells = [cell for cell in self.cells.values() if cell.replication < replications]
        manifest = replace(self.manifest, replications=replications)
        frames = tables(cells, manifest.policies, manifest.services)
        return Results(manifest, frames, resolved=self.resolved, path=self.folder.path if self.folder else None)

    def keep(self, results: Results, status: str, imprecise: Sequence[str] = ()) -> Results:
        """Write the tables; plots and report only of what is complete."""
        counts = {
            "cells": len(results.cells),
            "failed": len(results.failed),
            "outages": len(results.outages),
            "transitions": int(results.cells["transitions"].sum()),
        }
        results.manifest = replace(
            results.manifest, status=status, imprecise=list(imprecise), counts=counts, ended=provenance.now()
        )
        if self.folder is not None:
            self.folder.write_tables(results.tables, results.summary())
            if status == "done":
                results.plot.save(self.folder.path / "plots")
                results.to_html(self.folder.path / "report.html")
            self.folder.write_manifest(results.manifest)
        return results

    def resume_command(self) -> str:
        """What a user types to go on; empty if nothing was kept or there is no file to go on with."""
        if self.folder is None or not self.manifest.source:
            return ""
        workers = ["-j", str(self.engine.workers)] if self.engine.workers > 1 else []
        kept = ["--events", f"sample:{self.events}"] if self.events else []
        words = ["kubenines", "run", self.manifest.source, "-o", str(self.folder.path), *self.manifest.options]
        return shlex.join([*words, *kept, *workers, "--resume"])


@contextmanager
def _listener(progress: bool | Listener | None) -> Iterator[Listener]:
    if progress is True:
        with progressing.reporter() as listener:
            yield listener
    else:
        yield progress or (lambda progress: None)


@contextmanager
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

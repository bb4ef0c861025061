"""What is under way: the cells of an experiment that are finished, those that are missing, and where they are kept."""

import hashlib
import shlex
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from experiments.design.scenario import Scenario
from experiments.findings import summaries
from experiments.metrics.metric import own_metrics
from experiments.rare.replication import RareSpec, failed_rare_cell, run_rare_cell
from experiments.results import Results
from experiments.runner import provenance, timelines
from experiments.runner.endings import Interrupted
from experiments.runner.engines import Engine
from experiments.runner.progress import Listener, Progress
from experiments.runner.replication import CellSpec, Simulate, failed_cell, run_cell
from experiments.store.cell import Cell
from experiments.store.files import write
from experiments.store.folder import ResultFolder
from experiments.store.manifest import Manifest
from experiments.store.rare_cell import RareCell
from experiments.store.tables import tables
from models.input.problems import Refusal

C = TypeVar("C", Cell, RareCell)

SAVE_EVERY = 0.5
"""Seconds of finished cells that a crash may cost: they are kept together, because each file must reach the disk."""


class Lost(Refusal):
    """Finished replications cannot be read back from where they were kept."""

    def __init__(self, path: Path, lost: int) -> None:
        super().__init__(f"{lost} finished replications are gone from {path}, where they were kept: run it again")


@contextmanager
def saved_together(save: Callable[[Sequence[C]], object]) -> Iterator[Callable[[C], None]]:
    """Hand each finished cell to what this yields: they are saved some at a time, and what is left at the end.

    However the end comes about.
    """
    unsaved: list[C] = []
    saved = time.monotonic()

    def keep(cell: C) -> None:
        nonlocal unsaved, saved
        unsaved.append(cell)
        if time.monotonic() - saved > SAVE_EVERY:
            save(unsaved)
            unsaved, saved = [], time.monotonic()

    try:
        yield keep
    finally:
        if unsaved:
            save(unsaved)


@dataclass
class Job:
    """The cells of a run: finished ones are kept in `store`, and so is what comes of them if it is `folder`."""

    scenarios: Sequence[Scenario]
    keys: dict[str, str]
    engine: Engine
    simulate: Simulate
    manifest: Manifest
    resolved: Any
    store: ResultFolder
    """Where finished cells are: they do not stay in memory."""
    folder: ResultFolder | None
    """What the caller asked for; None: nothing outlives the run but its results."""
    most: int
    events: int = 0
    listener: Listener = lambda progress: None
    draws: bool = True
    """Whether complete results are drawn and reported."""
    done: dict[str, set[int]] = field(init=False)
    """Policy -> finished replications."""
    failed: list[Cell] = field(default_factory=list)
    """Finished cells that are not kept, as the next run tries them again."""
    stop: threading.Event = field(default_factory=threading.Event)
    rare: list[RareCell] = field(default_factory=list)
    """Finished replications made for rare outages that the results are to tell of."""
    rare_progress: dict[str, tuple[int, int]] = field(default_factory=dict)
    """What of them is finished, and how many there are to be, by what they are for."""

    def __post_init__(self) -> None:
        self.done = {scenario.policy: set() for scenario in self.scenarios}

    def resume(self, kept: Iterable[Cell]) -> None:
        """Count the cells that the store holds already as done."""
        for cell in kept:
            if cell.replication < self.most and self.keys.get(cell.policy) == cell.scenario:
                self.done[cell.policy].add(cell.replication)

    def run_until(self, replications: int) -> None:
        """Run what is missing of the first `replications`, and keep it as it comes."""
        self._tell()
        with saved_together(self.store.save_chunk) as save:
            for cell in self._finished(replications):
                self._keep_events(cell)
                (self.failed.append if cell.status == "failed" else save)(replace(cell, events=b""))
                self.done[cell.policy].add(cell.replication)
                self._tell()

    def _finished(self, replications: int) -> Iterator[Cell]:
        """What is missing of the first `replications`, as it is finished."""
        scenarios, metrics = {scenario.policy: scenario for scenario in self.scenarios}, own_metrics()

        def spec(policy: str, replication: int) -> CellSpec:
            events = replication < self.events
            return CellSpec(scenarios[policy], self.keys[policy], replication, self.simulate, events, metrics)

        missing = ((key, spec(*key)) for key in self._missing(replications))
        for key, result in self.engine.map_unordered(run_cell, missing):
            yield result if isinstance(result, Cell) else failed_cell(spec(*key), result)

    def run_rare(self, specs: Sequence[RareSpec]) -> list[RareCell]:
        """Run what is missing of these replications, and keep it as it comes; a cell for each, in their order."""
        keys = [(spec.key, spec.replication) for spec in specs]
        wanted = dict(zip(keys, specs, strict=True))
        found = {
            key: cell
            for cell in self.store.rare_cells({key for key, _ in keys})
            if (key := (cell.scenario, cell.replication)) in wanted
        }
        purposes = {key: f"{spec.scenario.policy}, rare outages: {spec.phase}" for key, spec in wanted.items()}
        finished, all_of_them = Counter(purposes[key] for key in found), Counter(purposes.values())

        def missing() -> Iterator[tuple[tuple[str, int], RareSpec]]:
            for key, spec in wanted.items():
                if self.stop.is_set():
                    return
                if key not in found:
                    yield key, spec

        with saved_together(self.store.save_rare_chunk) as save:
            for key, result in self.engine.map_unordered(run_rare_cell, missing()):
                cell = result if isinstance(result, RareCell) else failed_rare_cell(wanted[key], result)
                found[key] = cell
                if cell.status == "done":
                    save(cell)
                finished[purposes[key]] += 1
                self.rare_progress |= {purpose: (finished[purpose], of) for purpose, of in all_of_them.items()}
                self._tell()
        if len(found) < len(wanted):
            raise Interrupted(len(found), len(wanted), self.resume_command())
        return [found[key] for key in keys]

    def _missing(self, replications: int) -> Iterator[tuple[str, int]]:
        """What to run, all policies side by side, until somebody says stop."""
        for replication in range(replications):
            for policy in self.done:
                if self.stop.is_set():
                    return
                if replication not in self.done[policy]:
                    yield policy, replication

    def _keep_events(self, cell: Cell) -> None:
        """Keep the transitions, before the cell."""
        if cell.events:
            path = self.store.events(cell.policy, cell.replication)
            write(path, cell.events)
            self.manifest.files[self.store.name(path)] = hashlib.sha256(cell.events).hexdigest()

    def _tell(self) -> None:
        done = {policy: len(of) for policy, of in self.done.items()}
        most = dict.fromkeys(self.done, self.most)
        for purpose, (finished, wanted) in self.rare_progress.items():
            done[purpose], most[purpose] = finished, wanted
        self.listener(Progress(done, most))

    def results(self, replications: int) -> Results:
        """What came of the first `replications`, as far as they are finished."""
        manifest = replace(self.manifest, replications=replications)
        frames = tables(chain(self._cells(replications), self.rare), manifest.policies, manifest.services)
        return Results(manifest, frames, resolved=self.resolved, path=self.folder.path if self.folder else None)

    def _cells(self, replications: int) -> Iterator[Cell]:
        """The finished cells of the first `replications`, each once."""
        left = {policy: {number for number in of if number < replications} for policy, of in self.done.items()}
        for cell in chain(self.failed, self.store.cells(self.keys.values())):
            if cell.replication in left.get(cell.policy, ()):
                left[cell.policy].remove(cell.replication)
                yield cell
        if lost := sum(map(len, left.values())):
            raise Lost(self.store.path, lost)

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
            self.folder.write_tables(results.tables, summaries.summary(results))
            if status == "done" and self.draws:
                results.plot.save(self.folder.path / "plots")
                results.to_html(self.folder.path / "report.html", timelines.of_report(results))
            results.manifest.files.update(self.folder.checksums())
            self.folder.write_manifest(results.manifest)
        return results

    def resume_command(self) -> str:
        """What a user types to go on; empty if nothing was kept or there is no file to go on with."""
        if self.folder is None or not self.manifest.source:
            return ""
        kept = ["--events", f"sample:{self.events}"] if self.events else []
        words = ["kubenines", "run", self.manifest.source, "-o", str(self.folder.path), *self.manifest.options]
        return shlex.join([*words, *kept, *self.engine.options, "--resume"])

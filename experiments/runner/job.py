"""What is under way: the cells of an experiment that are finished, those that are missing, and where they are kept."""

import hashlib
import shlex
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from experiments.design.scenario import Scenario
from experiments.findings import summaries
from experiments.metrics.metric import own_metrics
from experiments.results import Results
from experiments.runner import provenance
from experiments.runner.engines import Engine
from experiments.runner.progress import Listener, Progress
from experiments.runner.replication import CellSpec, Simulate, failed_cell, run_cell
from experiments.store.cell import Cell
from experiments.store.files import write
from experiments.store.folder import ResultFolder
from experiments.store.manifest import Manifest
from experiments.store.tables import tables

SAVE_EVERY = 0.5
"""Seconds of finished cells that a crash may cost: they are kept together, because each file must reach the disk."""


class Interrupted(Exception):
    """Ctrl-C: what ran was finished and kept; `command` resumes (empty if nothing was kept)."""

    def __init__(self, done: int, total: int, command: str) -> None:
        self.done, self.total, self.command = done, total, command
        super().__init__(
            f"interrupted after {done} of {total} replications" + (f"; resume: {command}" if command else "")
        )


class NothingRan(Exception):
    """Every replication failed: there is no number to show."""

    def __init__(self, total: int, error: str) -> None:
        super().__init__(f"all {total} replications failed, the first by {error}")


@dataclass
class Job:
    """The cells of a run: finished ones are kept, in memory or in a folder; the others can be run."""

    scenarios: Sequence[Scenario]
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
        keys, simulate, metrics = self.keys, self.simulate, own_metrics()
        return {
            (scenario.policy, r): CellSpec(scenario, keys[scenario.policy], r, simulate, r < self.events, metrics)
            for scenario, r in wanted
            if (scenario.policy, r) not in self.cells
        }

    def _without_events(self, cell: Cell) -> Cell:
        """Keep the transitions, before the cell, and let go of them."""
        if self.folder is not None and cell.events:
            path = self.folder.events(cell.policy, cell.replication)
            write(path, cell.events)
            self.manifest.files[self.folder.name(path)] = hashlib.sha256(cell.events).hexdigest()
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
            self.folder.write_tables(results.tables, summaries.summary(results))
            if status == "done":
                results.plot.save(self.folder.path / "plots")
                results.to_html(self.folder.path / "report.html")
            results.manifest.files.update(self.folder.checksums())
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

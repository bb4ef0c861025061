"""The cells of a sweep on one engine: kept as they finish, and shared where points come to the same.

A cell is a point, a policy and a replication. Points are taken in their order, but none waits for the one before it:
there is one stream of work. When the last cell of a point is done its estimates are made on the engine, too. In memory
are the cells under way, and what failed.
"""

import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from experiments.design.sweep import Point, Sweep
from experiments.file.points import Swept
from experiments.file.stated import Stated
from experiments.findings.points import PointRow
from experiments.metrics.metric import own_metrics
from experiments.runner import provenance
from experiments.runner.endings import BrokenOff, Interrupted, NothingRan
from experiments.runner.engines import Engine
from experiments.runner.point_keys import PointKeys
from experiments.runner.point_tasks import CellTask, RowTask, Task, work
from experiments.runner.progress import Listener, Progress
from experiments.runner.replication import Simulate, raised
from experiments.store.cell import Cell
from experiments.store.files import digest
from experiments.store.folder import ResultFolder
from experiments.store.kept import Kept
from experiments.store.manifest import Manifest
from experiments.store.sweep_tables import PointTable, write_tables
from experiments.sweep_results import SweepResults


class Wanted(NamedTuple):
    """A point whose cells are wanted."""

    point: Point
    keys: Mapping[str, str]
    """Policy -> content id of what is simulated."""


@dataclass
class SweepJob:
    """The cells of a sweep: those that are kept, those under way, and the points that wait for them."""

    experiment: Stated
    sweep: Sweep
    folder: ResultFolder
    manifest: Manifest
    engine: Engine
    simulate: Simulate
    warn: Callable[[str], None]
    listener: Listener = lambda progress: None
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        def skipped(file: Path) -> None:
            self.warn(f"{file} is not as it was written: what it held is run again")

        self.cells = Kept(self.folder.sweep_cells, skipped)
        self.rows = Kept(self.folder.sweep_rows, skipped)
        self.failed: dict[str, Cell] = {}
        """Finished cells that are not kept, as the next run tries them again."""
        self.lacking: dict[str, PointRow] = {}
        """What came of points with such cells."""
        document, policies = self.experiment.source.document, tuple(self.manifest.policies)
        folder, times = self.experiment.folder, self.manifest.replications
        self._swept = Swept.of(document, folder, self.sweep, policies, times)
        spec = self._swept.value["spec"]
        self._keys = PointKeys(spec, self.sweep, folder, self.experiment.inputs)
        self._id = digest(json.dumps([self.manifest.experiment_hash, folder, policies, times]))
        """Tells apart the sweeps that one process works for."""
        self._judged = json.dumps([self.manifest.confidence, spec.get("objectives")], default=str)
        """What the estimates of a point depend on, beside its cells and the order of its policies."""
        self._wanted: dict[str, Wanted] = {}
        """Row -> its point, while it is not done."""
        self._left: dict[str, int] = {}
        """Row -> how many cells it waits for."""
        self._waiting: dict[str, list[str]] = {}
        """Cell under way -> the rows that wait for it."""
        self._ready: deque[str] = deque()
        """Rows whose cells are all done."""
        self._alike: Counter[str] = Counter()
        """Row under way -> the points that come to it."""
        self._done = dict.fromkeys(policies, 0)

    # --- what there is to do -----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run what is missing, and keep it as it comes."""
        self._tell()
        points = iter(self.sweep.points)
        try:
            while True:
                for name, result in self.engine.map_unordered(work, self._tasks(points)):
                    self._take(name, result)
                    self._tell()
                    if self.cells.due or self.rows.due:
                        self._save()
                if not self._ready:
                    self._tell()  # points at the end may have been done already
                    return
        finally:
            self._save()

    def _save(self) -> None:
        """Cells first: what rests on them is kept only if they are."""
        self.cells.save()
        self.rows.save()

    def _tasks(self, points: Iterator[Point]) -> Iterator[tuple[str, Task]]:
        """What is to be done next: what comes of points that are complete, then cells, until somebody says stop."""
        for point in points:
            if self.stop.is_set():
                break
            yield from self._of_rows()
            yield from self._of_point(Wanted(point, self._keys.at(point, self.manifest.policies)))
        yield from self._of_rows()

    def _of_point(self, wanted: Wanted) -> Iterator[tuple[str, Task]]:
        row, missing = self._row(wanted), []
        for policy, key in wanted.keys.items():
            names = [name for name in self._names(key) if name not in self.cells and name not in self.failed]
            self._done[policy] += self.manifest.replications - len(names)
            missing += [(policy, name) for name in names]
        if row in self.lacking or (row in self.rows and not missing):
            return
        self._alike[row] += 1
        if row in self._wanted:
            return
        self._wanted[row], self._left[row] = wanted, len(missing)
        if not missing:
            self._ready.append(row)
        for policy, name in sorted(missing, key=lambda of: int(of[1].partition("/")[2])):
            if self.stop.is_set():
                return
            rows = self._waiting.setdefault(name, [])
            rows.append(row)
            if len(rows) == 1:
                yield name, self._cell(wanted, policy, name)
                yield from self._of_rows()

    def _of_rows(self) -> Iterator[tuple[str, Task]]:
        while self._ready:
            row = self._ready.popleft()
            wanted = self._wanted[row]
            cells = tuple(self._found(wanted))
            if any(cell.status == "done" for cell in cells):
                keys = dict(wanted.keys)
                yield row, RowTask(self._id, self._swept, wanted.point, keys, self.manifest, cells)
            else:
                del self._wanted[row], self._left[row]

    def _cell(self, wanted: Wanted, policy: str, name: str) -> CellTask:
        key, _, number = name.partition("/")
        run = (int(number), self.manifest.seed, self.simulate, own_metrics())
        return CellTask(self._id, self._swept, wanted.point, policy, key, *run)

    def _names(self, key: str) -> list[str]:
        return [f"{key}/{number}" for number in range(self.manifest.replications)]

    def _row(self, wanted: Wanted) -> str:
        return digest(json.dumps([self._judged, self.manifest.replications, list(wanted.keys.items())]))

    def _found(self, wanted: Wanted) -> Iterator[Cell]:
        """The finished cells of a point, in the order of tables."""
        for name in (name for key in wanted.keys.values() for name in self._names(key)):
            if name in self.failed:
                yield self.failed[name]
            elif name in self.cells:
                yield Cell.from_json(self.cells[name])

    # --- what came of it ---------------------------------------------------------------------------------------------

    def _take(self, name: str, result: "Cell | PointRow | Exception") -> None:
        if name not in self._waiting:
            self._take_row(name, result)
            return
        rows = self._waiting.pop(name)
        wanted = self._wanted[rows[0]]
        policy = next(policy for policy, key in wanted.keys.items() if name.startswith(f"{key}/"))
        if not isinstance(result, Cell):
            assert isinstance(result, Exception)
            result = self._cell(wanted, policy, name).failed(raised(result))
        if result.status == "done":
            self.cells.keep(name, result.to_json())
        else:
            self.failed[name] = result
        self._done[policy] += sum(self._alike[row] for row in rows)
        for row in rows:
            self._left[row] -= 1
            if not self._left[row]:
                self._ready.append(row)

    def _take_row(self, row: str, result: "Cell | PointRow | Exception") -> None:
        wanted = self._wanted.pop(row)
        del self._left[row]
        if isinstance(result, Exception):
            raise result
        assert isinstance(result, PointRow)
        if any(name in self.failed for key in wanted.keys.values() for name in self._names(key)):
            self.lacking[row] = result
        else:
            self.rows.keep(row, asdict(result))

    def _tell(self) -> None:
        total = len(self.sweep.points) * self.manifest.replications
        self.listener(Progress(dict(self._done), dict.fromkeys(self._done, total)))

    # --- the end -----------------------------------------------------------------------------------------------------

    def finish(self) -> SweepResults:
        """Write the tables, and plots and report of what is complete; raises `Interrupted` or `NothingRan`.

        The manifest is last: what it says is done is all there.
        """
        total = self._total
        table = PointTable(self.sweep.names)
        for wanted in self._all():
            row = self._row(wanted)
            found = self.lacking.get(row) or (PointRow(**self.rows[row]) if row in self.rows else None)
            names = [name for key in wanted.keys.values() for name in self._names(key)]
            failed = [self.failed[name] for name in names if name in self.failed]
            told = None if found is None else (found.rows, found.objectives)
            done = found is not None or len(failed) == len(names)
            table.add(wanted.point, wanted.keys, told, failed, done=done)
        table.write(self.folder.path)
        files = ["summary.parquet", "points.parquet", "resolved.yaml"]
        if not table.missing:
            cells = ((wanted.point.index, cell) for wanted in self._all() for cell in self._found(wanted))
            files += write_tables(self.folder.path, cells)
        status = "interrupted" if table.missing else "failed" if table.failed == total else "done"
        counts = {"points": len(self.sweep.points), "cells": total, "failed": table.failed}
        sums = {name: self.folder.checksum(name) for name in files}
        manifest = replace(self.manifest, status=status, counts=counts, files=sums, ended=provenance.now())
        results = SweepResults(manifest, self.folder.path)
        if status == "done":
            results.plot.save(self.folder.path / "plots")
            results.to_html(self.folder.path / "report.html")
        self.folder.write_manifest(manifest)
        if table.missing:
            raise Interrupted(sum(self._done.values()), total, "")
        if status == "failed":
            raise NothingRan(total, table.first_error)
        return results

    def broken_off(self, why: str) -> BrokenOff:
        """What to raise when the engine is lost; what is finished is kept and told of, as after an interrupt."""
        self.stop.set()
        with suppress(Interrupted):
            self.finish()
        return BrokenOff(sum(self._done.values()), self._total, "", why)

    @property
    def _total(self) -> int:
        return len(self.sweep.points) * len(self._done) * self.manifest.replications

    def _all(self) -> Iterator[Wanted]:
        return (Wanted(point, self._keys.at(point, self.manifest.policies)) for point in self.sweep.points)

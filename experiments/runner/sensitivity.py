"""Runs a study of uncertain inputs: the cells of its points on one engine, kept as they finish.

A cell is a point, a policy and a replication, as in a sweep. First come the ends of each input; from them it is seen
how much luck there is, and so how many replications each point gets that is drawn.
"""

import json
import statistics
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from experiments.design.pick_freeze import BLOCKS
from experiments.design.sensitivity import MOST_PER_POINT, Study, Trial
from experiments.design.sweep import shown
from experiments.file.points import Swept
from experiments.file.stated import Stated
from experiments.findings import tornado
from experiments.findings.findings import Findings
from experiments.findings.points import findings_at, manifest_at
from experiments.findings.tornado import End
from experiments.inference.input_uncertainty import per_point
from experiments.metrics.metric import own_metrics
from experiments.runner import provenance
from experiments.runner.endings import BrokenOff, Interrupted, NothingRan, ending
from experiments.runner.engines import Engine, EngineLost
from experiments.runner.engines.local import LocalEngine
from experiments.runner.interrupts import interrupts_set
from experiments.runner.point_keys import PointKeys
from experiments.runner.point_tasks import CellTask, work
from experiments.runner.progress import Listener, Progress
from experiments.runner.replication import Simulate, raised
from experiments.runner.run import ChangedExperiment, listening
from experiments.runner.under_way import under_way
from experiments.sensitivity_results import SensitivityResults
from experiments.store import sensitivity as store
from experiments.store.cell import Cell
from experiments.store.files import digest
from experiments.store.folder import ResultFolder
from experiments.store.inputs import differences, plain, with_copies
from experiments.store.kept import Kept
from experiments.store.manifest import SCHEMA_VERSION, Manifest
from models.units import YEAR
from simulator.run import simulate as simulate_cluster


def run_sensitivity(
    experiment: Stated,
    *,
    out: str | Path | None = None,
    replications: int | None = None,
    runs: int | None = None,
    workers: int = 1,
    progress: bool | Listener | None = None,
    fresh: bool = False,
    simulate: Simulate = simulate_cluster,
    engine: Engine | None = None,
    warn: Callable[[str], None] = lambda line: None,
) -> SensitivityResults:
    """Run every cell of the study that `out` does not hold yet, and return what is found.

    `replications` of each input low and high, instead of the file's; at most so many `runs` of a policy at points that
    are drawn. Else as `runner.run.run`. Raises Refusal for an experiment without uncertain inputs, `ChangedExperiment`,
    `NotAResultFolder`, `FolderInUse`, `Interrupted` (`BrokenOff` if the engine is lost), `NothingRan`.
    """
    study = experiment.study(replications, runs)
    if workers < 1:
        raise ValueError("workers must be at least 1")
    engine = engine or LocalEngine(workers)
    if out is None:
        with TemporaryDirectory(prefix="kubenines-") as path:
            found = _run(experiment, study, ResultFolder(Path(path)), engine, simulate, progress, warn, fresh=False)
            found.path = None
            return found
    return _run(experiment, study, ResultFolder(Path(out)), engine, simulate, progress, warn, fresh=fresh)


def _run(
    experiment: Stated,
    study: Study,
    folder: ResultFolder,
    engine: Engine,
    simulate: Simulate,
    progress: bool | Listener | None,
    warn: Callable[[str], None],
    *,
    fresh: bool,
) -> SensitivityResults:
    said = plain(experiment.source.document.value)  # not as resolved: inputs may stand in what is resolved
    resolved = with_copies(said, experiment.source_path, experiment.inputs)
    with folder.locked():
        if fresh:
            folder.clear()
        job = _Job(experiment, study, folder, engine, simulate, resolved, warn)
        _refuse_other(folder, job.manifest, resolved)
        job.check()
        folder.check_room()
        with under_way(folder), listening(progress) as job.listener, interrupts_set(job.stop):
            folder.write_manifest(job.manifest)
            folder.write_inputs(experiment.source_text, resolved, experiment.inputs)
            try:
                return job.run()
            except EngineLost as lost:
                raise job.broken_off(str(lost)) from lost
            except (Interrupted, NothingRan) as error:
                job.end(ending(error))
                raise


def _refuse_other(folder: ResultFolder, manifest: Manifest, resolved: Any) -> None:
    """`ChangedExperiment` if the folder holds anything but a study of the same experiment.

    What inputs may be, and how much is spent on them, may change: points that are the same are not run again.
    """
    before = folder.manifest()
    if before is None:
        return
    if before.sensitivity is None:
        raise ChangedExperiment(folder.path, ["it is no study of uncertain inputs"])
    if before.schema_version != SCHEMA_VERSION:
        raise ChangedExperiment(folder.path, [f"schema: {before.schema_version} -> {SCHEMA_VERSION}"])
    if any(manifest.scenarios.get(policy, key) != key for policy, key in before.scenarios.items()):
        raise ChangedExperiment(folder.path, differences(folder.resolved(), resolved))


@dataclass
class _Job:
    """The cells of a study: those that are kept, and what comes of them."""

    experiment: Stated
    study: Study
    folder: ResultFolder
    engine: Engine
    simulate: Simulate
    resolved: Any
    warn: Callable[[str], None]
    listener: Listener = lambda progress: None
    stop: threading.Event = field(default_factory=threading.Event)
    failed: dict[str, Cell] = field(default_factory=dict)
    """Finished cells that are not kept, as the next run tries them again."""

    def __post_init__(self) -> None:
        def skipped(file: Path) -> None:
            self.warn(f"{file} is not as it was written: what it held is run again")

        experiment, study = self.experiment, self.study
        self.cells = Kept(self.folder.sweep_cells, skipped)
        document, folder = experiment.source.document, experiment.folder
        self.swept = Swept.of(document, folder, study.sweep, experiment.policies, study.replications)
        self._keys = PointKeys(self.swept.value["spec"], study.sweep, folder, experiment.inputs)
        keys = {scenario.policy: scenario.id for scenario in experiment.scenarios()}
        plan = replace(experiment.plan, precision=None)
        described = provenance.describe(plan, keys, self.resolved, study.replications, None, self.engine)
        inputs = [{"name": axis.name, "path": axis.path} for axis in study.inputs]
        self.manifest = replace(described, sensitivity={"inputs": inputs, "work": study.work, "perPoint": 0, "rows": 0})
        self._id = digest(json.dumps([repr(study), self.swept.value], default=str))
        self._done = dict.fromkeys(experiment.policies, 0)

    def check(self) -> None:
        """Raises InputError if the experiment cannot be made with an input low or high."""
        for trial in self.study.ends:
            self.swept.at(trial.point)

    # --- cells -------------------------------------------------------------------------------------------------------

    def run(self) -> SensitivityResults:
        """Run what is missing, keep it as it comes, and write what it comes to."""
        ends = self.study.ends
        self._finish(ends)
        findings = [self._findings(trial) for trial in ends]
        if not any(len(of.cells) > len(of.failed) for of in findings):
            error = next(iter(self.failed.values())).error
            raise NothingRan(len(self.failed), error)
        of_point = self._per_point(findings)
        sample = list(self.study.sample(of_point))
        self._finish(sample)
        return self._write(findings, sample, of_point)

    def end(self, status: str) -> None:
        """Say in the manifest what became of the study."""
        counts = {"cells": sum(self._done.values()), "failed": len(self.failed)}
        self.manifest = replace(self.manifest, counts=counts, status=status, ended=provenance.now())
        self.folder.write_manifest(self.manifest)

    def broken_off(self, why: str) -> BrokenOff:
        """What to raise when the engine is lost; what is finished is kept and told of, as after an interrupt."""
        self.end("interrupted")
        return BrokenOff(sum(self._done.values()), self._total, "", why)

    def _finish(self, trials: Sequence[Trial]) -> None:
        """Run what is missing of these trials; raises `Interrupted`."""
        self._tell()
        under_way: dict[str, CellTask] = {}
        try:
            for name, result in self.engine.map_unordered(work, self._tasks(trials, under_way)):
                task = under_way.pop(name)
                cell = result if isinstance(result, Cell) else task.failed(_why(result))
                if cell.status == "failed":
                    self.failed[name] = cell
                else:
                    self.cells.keep(name, cell.to_json())
                self._done[task.policy] += 1
                self._tell()
        finally:
            self.cells.save()
        if self.stop.is_set() and any(name not in self for trial in trials for name in self._names(trial).values()):
            raise Interrupted(sum(self._done.values()), self._total, "")

    def __contains__(self, name: str) -> bool:
        return name in self.cells or name in self.failed

    def _tasks(self, trials: Iterable[Trial], under_way: dict[str, CellTask]) -> Iterator[tuple[str, CellTask]]:
        for trial in trials:
            keys = self._keys.at(trial.point, self.experiment.policies)
            for (policy, replication), name in self._names(trial).items():
                if self.stop.is_set():
                    return
                if name in self or name in under_way:
                    self._done[policy] += 1
                    continue
                under_way[name] = CellTask(
                    self._id,
                    self.swept,
                    trial.point,
                    policy,
                    keys[policy],
                    replication,
                    self.experiment.seed,
                    self.simulate,
                    own_metrics(),
                )
                yield name, under_way[name]

    def _names(self, trial: Trial) -> dict[tuple[str, int], str]:
        """Policy and replication -> the name by which the cell is kept."""
        keys = self._keys.at(trial.point, self.experiment.policies)
        return {(policy, number): f"{key}/{number}" for policy, key in keys.items() for number in trial.replications}

    def _cells(self, trial: Trial) -> Iterator[Cell]:
        """The finished cells of a trial."""
        for name in self._names(trial).values():
            yield self.failed[name] if name in self.failed else Cell.from_json(self.cells[name])

    @property
    def _total(self) -> int:
        return self.study.count() * len(self._done)

    def _tell(self) -> None:
        self.listener(Progress(dict(self._done), dict.fromkeys(self._done, self.study.count())))

    # --- what comes of them ------------------------------------------------------------------------------------------

    def _findings(self, trial: Trial) -> Findings:
        at = self.swept.at(trial.point)
        keys = self._keys.at(trial.point, self.experiment.policies)
        manifest = manifest_at(self.manifest, trial.point.label, at.design, keys)
        return findings_at(self._cells(trial), manifest, at.resolved)

    def _per_point(self, findings: Sequence[Findings]) -> int:
        """Replications of a point that is drawn: what suits the median of the Services that were ever down."""
        most = min(max(self.study.work // (2 * BLOCKS), 2), MOST_PER_POINT)
        wanted = []
        for service in self.manifest.services:
            for policy in self.manifest.policies:
                found = [of.sample(service, policy).downtimes for of in findings]
                if sum(float(lost.sum()) for lost in found):
                    by_luck = float(np.mean([lost.var(ddof=1) for lost in found if len(lost) > 1] or [0.0]))
                    wanted.append(per_point(_by_input(found), by_luck, most))
        return int(statistics.median_low(wanted)) if wanted else 2

    def _write(self, findings: Sequence[Findings], sample: Sequence[Trial], of_point: int) -> SensitivityResults:
        study = self.study
        tables = {
            "tornado": store.table("tornado", list(self._tornados(findings))),
            "answers": store.table("answers", list(self._answers(sample)), study.names),
        }
        assert self.manifest.sensitivity is not None
        told = {**self.manifest.sensitivity, "perPoint": of_point, "rows": study.work // of_point}
        self.manifest = replace(self.manifest, sensitivity=told, files=store.write_tables(self.folder, tables))
        self.end("done")
        return SensitivityResults(self.manifest, tables, self.folder.path)

    def _tornados(self, findings: Sequence[Findings]) -> Iterator[dict[str, Any]]:
        points = [trial.point for trial in self.study.ends]
        for service in self.manifest.services:
            for policy in self.manifest.policies:

                def end(number: int, value: str = "", service: str = service, policy: str = policy) -> End:
                    of = findings[number]
                    return End(value, of.sample(service, policy), of.availability(service, policy))

                ends = {}
                for i, name in enumerate(self.study.names):
                    low, high = (end(number, shown(points[number].values[i])) for number in (2 * i + 1, 2 * i + 2))
                    ends[name] = low, high
                of = tornado.tornado(end(0), ends, self.manifest.confidence)
                yield from ({"service": service, "policy": policy, **row} for row in tornado.rows(of))

    def _answers(self, sample: Sequence[Trial]) -> Iterator[dict[str, Any]]:
        """A row per Service, policy, point and replication, in this order of each Service and policy."""
        places = ["A", "B", *self.study.names]
        for number, trial in enumerate(sample):
            row, place = divmod(number, len(places))
            values = dict(zip(self.study.names, map(shown, trial.point.values), strict=True))
            where = {"point": trial.point.index, "block": row % BLOCKS, "row": row // BLOCKS, "place": places[place]}
            for cell in self._cells(trial):
                for service in self.manifest.services:
                    of = cell.services.get(service, {})
                    lost = of["downtime_s"] / of["window_s"] * YEAR if of else float("nan")
                    here = {"service": service, "policy": cell.policy, "replication": cell.replication}
                    yield {**here, **where, "downtime_s_per_year": lost, **values}


def _by_input(found: Sequence[Any]) -> float:
    """About the variance over the inputs, as if each acted by itself and in proportion: from the ends of each."""
    total = 0.0
    for low, high in zip(found[1::2], found[2::2], strict=True):
        pairs = min(len(low), len(high))
        apart = high[:pairs] - low[:pairs]
        moved = float(apart.mean()) ** 2 - float(apart.var(ddof=1)) / pairs if pairs > 1 else 0.0
        total += max(moved, 0.0) / _BETWEEN**2
    return total


_BETWEEN = 2.563
"""Standard deviations between the two ends of a normal input: its 10 % and 90 % quantiles."""


def _why(result: Any) -> str:
    return raised(result) if isinstance(result, Exception) else "nothing came of it"

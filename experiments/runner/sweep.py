"""Runs a sweep into a result folder: described, resumed, finished.

Its cells are run by `sweep_job`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from experiments.design.sweep import Sweep
from experiments.file.stated import Stated
from experiments.runner import provenance
from experiments.runner.engines import Engine, EngineLost
from experiments.runner.engines.local import LocalEngine
from experiments.runner.interrupts import interrupts_set
from experiments.runner.progress import Listener
from experiments.runner.replication import Simulate
from experiments.runner.run import ChangedExperiment, listening
from experiments.runner.sweep_job import SweepJob
from experiments.runner.under_way import under_way
from experiments.store.folder import ResultFolder
from experiments.store.inputs import plain, with_copies
from experiments.store.manifest import SCHEMA_VERSION, Manifest
from experiments.sweep_results import SweepResults
from simulator.run import simulate as simulate_cluster


def run_sweep(
    experiment: Stated,
    *,
    out: str | Path | None = None,
    replications: int | None = None,
    workers: int = 1,
    progress: bool | Listener | None = None,
    fresh: bool = False,
    simulate: Simulate = simulate_cluster,
    engine: Engine | None = None,
    warn: Callable[[str], None] = lambda line: None,
) -> SweepResults:
    """Run every cell of the sweep that `out` does not hold yet, and return all results.

    `out`: a result folder, made, resumed or (`fresh`) started anew; another sweep of the same experiment may have run
    there, and what both have in common is not run again. None: a temporary folder. Else as `runner.run.run`. A point
    that cannot be made has failed cells only, which say why. Raises `ChangedExperiment`, `NotAResultFolder`,
    `FolderInUse`, `Interrupted` (`BrokenOff` if the engine is lost), `NothingRan`.
    """
    if experiment.sweep is None:
        raise ValueError(f"{experiment.name} has no sweep: run it as a single experiment")
    if workers < 1 or (replications is not None and replications < 1):
        raise ValueError("workers and replications must be at least 1")
    engine = engine or LocalEngine(workers)
    folder = ResultFolder(Path(mkdtemp(prefix="kubenines-") if out is None else out))
    times = replications or experiment.replications or 1
    manifest, resolved = described(experiment, experiment.sweep, replications, times, engine)
    with folder.locked():
        if fresh:
            folder.clear()
        else:
            folder.check_room()
            if (finished := _finished(folder, manifest, experiment)) is not None:
                return finished
            before = folder.manifest()
            if before is not None and before.says_the_same_as(manifest):  # what there is to read stays readable
                manifest = replace(manifest, files=before.files)
        with under_way(folder):
            folder.write_manifest(manifest)
            folder.write_inputs(experiment.source_text, resolved, experiment.inputs)
            job = SweepJob(experiment, experiment.sweep, folder, manifest, engine, simulate, warn)
            with listening(progress) as job.listener, interrupts_set(job.stop):
                try:
                    job.run()
                except EngineLost as lost:
                    raise job.broken_off(str(lost)) from lost
            return job.finish()


def described(
    experiment: Stated, sweep: Sweep, asked: int | None, times: int, engine: Engine
) -> tuple[Manifest, Mapping[str, Any]]:
    """What is about to run, and what it comes from as plain values."""
    resolved = with_copies(plain(experiment.resolved), experiment.source_path, experiment.inputs)
    keys = {scenario.policy: scenario.id for scenario in experiment.scenarios()}
    manifest = provenance.describe(experiment.plan, keys, resolved, times, asked, engine)
    axes = [{"name": axis.name, "path": axis.path} for axis in sweep.axes]
    return replace(manifest, sweep={"mode": sweep.mode, "axes": axes, "points": len(sweep.points)}), resolved


def _finished(folder: ResultFolder, manifest: Manifest, experiment: Stated) -> SweepResults | None:
    """The results that the folder holds, if a run would come to the same; else None.

    `ChangedExperiment` if something else ran there than a sweep of this experiment.
    """
    before = folder.manifest()
    if before is None:
        return None
    if before.sweep is None:
        raise ChangedExperiment(folder.path, ["what ran there has no sweep"])
    if before.schema_version != SCHEMA_VERSION:
        raise ChangedExperiment(folder.path, [f"schema: {before.schema_version} -> {SCHEMA_VERSION}"])
    if before.name != manifest.name:
        raise ChangedExperiment(folder.path, [f"metadata.name: {before.name} -> {manifest.name}"])
    same = before.says_the_same_as(manifest)
    if not same or not folder.is_finished(before, experiment.source_text, experiment.inputs):
        return None
    try:
        for name in before.files:
            folder.check(before, folder.path / name)
    except ValueError:
        return None
    found = SweepResults(before, folder.path)
    return found if found.holds_every_cell() else None

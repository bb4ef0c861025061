"""Runs an experiment: replications on an engine, kept as they finish, resumed where they stopped.

A cell is one replication of one policy; its result depends on nothing else, so neither the number of workers nor the
order in which cells finish can change a table.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from experiments.design.plan import Plan, Precision
from experiments.findings.precision import imprecise_rows
from experiments.results import Results
from experiments.runner import progress as progressing
from experiments.runner import provenance, rare_outages
from experiments.runner.endings import BrokenOff, Interrupted, NothingRan
from experiments.runner.engines import Engine, EngineLost
from experiments.runner.engines.local import LocalEngine
from experiments.runner.interrupts import interrupts_set
from experiments.runner.job import Job
from experiments.runner.progress import Listener
from experiments.runner.replication import Simulate, scenario_key
from experiments.runner.under_way import under_way
from experiments.store.cell import Cell
from experiments.store.folder import ResultFolder
from experiments.store.inputs import differences, plain, with_copies
from experiments.store.manifest import SCHEMA_VERSION, Manifest
from models.input.problems import Refusal
from simulator.run import simulate as simulate_cluster

FIRST_LOOK = 50
"""Replications before a precision is first judged; then twice as many, and so on."""


class ChangedExperiment(Refusal):
    """The folder holds runs of something else under the same names; `changes` says what differs."""

    def __init__(self, path: Path, changes: Sequence[str]) -> None:
        self.changes = list(changes)
        shown = "\n  ".join(self.changes[:20] or ["the policies simulate something else"])
        super().__init__(
            f"{path} holds runs of a different experiment:\n  {shown}\nuse another folder, or --fresh to start anew"
        )


def run(
    plan: Plan,
    *,
    out: str | Path | None = None,
    replications: int | None = None,
    workers: int = 1,
    progress: bool | Listener | None = None,
    fresh: bool = False,
    events: int = 0,
    simulate: Simulate = simulate_cluster,
    engine: Engine | None = None,
    warn: Callable[[str], None] = lambda line: None,
    draws: bool = True,
) -> Results:
    """Run every cell of the plan that `out` does not hold yet, and return all results.

    `out`: a result folder, made, resumed or (`fresh`) started anew; None: nothing stays but what is returned.
    `replications` overrides the plan's number and its precision. `workers`: processes of this machine, unless there is
    an `engine`. `progress`: True, or who is told. `events`: keep the transitions of the first so many replications of
    each policy in `out`. `warn` hears what of `out` is damaged, and done again; what is finished is not written again.
    Unless it `draws`, `out` gets neither plots nor a report. A cell that raises is a row of `results.failed`; if all
    do, that is a `NothingRan`. Raises `ChangedExperiment`, `NotAResultFolder`, `FolderInUse`, `Interrupted`
    (`BrokenOff` if the engine is lost), `Lost`.
    """
    if workers < 1 or (replications is not None and replications < 1):
        raise ValueError("workers and replications must be at least 1")
    if events and out is None:
        raise ValueError("transitions are kept in a result folder only: give `out`, or no `events`")
    keys = {scenario.policy: scenario_key(scenario) for scenario in plan.scenarios}
    precision = plan.precision if replications is None else None
    looks = _looks(precision, replications or plan.replications or FIRST_LOOK)
    engine = engine or LocalEngine(workers)
    folder = ResultFolder(Path(out)) if out is not None else None
    resolved = with_copies(plain(plan.resolved), plan.source_path, plan.inputs)
    manifest = provenance.describe(plan, keys, resolved, looks[-1], replications, engine)

    with store_in(folder) as store:
        job = Job(plan.scenarios, keys, engine, simulate, manifest, resolved, store, folder, looks[-1], events)
        job.draws = draws
        if folder is not None:
            if fresh:
                folder.clear()
            else:
                folder.check_room()
                job.resume(_kept(folder, manifest, resolved, events, warn))
                if (finished := _finished(folder, job, plan)) is not None:
                    return finished
        with under_way(folder), listening(progress) as job.listener, interrupts_set(job.stop):
            if folder is not None:
                folder.write_manifest(manifest)
                folder.write_inputs(plan.source_text, resolved, plan.inputs)
            try:
                return _run_to_precision(job, looks, precision)
            except EngineLost as lost:
                results, total = job.results(looks[-1]), looks[-1] * len(job.scenarios)
                job.keep(results, "interrupted")
                raise BrokenOff(len(results.cells), total, job.resume_command(), str(lost)) from lost


@contextmanager
def store_in(folder: ResultFolder | None) -> Iterator[ResultFolder]:
    """Where finished cells are while this lasts: in the folder, which is ours alone, or else in a temporary one.

    The temporary one is gone afterwards, unless this process is killed: then it is the system's to clean.
    """
    if folder is not None:
        with folder.locked():
            yield folder
    else:
        with TemporaryDirectory(prefix="kubenines-") as path:
            yield ResultFolder(Path(path))


def _looks(precision: Precision | None, replications: int) -> list[int]:
    """Numbers of replications after which to judge: one, or doublings up to the most that precision may take."""
    if precision is None:
        return [replications]
    looks: list[int] = []
    while not looks or looks[-1] < precision.at_most:
        looks.append(min(FIRST_LOOK * 2 ** len(looks), int(precision.at_most)))
    return looks


def _kept(
    folder: ResultFolder, manifest: Manifest, resolved: Any, events: int, warn: Callable[[str], None]
) -> Iterable[Cell]:
    """The cells that the folder holds already, those without their events aside; what else it holds is now known.

    `ChangedExperiment` if they are of something else.
    """
    before = folder.manifest()
    if before is None:
        return []
    if before.sensitivity is not None:
        raise ChangedExperiment(folder.path, ["what ran there is a study of uncertain inputs"])
    if before.sweep is not None:
        raise ChangedExperiment(folder.path, ["what ran there is a sweep"])
    if before.schema_version != SCHEMA_VERSION:
        raise ChangedExperiment(folder.path, [f"schema: {before.schema_version} -> {SCHEMA_VERSION}"])
    changes = differences(folder.resolved(), resolved)
    changes += [f"{path}: contents changed" for path, sha in manifest.inputs.items() if before.inputs.get(path) != sha]
    ours, theirs = (of.versions.get("kubenines") for of in (manifest, before))
    if ours != theirs:
        raise ChangedExperiment(folder.path, [f"kubenines: {theirs} -> {ours}"])
    if any(manifest.scenarios.get(policy, key) != key for policy, key in before.scenarios.items()):
        raise ChangedExperiment(folder.path, changes)
    manifest.files.update(before.files)

    def has_events(cell: Cell) -> bool:
        try:
            folder.check(before, folder.events(cell.policy, cell.replication))
        except ValueError as error:
            if folder.events(cell.policy, cell.replication).exists():
                warn(f"{folder.path}: {error}: the replication is run again")
            return False
        return True

    def skipped(chunk: Path) -> None:
        warn(f"{chunk} is not as it was written: its replications are run again")

    cells = folder.cells(manifest.scenarios.values(), skipped)
    return (cell for cell in cells if cell.replication >= events or has_events(cell))


def _finished(folder: ResultFolder, job: Job, plan: Plan) -> Results | None:
    """The results that the folder holds, if a run would come to the same and write the same files; else None."""
    before = folder.manifest()
    if before is None or not before.says_the_same_as(job.manifest):
        return None
    if any(len(of) < before.replications for of in job.done.values()):
        return None
    if not folder.is_finished(before, plan.source_text, plan.inputs):
        return None
    try:
        return Results(before, *folder.read(before), path=folder.path)
    except (OSError, ValueError):
        return None


def _run_to_precision(job: Job, looks: Sequence[int], precision: Precision | None) -> Results:
    """Run until the precision is reached at two looks in a row (once may be luck), or to the last look."""
    passed = 0
    for look in looks:
        job.run_until(look)
        results = job.results(look)
        if job.stop.is_set() and len(results.cells) < looks[-1] * len(job.scenarios):
            job.keep(results, "interrupted")
            raise Interrupted(len(results.cells), looks[-1] * len(job.scenarios), job.resume_command())
        if len(results.failed) == len(results.cells):
            job.keep(results, "failed")
            raise NothingRan(len(results.cells), str(results.failed["error"].iloc[0]))
        if precision is None:
            return job.keep(results, "done")
        if look == looks[0] and precision.method != "plain":
            try:
                rare_outages.look_for(job, results, precision)
            except Interrupted:
                job.keep(results, "interrupted")
                raise
            results = job.results(look)
        imprecise = imprecise_rows(results, precision.relative, precision.confidence)
        passed = 0 if imprecise else passed + 1
        if passed == 2 or (precision.method == "rare" and not _plainly(job, imprecise)):
            break
    return job.keep(results, "done", [f"{service} under {policy}" for service, policy in imprecise])


def _plainly(job: Job, rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of the rows, Service and policy, that are estimated from outages as they come."""
    rare = {(row["service"], row["policy"]) for row in job.manifest.rare if row["method"] == "rare"}
    return [row for row in rows if row not in rare]


@contextmanager
def listening(progress: bool | Listener | None) -> Iterator[Listener]:
    """Who is told how far it is: on stderr if True, else the listener, if there is one."""
    if progress is True:
        with progressing.reporter() as listener:
            yield listener
    else:
        yield progress or (lambda progress: None)

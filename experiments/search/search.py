"""Searches for the cheapest candidate: the race, with replications from an engine, kept and shared by content id.

What it comes to depends on the experiment alone: not on the number of workers, nor on what a folder held before, as a
replication that is read is looked at like one that is simulated now.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from experiments.design.search import COSTS, Search
from experiments.experiment import Experiment
from experiments.metrics.metric import own_metrics
from experiments.runner.endings import BrokenOff, Interrupted, ending
from experiments.runner.engines import Engine, EngineLost
from experiments.runner.engines.local import LocalEngine
from experiments.runner.interrupts import interrupts_set
from experiments.runner.progress import Listener, Progress
from experiments.runner.replication import CellSpec, Simulate, failed_cell, run_cell
from experiments.runner.run import ChangedExperiment, listening, store_in
from experiments.search.candidate import Candidate, candidates
from experiments.search.keeping import Keeping, Name, OfRun, OfSweep
from experiments.search.outcome import Outcome
from experiments.search.plain import plain
from experiments.search.race import Race
from experiments.store.cell import Cell
from experiments.store.files import write
from experiments.store.folder import SEARCH, ResultFolder
from experiments.store.inputs import plain as plain_values
from experiments.store.inputs import with_copies
from experiments.store.manifest import SCHEMA_VERSION
from models.input.problems import Refusal
from simulator.run import simulate as simulate_cluster


class NothingAsked(Refusal):
    """There is no objective, so every candidate would do."""


class Unpriced(Refusal):
    """Costs are the prices of pools, and no pool has any."""


def search(
    experiment: Experiment,
    settings: Search | None = None,
    *,
    out: str | Path | None = None,
    workers: int = 1,
    progress: bool | Listener | None = None,
    fresh: bool = False,
    simulate: Simulate = simulate_cluster,
    engine: Engine | None = None,
    warn: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """The cheapest candidate of an experiment that meets its objectives: a policy, or one at a point of its sweep.

    `settings`: instead of the experiment's. `out`: a result folder, whose finished replications are used, and which
    gets those that are simulated now and search.json; None: nothing stays but what is returned. `fresh` forgets what is
    there. `workers`: processes of this machine, unless there is an `engine`. `progress`: True, or who is told. `warn`
    is told of damaged files in `out`. Raises `NothingAsked`, `Unpriced`, `ChangedExperiment`, `NotAResultFolder`,
    `FolderInUse`, `Interrupted` (`BrokenOff` if the engine is lost).
    """
    settings = settings or experiment.design.search
    entered = candidates(experiment)
    if not entered:
        raise NothingAsked("there is no objective, so nothing tells which candidates would do: give `spec.objectives`")
    if settings.cost == COSTS["nodeCost"] and not any(
        pool.price for of in entered for pool in of.scenario.cluster.pools
    ):
        raise Unpriced(
            "no pool has a price, so all candidates would cost nothing: give the pools a `price`, or `prices`"
        )
    each = experiment.replications or (experiment.precision and experiment.precision.at_most) or 0
    confidence, grid = settings.confidence or experiment.confidence, each * len(entered)
    at_most = settings.at_most or grid
    race = Race(entered, settings.cost, 1 - confidence, at_most, settings.alike)
    folder = ResultFolder(Path(out)) if out is not None else None

    def skipped(file: Path) -> None:
        warn(f"{file} is not as it was written: what it held is run again")

    with store_in(folder) as store, listening(progress) as listener:
        if folder is not None:
            _prepare(folder, experiment, fresh)
        with _under_way(folder):
            keys = {candidate.key for candidate in entered}
            keeping = OfRun(store, keys, skipped) if experiment.sweep is None else OfSweep(store, skipped)
            cells = _Cells(keeping, entered, engine or LocalEngine(workers), simulate, listener, at_most)
            with interrupts_set(cells.stop):
                race.run(cells.of)
            outcome = Outcome(experiment.name, settings.cost, confidence, race.standings(), at_most, grid)
            if folder is not None:
                _keep(folder, plain(outcome))
    return outcome


def _prepare(folder: ResultFolder, experiment: Experiment, fresh: bool) -> None:
    """Make the folder ours, whose replications are of this version; what a run has left there stays as it is."""
    if fresh:
        folder.clear()
    folder.check_room()
    ran, ours = folder.manifest(), _versions()
    theirs = {"schema": ran.schema_version, "kubenines": ran.versions.get("kubenines")} if ran else _searched(folder)
    if theirs and theirs != ours:
        changes = [f"{name}: {theirs.get(name)} -> {ours[name]}" for name in ours if theirs.get(name) != ours[name]]
        raise ChangedExperiment(folder.path, changes)
    if ran is None:
        resolved = with_copies(plain_values(experiment.resolved), experiment.source_path, experiment.inputs)
        folder.write_inputs(experiment.source_text, resolved, experiment.inputs)
        _keep(folder, {"status": "running"})


@contextmanager
def _under_way(folder: ResultFolder | None) -> Iterator[None]:
    """While this lasts search.json may say `running`; if an error ends it, it says how."""
    try:
        yield
    except BaseException as error:
        if folder is not None and _left(folder).get("status") == "running":
            with suppress(OSError):  # what is to be heard of is the error that ended it
                _keep(folder, {"status": ending(error)})
        raise


def _versions() -> dict[str, object]:
    return {"schema": SCHEMA_VERSION, "kubenines": version("kubenines")}


def _searched(folder: ResultFolder) -> dict[str, object]:
    """The versions of the search that left something here; empty if none did, or if what it left cannot be read."""
    found = _left(folder).get("versions")
    return found if isinstance(found, dict) else {}


def _left(folder: ResultFolder) -> dict[str, object]:
    """What the last search wrote here; empty if none did, or if it cannot be read."""
    try:
        found = json.loads((folder.path / SEARCH).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(folder: ResultFolder, values: Mapping[str, object]) -> None:
    write(folder.path / SEARCH, json.dumps({**values, "versions": _versions()}, indent=2, ensure_ascii=False) + "\n")


@dataclass
class _Cells:
    """Replications of candidates: read if they are there, else simulated and kept."""

    keeping: Keeping
    candidates: Sequence[Candidate]
    engine: Engine
    simulate: Simulate
    listener: Listener
    at_most: int
    stop: threading.Event = field(default_factory=threading.Event)
    looked_at: int = 0

    def of(self, wanted: Mapping[int, range]) -> dict[int, list[Cell]]:
        """The replications of candidates, by their numbers; `Interrupted` if somebody said stop."""
        names = {
            (self.candidates[number].key, replication): self.candidates[number].scenario
            for number, of in wanted.items()
            for replication in of
        }
        found = dict(self.keeping.read(names))
        missing = {
            name: CellSpec(scenario, *name, self.simulate, own_metrics=own_metrics())
            for name, scenario in names.items()
            if name not in found
        }
        self._tell(len(found))
        try:
            for name, result in self.engine.map_unordered(run_cell, self._until_stopped(missing)):
                found[name] = result if isinstance(result, Cell) else failed_cell(missing[name], result)
                if found[name].status == "done":
                    self.keeping.keep(found[name])
                self._tell(1)
        except EngineLost as lost:
            raise BrokenOff(self.looked_at, self.at_most, "", str(lost)) from lost
        finally:
            self.keeping.save()
        if len(found) < len(names):
            raise Interrupted(self.looked_at, self.at_most, "")
        return {number: [found[self.candidates[number].key, at] for at in of] for number, of in wanted.items()}

    def _until_stopped(self, missing: Mapping[Name, CellSpec]) -> Iterator[tuple[Name, CellSpec]]:
        for name, spec in missing.items():
            if self.stop.is_set():
                return
            yield name, spec

    def _tell(self, more: int) -> None:
        self.looked_at += more
        self.listener(Progress({"search": self.looked_at}, {"search": self.at_most}))

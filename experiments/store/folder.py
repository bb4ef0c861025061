"""The result folder: what is kept of an experiment, so that a number can be defended and a run resumed.

    manifest.json    what ran, from which inputs, with which versions; the only file that holds wall-clock times
    experiment.yaml  as given                  inputs/*       a copy of every manifest read, in the order of reading
    resolved.yaml    after extends, set and defaults; itself an experiment, about the copies in inputs/
    runs.parquet     a row per policy x replication x service       outages.parquet  a row per outage
    cells.parquet    a row per policy x replication                 summary.csv, summary.json
    alerts.parquet   a row per burn-rate alert                      rollouts.parquet  a row per rollout x service
    operations.parquet   a row per policy x replication x time that an operation was asked for
    jobs.parquet     a row per policy x replication x Job or CronJob that was due
    rare.parquet, excursions.parquet   replications made for rare outages, and the degraded periods begun in them
    rare_losses.parquet   a row per such replication x service x cause x stage
    losses.parquet   a row per policy x replication x service x cause x stage
    disruptions.parquet   a row per policy x replication x service x cause that took replicas away
    requests.parquet a row per policy x replication x service with traffic
    lost_requests.parquet   a row per stretch of time in which requests were lost x reason
    events/POLICY/REPLICATION.parquet   a row per state change, of the replications that `--events` asks for
    points.parquet, summary.parquet   of a sweep: a row per point, and per point x policy x service; there the tables
                     above have a column `point` in front
    report.html      everything to read, in one file                plots/*.svg
    search.json      what the last search found
    advice.json      what the last advice found
    advice.yaml      an experiment with a policy for each mend that was tried; patches/*.yaml: for the manifests
    pairs/           a result folder of the pairs of mends, which are judged on other luck
    .state/*.json    finished cells, some to a file: the proof that they are done
    .lock            held by the run that writes here

Every file is written under a temporary name, flushed and renamed. Same input and seed: the same bytes in every file
but manifest.json, .lock and .state, whatever the number of workers.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from experiments.store.cell import Cell
from experiments.store.chunks import Chunks
from experiments.store.files import UNFINISHED, contents, csv_text, remove, sha256, write
from experiments.store.inputs import copies
from experiments.store.manifest import SCHEMA_VERSION, Manifest
from experiments.store.rare_cell import RareCell
from experiments.store.tables import COLUMNS, arrow_table
from models.input.problems import Refusal
from models.input.stdin import is_stdin

if TYPE_CHECKING:
    import pandas as pd


class NotAResultFolder(Refusal):
    """The folder holds something else, or nothing."""


class FolderInUse(Refusal):
    """Another run is writing into the folder."""


LOCK = ".lock"
STATE = ".state"
"""Finished cells: it tells alone that an experiment ran in a folder, whatever became of its manifest."""
OURS = ("resolved.yaml", "experiment.yaml", "cells.parquet")
"""Two of these tell it, too; one may be anybody's."""
SEARCH = "search.json"
ADVICE, POLICIES, PATCHES, PAIRS = "advice.json", "advice.yaml", "patches", "pairs"
FILES = (
    *(f"{table}.parquet" for table in (*COLUMNS, "summary", "points", "tornado", "answers")),
    "summary.csv",
    "summary.json",
    SEARCH,
    ADVICE,
    POLICIES,
    "resolved.yaml",
    "experiment.yaml",
)
"""What runs, searches and studies write, beside the manifest and the report."""


@dataclass(frozen=True)
class ResultFolder:
    """A folder of results at `path`, which need not exist yet."""

    path: Path

    @property
    def _state(self) -> Path:
        return self.path / STATE

    @property
    def sweep_cells(self) -> Path:
        """Where the finished cells of sweeps are."""
        return self._state / "sweep" / "cells"

    @property
    def sweep_rows(self) -> Path:
        """Where it is kept what came of the points of sweeps."""
        return self._state / "sweep" / "rows"

    def manifest(self) -> Manifest | None:
        """What ran here, or None if nothing did yet, or nobody knows what; `NotAResultFolder` for any other folder."""
        path = self.path / "manifest.json"
        try:
            return Manifest.from_json(json.loads(contents(path).decode()))
        except FileNotFoundError:
            others = self.path.exists() and any(path.name != LOCK for path in self.path.iterdir())
            if others and not self._is_marked():
                raise NotAResultFolder(f"{self.path} exists and is not a result folder; give another one") from None
            return None
        except NotADirectoryError:
            raise NotAResultFolder(f"{self.path} cannot be a result folder: a file is in its place") from None
        except OSError as error:
            raise NotAResultFolder(f"{path} cannot be read: {error.strerror}{self._anew()}") from error
        except (ValueError, TypeError, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
            raise NotAResultFolder(f"{path} is not a manifest: {reason}{self._anew()}") from error

    def what_ran(self) -> Manifest:
        """The manifest of results that can be read; `NotAResultFolder` if there are none, or of another version."""
        manifest = self.manifest()
        if manifest is None:
            raise NotAResultFolder(f"{self.path} is not a result folder: no manifest.json")
        if manifest.schema_version != SCHEMA_VERSION:
            raise NotAResultFolder(
                f"{self.path} is of another version of kubenines (schema {manifest.schema_version}; this one reads "
                f"{SCHEMA_VERSION}); run the experiment again with --fresh"
            )
        return manifest

    @contextmanager
    def complete(self) -> Iterator[None]:
        """While this lasts, what cannot be read as it was written is a `NotAResultFolder` that says how to go on."""
        try:
            yield
        except (OSError, ValueError) as error:
            raise NotAResultFolder(
                f"{self.path} is not complete ({error}); run the experiment again to resume it"
            ) from error

    def _is_marked(self) -> bool:
        return os.path.lexists(self._state) or sum(os.path.lexists(self.path / name) for name in OURS) > 1

    def _anew(self) -> str:
        """What helps in a folder of ours."""
        return "; run the experiment with --fresh to start anew" if self._is_marked() else ""

    @contextmanager
    def locked(self) -> Iterator[None]:
        """While this lasts, no other run writes here: it gets `FolderInUse`, and so do we if it was first.

        The operating system lets go of the lock when its process ends, however that comes about.
        """
        self._is_ours()
        self.path.mkdir(parents=True, exist_ok=True)
        lock = self.path / LOCK
        if lock.is_symlink() or lock.is_dir():  # neither can be locked
            remove(lock)
        try:
            with FileLock(lock, blocking=False):
                self._tidy()
                yield
        except Timeout:
            raise FolderInUse(f"another run is writing into {self.path}: wait for it, or use another folder") from None

    def _tidy(self) -> None:
        """Take away what a run that was killed was about to write; nobody else writes this now."""
        tables = (self.path.glob(f"{name}*{UNFINISHED}") for name in (".tables-", ".*.parquet."))
        for left in list(chain(self._state.rglob(f".*{UNFINISHED}"), *tables)):
            remove(left)

    def _is_ours(self) -> bool:
        """Whether anything ran here, as what it left or the manifest tell, of which one may be damaged.

        False of a new folder; raises `NotAResultFolder` for one with other things in it.
        """
        return self._is_marked() or self.manifest() is not None

    def clear(self) -> None:
        """Forget what ran here; other folders are never cleared."""
        if not self._is_ours():
            return
        for name in ("plots", "inputs", "events", PATCHES, PAIRS, *FILES, "report.html", "manifest.json", STATE):
            remove(self.path / name)

    def check_room(self) -> None:
        """Raises `NotAResultFolder` if something is in the way of what a run writes here."""
        for name in (*FILES, "report.html", "manifest.json"):
            if (self.path / name).is_dir():
                message = f"{self.path / name} is a directory, where a file belongs: take it away, or give --fresh"
                raise NotAResultFolder(message)
        for name in ("plots", "inputs", "events", PATCHES, PAIRS, STATE):
            if (self.path / name).is_file():
                message = f"{self.path / name} is a file, where a directory belongs: take it away, or give --fresh"
                raise NotAResultFolder(message)

    @property
    def chunks(self) -> Chunks:
        """Where the finished cells of runs are."""
        return Chunks(self._state)

    @property
    def _rare_chunks(self) -> Chunks:
        return Chunks(self._state / "rare")

    def save_chunk(self, cells: Sequence[Cell]) -> str:
        """Keep finished cells, all or none of them; the name of their chunk."""
        return self.chunks.save([cell.to_json() for cell in cells])

    def save_rare_chunk(self, cells: Sequence[RareCell]) -> None:
        """Keep finished replications made for rare outages, all or none of them."""
        self._rare_chunks.save([cell.to_json() for cell in cells])

    def rare_cells(
        self, scenarios: Iterable[str], skipped: Callable[[Path], None] = lambda chunk: None
    ) -> Iterator[RareCell]:
        """The finished ones of these content ids, a few in memory at a time; a damaged chunk is `skipped`."""
        wanted = set(scenarios)
        for cell in (RareCell.from_json(values) for _, chunk in self._rare_chunks.all(skipped) for values in chunk):
            if cell.scenario in wanted and cell.status == "done":
                yield cell

    def search(self) -> dict[str, Any] | None:
        """What the last search here found, as it was written; None if none came to its end."""
        try:
            found = json.loads(contents(self.path / SEARCH).decode())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and found.get("kind") == "Search" else None

    def events(self, policy: str, replication: int) -> Path:
        """Where the transitions of one replication are, if they are kept."""
        return self.path / "events" / policy / f"{replication}.parquet"

    def cells(self, scenarios: Iterable[str], skipped: Callable[[Path], None] = lambda chunk: None) -> Iterator[Cell]:
        """The finished cells of these content ids, a few in memory at a time; a damaged chunk is `skipped`."""
        wanted = set(scenarios)
        found = (Cell.from_json(values) for _, chunk in self.chunks.all(skipped) for values in chunk)
        yield from (cell for cell in found if cell.scenario in wanted and cell.status == "done")

    def write_manifest(self, manifest: Manifest) -> None:
        """Write manifest.json."""
        write(self.path / "manifest.json", json.dumps(manifest.to_json(), indent=2, ensure_ascii=False) + "\n")

    def name(self, path: Path) -> str:
        """How `Manifest.files` calls a file of this folder."""
        return path.relative_to(self.path).as_posix()

    def checksums(self) -> dict[str, str]:
        """What is read back of a finished run, as `Manifest.files` has it; events aside."""
        names = (*(f"{table}.parquet" for table in COLUMNS), "resolved.yaml")
        return {name: sha256(self.path / name) for name in names}

    def checksum(self, name: str) -> str:
        """The checksum of a file of this folder, by its name."""
        return sha256(self.path / name)

    def check(self, manifest: Manifest, path: Path) -> None:
        """Raises ValueError if this file of the folder is not as the run that the manifest is of has written it."""
        name = self.name(path)
        found = sha256(path)
        if not found or found != manifest.files.get(name):
            raise ValueError(f"{name} {'is not as it was written' if found else 'cannot be read'}")

    def write_inputs(self, source: str, resolved: Any, inputs: Iterable[Path]) -> None:
        """Write the experiment as given and as resolved (plain values), and a copy of every file that it read."""
        from experiments.file.written import experiment_text

        write(self.path / "experiment.yaml", source)
        write(self.path / "resolved.yaml", experiment_text(resolved))
        for path, name in copies(inputs).items():
            if path.exists() or is_stdin(path):  # else its sha256 is empty
                write(self.path / name, contents(path))

    def resolved(self) -> Any:
        """The experiment that ran here, as resolved; None if it is not there, or is something else."""
        import yaml

        try:
            found = yaml.safe_load(contents(self.path / "resolved.yaml").decode())
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            return None
        return found if isinstance(found, dict) else None

    def is_finished(self, manifest: Manifest, source: str, inputs: Iterable[Path]) -> bool:
        """Whether all is there that a run leaves behind of an experiment that says `source`, without a failure.

        Tables are checked when they are read; of plots and the report it is enough that they are there.
        """
        if manifest.status != "done" or manifest.counts.get("failed"):
            return False
        shown = ("summary.json", "plots/comparison.svg") if manifest.sweep is None else ()
        names = ("summary.csv", "report.html", *shown, *copies(inputs).values())
        try:
            given = contents(self.path / "experiment.yaml")
        except OSError:
            return False
        return given == source.encode() and all((self.path / name).is_file() for name in names)

    def write_tables(self, tables: Mapping[str, "pd.DataFrame"], summary: "pd.DataFrame") -> None:
        """Write the Parquet tables and the summary."""
        import pyarrow.parquet as pq

        for name, frame in tables.items():
            table = arrow_table(name, frame)
            write(self.path / f"{name}.parquet", partial(pq.write_table, table, compression="zstd"))
        write(self.path / "summary.csv", csv_text(summary))
        rows = [{k: _json_number(v) for k, v in row.items()} for row in summary.to_dict("records")]
        write(self.path / "summary.json", json.dumps(rows, indent=2, ensure_ascii=False) + "\n")

    def read(self, manifest: Manifest) -> "tuple[dict[str, pd.DataFrame], Any]":
        """(the tables of `COLUMNS`, the experiment as resolved); ValueError if one is not as it was written."""
        import pandas as pd

        paths = {name: self.path / f"{name}.parquet" for name in COLUMNS}
        for path in (*paths.values(), self.path / "resolved.yaml"):
            self.check(manifest, path)
        return {name: pd.read_parquet(path) for name, path in paths.items()}, self.resolved()


def _json_number(value: Any) -> Any:
    """JSON has neither NaN nor infinity: null."""
    return None if isinstance(value, float) and not np.isfinite(value) else value

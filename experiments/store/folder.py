"""The result folder: what is kept of an experiment, so that a number can be defended and a run resumed.

    manifest.json    what ran, from which inputs, with which versions; the only file that holds wall-clock times
    experiment.yaml  as given                  inputs/*       a copy of every manifest read, in the order of reading
    resolved.yaml    after extends, set and defaults; itself an experiment, about the copies in inputs/
    runs.parquet     a row per policy x replication x service       outages.parquet  a row per outage
    cells.parquet    a row per policy x replication                 summary.csv, summary.json
    alerts.parquet   a row per burn-rate alert                      rollouts.parquet  a row per rollout x service
    operations.parquet   a row per policy x replication x time that an operation was asked for
    jobs.parquet     a row per policy x replication x Job or CronJob that was due
    losses.parquet   a row per policy x replication x service x cause x stage
    absences.parquet a row per policy x replication x service x cause that took replicas away
    requests.parquet a row per policy x replication x service with traffic
    lost_requests.parquet   a row per stretch of time in which requests were lost x reason
    events/POLICY/REPLICATION.parquet   a row per state change, of the replications that `--events` asks for
    report.html      everything to read, in one file                plots/*.svg
    .state/*.json    finished cells, some to a file: the proof that they are done
    .lock            held by the run that writes here

Every file is written under a temporary name, flushed and renamed. Same input and seed: the same bytes in every file
but manifest.json, .lock and .state, whatever the number of workers.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from experiments.store.cell import Cell
from experiments.store.files import digest, write
from experiments.store.inputs import copies
from experiments.store.manifest import Manifest
from experiments.store.tables import COLUMNS, arrow_table
from models.input.problems import Refusal

if TYPE_CHECKING:
    import pandas as pd


class NotAResultFolder(Refusal):
    """The folder holds something else, or nothing."""


class FolderInUse(Refusal):
    """Another run is writing into the folder."""


LOCK = ".lock"


@dataclass(frozen=True)
class ResultFolder:
    """A folder of results at `path`, which need not exist yet."""

    path: Path

    @property
    def _state(self) -> Path:
        return self.path / ".state"

    def manifest(self) -> Manifest | None:
        """What ran here, or None if nothing did yet; a folder with other things in it is an error."""
        try:
            return Manifest.from_json(json.loads((self.path / "manifest.json").read_text()))
        except FileNotFoundError:
            if self.path.exists() and any(path.name != LOCK for path in self.path.iterdir()):
                raise NotAResultFolder(f"{self.path} exists and is not a result folder; give another one") from None
            return None
        except NotADirectoryError:
            raise NotAResultFolder(f"{self.path} cannot be a result folder: a file is in its place") from None
        except (ValueError, TypeError, AttributeError) as error:
            raise NotAResultFolder(f"{self.path / 'manifest.json'} is not a manifest: {error}") from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """While this lasts, no other run writes here: it gets `FolderInUse`, and so do we if it was first.

        The operating system lets go of the lock when its process ends, however that comes about.
        """
        self._is_ours()
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path / LOCK, blocking=False):
                yield
        except Timeout:
            raise FolderInUse(f"another run is writing into {self.path}: wait for it, or use another folder") from None

    def _is_ours(self) -> bool:
        """Whether anything ran here, as cells or the manifest tell, of which one may be damaged.

        False of a new folder; raises `NotAResultFolder` for one with other things in it.
        """
        return any(self._state.glob("*.json")) or self.manifest() is not None

    def clear(self) -> None:
        """Forget what ran here; other folders are never cleared."""
        if not self._is_ours():
            return
        for name in ("plots", "inputs", "events", ".state"):
            shutil.rmtree(self.path / name, ignore_errors=True)
        for name in (*(f"{table}.parquet" for table in COLUMNS), "summary.csv", "summary.json", "resolved.yaml"):
            (self.path / name).unlink(missing_ok=True)
        for name in ("experiment.yaml", "report.html", "manifest.json"):
            (self.path / name).unlink(missing_ok=True)

    def save_chunk(self, cells: Sequence[Cell]) -> None:
        """Keep finished cells, all or none of them."""
        text = json.dumps([cell.to_json() for cell in cells])
        names = "".join(f"{cell.scenario}/{cell.replication}/{cell.status};" for cell in cells)
        write(self._state / f"{digest(names)}.json", text)

    def events(self, policy: str, replication: int) -> Path:
        """Where the transitions of one replication are, if they are kept."""
        return self.path / "events" / policy / f"{replication}.parquet"

    def cells(self, scenarios: Iterable[str]) -> list[Cell]:
        """The finished cells of these content ids; a chunk that cannot be read does not count."""
        wanted, found = set(scenarios), []
        for chunk in sorted(self._state.glob("*.json")):
            try:
                found += [Cell.from_json(cell) for cell in json.loads(chunk.read_text())]
            except (ValueError, KeyError, TypeError):
                continue
        return [cell for cell in found if cell.scenario in wanted and cell.status == "done"]

    def write_manifest(self, manifest: Manifest) -> None:
        """Write manifest.json."""
        write(self.path / "manifest.json", json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n")

    def write_inputs(self, source: str, resolved: Any, inputs: Iterable[Path]) -> None:
        """Write the experiment as given and as resolved (plain values), and a copy of every file that it read."""
        from experiments.file.written import yaml_text

        write(self.path / "experiment.yaml", source)
        write(self.path / "resolved.yaml", yaml_text(resolved))
        for path, name in copies(inputs).items():
            if path.exists():  # else its sha256 is empty
                write(self.path / name, path.read_bytes())

    def resolved(self) -> Any:
        """The experiment that ran here, as resolved; None if it is not there, or is something else."""
        import yaml

        try:
            found = yaml.safe_load((self.path / "resolved.yaml").read_text())
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            return None
        return found if isinstance(found, dict) else None

    def write_tables(self, tables: Mapping[str, "pd.DataFrame"], summary: "pd.DataFrame") -> None:
        """Write the Parquet tables and the summary."""
        import pyarrow.parquet as pq

        for name, frame in tables.items():
            table = arrow_table(name, frame)
            write(self.path / f"{name}.parquet", partial(pq.write_table, table, compression="zstd"))
        write(self.path / "summary.csv", summary.to_csv(index=False, lineterminator="\n"))
        rows = [{k: _json_number(v) for k, v in row.items()} for row in summary.to_dict("records")]
        write(self.path / "summary.json", json.dumps(rows, indent=2, ensure_ascii=False) + "\n")

    def read_table(self, name: str) -> "pd.DataFrame":
        """One of the tables of `COLUMNS`; OSError or ValueError if it cannot be read or is another table."""
        import pandas as pd

        path = self.path / f"{name}.parquet"
        frame = pd.read_parquet(path)
        if missing := [column for column in COLUMNS[name] if column not in frame]:
            raise ValueError(f"{path} has no column {missing[0]!r}")
        return frame


def _json_number(value: Any) -> Any:
    """JSON has neither NaN nor infinity: null."""
    return None if isinstance(value, float) and not np.isfinite(value) else value

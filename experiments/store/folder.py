"""The result folder: what is kept of an experiment, so that a number can be defended and a run resumed.

    manifest.json    what ran, from which inputs, with which versions; the only file that holds wall-clock times
    experiment.yaml  as given                  inputs/*       a copy of every manifest read, in the order of reading
    resolved.yaml    after extends, set and defaults; itself an experiment, about the copies in inputs/
    runs.parquet     a row per policy x replication x service       outages.parquet  a row per outage
    cells.parquet    a row per policy x replication                 summary.csv, summary.json
    alerts.parquet   a row per burn-rate alert                      rollouts.parquet  a row per rollout x service
    losses.parquet   a row per policy x replication x service x cause x stage
    absences.parquet a row per policy x replication x service x cause that took replicas away
    requests.parquet a row per policy x replication x service with traffic
    lost_requests.parquet   a row per stretch of time in which requests were lost x reason
    events/POLICY/REPLICATION.parquet   a row per state change, of the replications that `--events` asks for
    report.html      everything to read, in one file                plots/*.svg
    .state/*.json    finished cells, some to a file: the proof that they are done

Every file is written under a temporary name, flushed and renamed. Same input and seed: the same bytes in every file
but manifest.json and .state, whatever the number of workers.
"""

import copy
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from experiments.store.tables import COLUMNS, arrow_table

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 3
"""Of the folder and of the cells: raised when old cells may no longer be mixed with new ones."""


@dataclass(frozen=True)
class Cell:
    """What is kept of one replication of one policy; `outages` by service, as (n, 2) seconds since measuring began."""

    policy: str
    replication: int
    scenario: str
    seed: int
    status: str = "done"
    error: str = ""
    transitions: int = 0
    strikes: Mapping[str, int] = field(default_factory=dict)
    pending: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    outages: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    causes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of the outages of a Service, in their order, if they were taken apart."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Of the whole cluster: by column of `cells`."""
    details: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Rows of the tables of `tables.DETAILS`, by table; each names its Service, but not policy and replication."""
    events: bytes = b""
    """The transitions, as the contents of a Parquet file, if they were asked for."""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, `events` aside; `from_json` gives back an equal cell."""
        values = asdict(replace(self, events=b"")) | {
            "outages": {name: found.tolist() for name, found in self.outages.items()}
        }
        del values["events"]
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Cell":
        """The inverse of `to_json`."""
        outages = {name: np.array(found, dtype=float).reshape(-1, 2) for name, found in values["outages"].items()}
        return cls(**(values | {"outages": outages}))


@dataclass(frozen=True)
class Manifest:
    """What ran: everything needed to read the tables, to repeat the run, and to say what it does not cover."""

    name: str
    policies: list[str]
    """In the order of the experiment; the first is the baseline."""
    services: list[str]
    replications: int
    confidence: float
    duration: float
    warmup: float
    seed: int
    scenarios: dict[str, str]
    """Policy -> content id."""
    objectives: list[dict[str, Any]] = field(default_factory=list)
    precision: dict[str, Any] | None = None
    imprecise: list[str] = field(default_factory=list)
    """Service and policy that did not reach the asked precision."""
    inputs: dict[str, str] = field(default_factory=dict)
    """Path of every file read -> sha256."""
    experiment_hash: str = ""
    source: str = ""
    options: list[str] = field(default_factory=list)
    """Words of the command line, beside the experiment's file, that decide what is simulated."""
    warnings: list[str] = field(default_factory=list)
    not_modelled: list[str] = field(default_factory=list)
    status: str = "running"
    counts: dict[str, int] = field(default_factory=dict)
    argv: list[str] = field(default_factory=list)
    engine: str = "local"
    workers: int = 1
    cores: int = 1
    versions: dict[str, str] = field(default_factory=dict)
    git: dict[str, Any] = field(default_factory=dict)
    """Revision of the repository that holds the experiment, and whether it was changed; empty if there is none."""
    started: str = ""
    ended: str = ""
    schema_version: int = SCHEMA_VERSION

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Manifest":
        """From the contents of manifest.json; keys of newer versions are left out."""
        if not isinstance(values, dict):
            raise ValueError("expected a JSON object")
        required = [f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING]
        if missing := [name for name in required if name not in values]:
            raise ValueError(f"it lacks {', '.join(missing)}")
        known = {f.name for f in fields(cls)}
        return cls(**{key: value for key, value in values.items() if key in known})


class NotAResultFolder(ValueError):
    """The folder holds something else, or nothing."""


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
            if self.path.exists() and any(self.path.iterdir()):
                raise NotAResultFolder(f"{self.path} exists and is not a result folder; give another one") from None
            return None
        except NotADirectoryError:
            raise NotAResultFolder(f"{self.path} cannot be a result folder: a file is in its place") from None
        except (ValueError, TypeError, AttributeError) as error:
            raise NotAResultFolder(f"{self.path / 'manifest.json'} is not a manifest: {error}") from error

    def clear(self) -> None:
        """Forget what ran here; only folders with a manifest are ever cleared."""
        if self.manifest() is None:
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


def write(path: Path, contents: str | bytes | Callable[[Path], None]) -> None:
    """Write a file that is there completely or not at all: `contents` is what it holds, or writes to the path given.

    An OSError names this file, not the temporary one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if isinstance(contents, str):
            contents = contents.encode()
        if isinstance(contents, bytes):
            temporary.write_bytes(contents)
        else:
            contents(temporary)
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def digest(text: str) -> str:
    """A short content id."""
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def sha256(path: Path) -> str:
    """The checksum of a file, empty if it is gone."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def copies(inputs: Iterable[Path]) -> dict[Path, str]:
    """Where the result folder keeps a copy of each file: numbered, as files of different folders may share a name."""
    return {path: f"inputs/{number}-{path.name}" for number, path in enumerate(inputs, 1)}


def with_copies(resolved: Any, source: Path | None, inputs: Iterable[Path]) -> Any:
    """A resolved experiment (plain values) that names the copies of its files, so that the folder stands alone."""
    kept = copies(inputs)
    folder = "" if source is None else os.path.dirname(source)

    def copied(named: Any) -> list[Any]:
        """The copies of a file, or of all files of a directory."""
        if not isinstance(named, str):
            return [named]
        path = Path(os.path.normpath(os.path.join(folder, named)))
        return [name for original, name in kept.items() if path == original or path in original.parents] or [named]

    changed = copy.deepcopy(resolved)
    spec = changed.get("spec", {})
    for owner, field_ in (
        (spec, "manifests"),
        (spec.get("cluster", {}), "nodes"),
        *((p, "add") for p in spec.get("policies", ())),
    ):
        if field_ in owner:
            owner[field_] = [name for named in owner[field_] for name in copied(named)]
    for traffic in (t for owner in (spec, *spec.get("policies", ())) for t in owner.get("traffic", ())):
        if "path" in traffic["rate"]:
            (traffic["rate"]["path"],) = copied(traffic["rate"]["path"])
    return changed


def plain(value: Any) -> Any:
    """Mappings, sequences and scalars only, as YAML and JSON know them."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Where two plain values differ: "spec.seed: 1 -> 2"."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [*old, *(key for key in new if key not in old)]
        return [
            line
            for key in keys
            for line in differences(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            line for i, pair in enumerate(zip(old, new, strict=True)) for line in differences(*pair, f"{path}[{i}]")
        ]
    return [] if old == new else [f"{path}: {_brief(old)} -> {_brief(new)}"]


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."

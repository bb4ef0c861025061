"""The manifest of a result folder: what ran, from which inputs, with which versions."""

import json
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

from experiments.store.files import digest

SCHEMA_VERSION = 10
"""Of the folder and of the cells: raised when old cells may no longer be mixed with new ones."""


_HOW_IT_RAN = {
    *("rare", "imprecise", "status", "counts", "files"),  # what came of it
    *("argv", "engine", "workers", "cores", "git", "started", "ended"),
}
"""Fields that do not say what is run."""


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
    rare: list[dict[str, Any]] = field(default_factory=list)
    """Of which Services under which policies rare outages were looked for, or were not and why: service, policy,
    method, why, replications, work and plain_work (state changes)."""
    imprecise: list[str] = field(default_factory=list)
    """Service and policy that did not reach the asked precision."""
    inputs: dict[str, str] = field(default_factory=dict)
    """Path of every file read -> sha256."""
    experiment_hash: str = ""
    source: str = ""
    options: list[str] = field(default_factory=list)
    """Words of the command line, beside the experiment's file, that decide what is simulated."""
    warnings: list[str] = field(default_factory=list)
    named: list[dict[str, Any]] = field(default_factory=list)
    """What the manifests say that may matter and is not read, as `models.manifests.Named.to_json`."""
    sweep: dict[str, Any] | None = None
    """Of a sweep: mode, the axes (name and path), and the number of points. None: a single experiment."""
    point: str | None = None
    """Of a point of a sweep: its label. No folder is of one alone."""
    sensitivity: dict[str, Any] | None = None
    """Of a study of uncertain inputs: the inputs (name and path), `work`, `perPoint` and `rows` of the points drawn."""
    status: str = "running"
    """Then `done`, `interrupted` or `failed`, as what ran ended."""
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
    files: dict[str, str] = field(default_factory=dict)
    """What is read back: path in the folder -> sha256."""
    schema_version: int = SCHEMA_VERSION

    def says_the_same_as(self, other: "Manifest") -> bool:
        """Whether a finished run would be described as `other`, which is about to run; how and when it ran aside.

        Where a precision decides about the number of replications, `other` has the most that it may come to.
        """
        ends = {"replications"} if self.precision is not None else set()
        return all(
            getattr(self, f.name) == getattr(other, f.name) for f in fields(self) if f.name not in _HOW_IT_RAN | ends
        )

    def to_json(self) -> dict[str, Any]:
        """The contents of manifest.json: every field, and a seal by which a change is seen."""
        return asdict(self) | {"seal": _seal(asdict(self))}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Manifest":
        """From the contents of manifest.json; keys of newer versions are left out.

        Raises ValueError for what is no manifest, or was changed since `to_json`. Of one of another schema version,
        whose fields may be others, only that version can be relied on.
        """
        if not isinstance(values, dict):
            raise ValueError("expected a JSON object")
        required = [f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING]
        if missing := [name for name in required if name not in values]:
            raise ValueError(f"it lacks {', '.join(missing)}")
        if values.get("schema_version") == SCHEMA_VERSION and values.pop("seal", None) != _seal(values):
            raise ValueError("it was changed since it was written")
        known = {f.name for f in fields(cls)}
        return cls(**{key: value for key, value in values.items() if key in known})


def _seal(values: dict[str, Any]) -> str:
    return digest(json.dumps(values, sort_keys=True))

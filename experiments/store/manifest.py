"""The manifest of a result folder: what ran, from which inputs, with which versions."""

from dataclasses import MISSING, dataclass, field, fields
from typing import Any

SCHEMA_VERSION = 6
"""Of the folder and of the cells: raised when old cells may no longer be mixed with new ones."""


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
    named: list[dict[str, Any]] = field(default_factory=list)
    """What the manifests say that may matter and is not read, as `models.manifests.Named.to_json`."""
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

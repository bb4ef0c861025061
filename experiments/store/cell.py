"""What is kept of one replication of one policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from models.arrays import Floats


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
    outages: Mapping[str, Floats] = field(default_factory=dict)
    causes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of the outages of a Service, in their order, if they were taken apart."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Of the whole cluster: by column of `cells`."""
    details: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Rows of further tables of `tables.COLUMNS`, by table; none names policy and replication."""
    events: bytes = b""
    """The transitions, as the contents of a Parquet file, if they were asked for."""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, `events` aside; `from_json` gives back an equal cell."""
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "events"}
        return values | {"outages": {name: found.tolist() for name, found in self.outages.items()}}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Cell":
        """The inverse of `to_json`."""
        outages = {name: np.array(found, dtype=float).reshape(-1, 2) for name, found in values["outages"].items()}
        return cls(**(values | {"outages": outages}))

"""What is kept of one replication of one policy that was made for rare outages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RareCell:
    """Rows of the tables `rare`, `excursions` and `rare_losses`, none of which names policy and replication."""

    policy: str
    replication: int
    scenario: str
    """Content id of what was run; see `experiments.rare.replication.RareSpec.key`."""
    status: str
    """done or failed."""
    error: str
    details: Mapping[str, Sequence[Mapping[str, Any]]]
    """By table."""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; `from_json` gives back an equal cell."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "RareCell":
        """The inverse of `to_json`."""
        return cls(**values)

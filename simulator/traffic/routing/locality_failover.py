"""Locality failover of service meshes: the own zone first, another when it has not enough left."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from models.arrays import Bools
from simulator.registry import register
from simulator.traffic.balancing import Candidates
from simulator.traffic.routing import Client


@register("routing", "localityFailover")
@dataclass(frozen=True)
class LocalityFailover:
    """The client's zone while it has at least `minimum` endpoints, else the zone named for it in `failover`, else all.

    The change is at once for all requests of the client; a mesh that counts unhealthy endpoints spills over by and by.
    """

    minimum: int = 1
    """Endpoints that a zone must have to be used."""
    failover: Mapping[str, str] = field(default_factory=dict)
    """The client's zone -> the zone that is used instead."""

    def __post_init__(self) -> None:
        if not (self.minimum >= 1 and math.isfinite(self.minimum)):
            raise ValueError(f"minimum must be at least 1 (got {self.minimum!r})")

    per_node = False

    def keep(self, candidates: Candidates, client: Client) -> Bools:
        for zone in (client.zone, self.failover.get(client.zone, "")):
            there = np.array([own == zone != "" for own in candidates.zones], dtype=np.bool_)
            if there.sum() >= self.minimum:
                return there
        return np.ones(len(candidates), dtype=np.bool_)

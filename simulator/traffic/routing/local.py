"""internalTrafficPolicy and externalTrafficPolicy Local: only endpoints on the client's own node."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Bools
from simulator.registry import register
from simulator.traffic.balancing import Candidates
from simulator.traffic.routing import OUTSIDE, Client


@register("routing", "local")
@dataclass(frozen=True)
class Local:
    """Requests never leave the node; where it has no endpoint they are dropped.

    For clients outside, a load balancer picks a node that passes the health check, which has an endpoint: all endpoints
    remain, and get equal shares as long as nodes have equally many.
    """

    per_node = True

    def keep(self, candidates: Candidates, client: Client) -> Bools:
        if client.node == OUTSIDE:
            return np.ones(len(candidates), dtype=np.bool_)
        return np.asarray(candidates.nodes == client.node)

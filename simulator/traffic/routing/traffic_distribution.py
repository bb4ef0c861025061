"""trafficDistribution: endpoints near the client if there are any."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Bools
from simulator.registry import register
from simulator.traffic.balancing import Candidates
from simulator.traffic.routing import Client


@register("routing", "preferClose")
@register("routing", "preferSameZone")
@dataclass(frozen=True)
class PreferSameZone:
    """Ready endpoints in the client's zone if there is one, else all. Nothing keeps a zone from being overloaded.

    All endpoints must have a zone, or none is preferred.
    """

    per_node = False

    def keep(self, candidates: Candidates, client: Client) -> Bools:
        near = np.array([zone == client.zone != "" for zone in candidates.zones])
        usable = candidates.listed.all() and all(candidates.zones) and near.any()
        return near if usable else np.ones(len(candidates), dtype=np.bool_)


@register("routing", "preferSameNode")
@dataclass(frozen=True)
class PreferSameNode:
    """Ready endpoints on the client's node if there is one, else in its zone, else all."""

    per_node = True

    def keep(self, candidates: Candidates, client: Client) -> Bools:
        here = np.asarray(candidates.nodes == client.node)
        if candidates.listed.all() and (candidates.nodes >= 0).all() and here.any():
            return here
        return PreferSameZone().keep(candidates, client)

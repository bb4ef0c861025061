"""Which endpoints a client may be sent to, one policy a file: traffic policies, topology, ejection, failover.

A route narrows the candidates down and never chooses; choosing is balancing (`simulator.traffic.balancing`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from models.arrays import Bools
from simulator.traffic.balancing import Candidates

OUTSIDE = -1
"""The node of a client that is not on one."""


@dataclass(frozen=True)
class Client:
    """From where requests come: a node whose kube-proxy or mesh proxy does the choosing."""

    node: int = OUTSIDE
    zone: str = ""
    zone_cpu: Mapping[str, int] = field(default_factory=dict)
    """Allocatable CPU of the ready nodes of every zone, in millicores: what topology hints go by."""


@runtime_checkable
class Route(Protocol):
    """A rule by which some endpoints are left out for some clients."""

    def keep(self, candidates: Candidates, client: Client) -> Bools:
        """Which candidates remain, possibly none (then requests are dropped). There is at least one candidate.

        A node that holds none of the candidates is as any other such node of its zone.
        """
        ...

    @property
    def per_node(self) -> bool:
        """Whether it matters, beyond its zone, on which node a client is."""
        ...


def routed(candidates: Candidates, client: Client, routes: Sequence[Route]) -> Candidates:
    """What is left for a client after all routes, in their order: of the ready endpoints, or else of those terminating.

    As kube-proxy's CategorizeEndpoints: endpoints that terminate but still serve are used only when, by the rules,
    there is no ready one.
    """
    for listed in (True, False):
        left = candidates.only(candidates.listed == listed)
        for route in routes:
            if len(left):
                left = left.only(np.asarray(route.keep(left, client), dtype=np.bool_))
        if len(left):
            return left
    return candidates.only(np.zeros(len(candidates), dtype=np.bool_))

"""How a client chooses among the endpoints of a Service, one policy a file.

Who may be chosen at all is decided before, by routing (`simulator.traffic.routing`).

A policy is a frozen dataclass with `shares`, which fluid traffic uses, and `choose`, which request-level traffic calls
for every request. `choose` is a function of numbers and arrays, compiled by numba; it is plain Python
elsewhere, so it keeps to what both understand. All its luck is in the request's key (`simulator.traffic.keys`): what
one request is given never shifts another's.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from models.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Candidates:
    """Endpoints that a client knows of, in parallel arrays, in order of their numbers."""

    endpoints: Ints
    """Which they are: indices into EndpointHistory.names."""
    nodes: Ints
    """The node of each."""
    zones: tuple[str, ...]
    """The zone of each, "" without one."""
    listed: Bools
    """True: ready. False: terminating but still serving, used when nothing is ready."""
    weights: Floats
    """Positive; all 1 unless somebody says otherwise. Only policies that speak of weights look at them."""
    active: Floats
    """Mean requests in progress at each if all got the same share; 0 where requests fail at once, as at a process that
    has gone but is still listed. Only `shares` of policies that compare endpoints look at them."""

    def __len__(self) -> int:
        return len(self.endpoints)

    def only(self, kept: Bools) -> "Candidates":
        """Those for which `kept` holds."""
        return Candidates(
            self.endpoints[kept],
            self.nodes[kept],
            tuple(zone for zone, stays in zip(self.zones, kept.tolist(), strict=True) if stays),
            self.listed[kept],
            self.weights[kept],
            self.active[kept],
        )


class Pick(NamedTuple):
    """A choice to be made: one attempt of a request, and what may be known when an endpoint is picked for it."""

    table: Ints
    """`table[:size]` are the endpoints to choose from, which the choice may reorder."""
    size: int
    """At least 1."""
    active: Ints
    """By endpoint: requests that were sent and have not come back. Where clients keep connections: open ones."""
    weights: Floats
    """By endpoint; positive."""
    parameters: Floats
    """The policy's own, as `Balancing.parameters` says."""
    memory: Ints
    """The policy's own between requests of one client node, `cells(clients)` long, at first -1."""
    stamps: Floats
    """Beside `memory`, at first 0."""
    now: float
    """In seconds."""
    client: int
    """In [0, clients): from which of the node's clients the request is."""
    key: int
    """The luck of the attempt, uniform in [0, 2**32)."""


Choose = Callable[[Pick], int]
"""The endpoint that is picked. Compiled by numba."""


class Balancing(Protocol):
    """A way to choose. A policy derives from it, and says `choose` and what else is not as it is here."""

    @property
    def compares(self) -> bool:
        """Whether the choice looks at the endpoints' active requests."""
        return False

    @property
    def parameters(self) -> tuple[float, ...]:
        """The numbers that the choice goes by, in the order in which it reads them."""
        return ()

    def cells(self, clients: int) -> int:
        """How many cells of memory the choice keeps per client node, of so many clients; >= 1."""
        return 1

    def shares(self, candidates: Candidates) -> Floats:
        """The long-run share of requests of each candidate (at least one); not negative, sums to 1.

        It is an average over clients: where the client decides, a few busy clients can make any share.
        """
        return equal(candidates)

    @staticmethod
    @abstractmethod
    def choose(pick: Pick) -> int:
        """The endpoint picked, an entry of `pick.table[:pick.size]`."""
        ...


def equal(candidates: Candidates) -> Floats:
    """One n-th for each of n candidates."""
    return np.full(len(candidates), 1 / len(candidates))

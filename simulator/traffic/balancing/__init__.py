"""How a client chooses among the endpoints of a Service, one policy a file.

Who may be chosen at all is decided before, by routing (`simulator.traffic.routing`).

A policy is a frozen dataclass with `shares`, which fluid traffic uses, and a choice, which request-level traffic calls
for every request. A choice is a function of numbers and arrays (`CHOICE` has its arguments), compiled where numba is
installed and plain Python elsewhere, so it keeps to what both understand. All its luck is in the request's key
(`simulator.traffic.keys`): what one request is given never shifts another's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


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
    loads: Floats
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
            self.loads[kept],
        )


Choice = Callable[[Ints, int, Ints, Floats, Ints, Floats, float, int, int], int]
"""(table, size, loads, weights, memory, stamps, now, client, key) -> the endpoint chosen.

`table[:size]` (size >= 1) are the endpoints to choose from, which the choice may reorder. `loads` and `weights` go by
endpoint, loads being requests that were sent and have not come back. `memory` and `stamps` are the policy's own between
requests of one client node, `cells(clients)` long, at first -1 and 0. `now` is in seconds, `client` in [0, clients),
`key` uniform in [0, 2**32).
"""


@runtime_checkable
class Balancing(Protocol):
    """A way to choose."""

    def shares(self, candidates: Candidates) -> Floats:
        """The long-run share of requests of each candidate (at least one); not negative, sums to 1."""
        ...

    @property
    def compares(self) -> bool:
        """Whether the choice looks at loads."""
        ...

    def cells(self, clients: int) -> int:
        """How much memory the choice keeps per client node; >= 1."""
        ...

    def choice(self) -> tuple[Choice, tuple[float, ...]]:
        """The choosing function, at module level, and the numbers that it finds at the front of its stamps."""
        ...


def equal(candidates: Candidates) -> Floats:
    """The same share for all."""
    return np.full(len(candidates), 1 / len(candidates))

"""Endpoint histories written by hand."""

from collections.abc import Sequence

import numpy as np

from simulator.traffic.endpoints import Condition, EndpointHistory

UP = Condition.LISTED | Condition.ANSWERING
DEAD = Condition.LISTED
STOPPING = Condition.TERMINATING
SERVING = Condition.TERMINATING | Condition.ANSWERING
GONE = Condition.GONE


def history(
    *changes: tuple[float, int, Condition] | tuple[float, int, Condition, str],
    end: float = 100.0,
    start: float = 0.0,
    zones: Sequence[str] = (),
    nodes: Sequence[int] = (),
) -> EndpointHistory:
    """(time, endpoint, condition[, cause]) in any order; endpoint i is on node i, of zone "" if none is given."""
    ordered = sorted(changes, key=lambda change: change[0])
    count = max(endpoint for _, endpoint, *_ in changes) + 1
    return EndpointHistory(
        start,
        end,
        names=tuple(f"web-{i}" for i in range(count)),
        nodes=np.array(nodes or range(count)),
        zones=tuple(zones) or ("",) * count,
        times=np.array([change[0] for change in ordered], dtype=float),
        endpoints=np.array([change[1] for change in ordered], dtype=np.int64),
        conditions=np.array([int(change[2]) for change in ordered], dtype=np.int64),
        causes=tuple(change[3] if len(change) == 4 else "" for change in ordered),
    )

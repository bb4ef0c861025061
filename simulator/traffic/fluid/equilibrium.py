"""The load on the endpoints of a Service once it has settled, retries of what was turned away included."""

from collections.abc import Sequence

import numpy as np

from models.arrays import Floats, Ints
from models.traffic import Traffic
from simulator.traffic.conditions import entry_at
from simulator.traffic.fluid.arriving import Arriving, EndpointLoad
from simulator.traffic.proxies import Proxy

_ROUNDS = 500
"""After so many a load that does not settle is taken as it is."""

Groups = tuple[tuple[int, float], ...]
"""The views that clients have, and the part of the requests that comes from each."""


def groups(
    moments: Floats, proxies: Sequence[Proxy], by_content: Sequence[Ints], contents: Ints, weights: Floats
) -> list[Groups]:
    """The groups of clients at each moment; `by_content`: by place, the view of each content of a list."""
    seen = np.column_stack(
        [
            views[contents[entry_at(proxy.arrivals, moments)]]
            for views, proxy in zip(by_content, proxies, strict=True)
        ]
    )  # fmt: skip
    columns, into = np.unique(seen, return_inverse=True)
    table = np.zeros((len(moments), len(columns)))
    np.add.at(table, (np.arange(len(moments))[:, None], into.reshape(seen.shape)), weights[None, :])
    names = columns.tolist()
    return [tuple((view, weight) for view, weight in zip(names, row, strict=True) if weight) for row in table.tolist()]


class Equilibrium:
    """Fixed points of the load, each worked out once."""

    def __init__(self, traffic: Traffic, arriving: Arriving) -> None:
        self._capacity, self._arriving = traffic.capacity, arriving
        self._found: dict[tuple[int, float, Groups], tuple[EndpointLoad | None, float]] = {}

    def settled(self, kind: int, rate: float, groups: Groups) -> tuple[EndpointLoad | None, float]:
        """The load, None if it does not matter; and the highest of any endpoint in proportion to the capacity.

        What is turned away comes back as retries: the load grows until it feeds itself. Starting from no overload the
        served parts only fall, to the solution with the least overload.
        """
        key = (kind, rate, groups)
        if key not in self._found:
            self._found[key] = self._solved(kind, rate, groups)
        return self._found[key]

    def _solved(self, kind: int, rate: float, groups: Groups) -> tuple[EndpointLoad | None, float]:
        capacity = self._capacity
        assert capacity is not None
        depends = any(self._arriving.depends(view, kind) for view, _ in groups)
        load = EndpointLoad(rate if depends else 1.0)
        on: dict[int, float] = {}
        for number in range(_ROUNDS if rate else 0):
            on = {}
            for view, weight in groups:
                shares = (
                    self._arriving.under(view, kind, load) if number else self._arriving.unloaded(view, kind, load.rate)
                )
                for endpoint, share in shares.items():
                    on[endpoint] = on.get(endpoint, 0.0) + rate * weight * share
            served = {endpoint: capacity / one for endpoint, one in on.items() if one > capacity * (1 + 1e-12)}
            moved = max((abs(part - load.served.get(e, 1.0)) for e, part in served.items()), default=0.0)
            load = EndpointLoad(load.rate, served)
            if moved < 1e-12 or self._arriving.attempts == 1:
                break
        peak = max(on.values(), default=0.0) / capacity
        return load if load.served or depends else None, peak

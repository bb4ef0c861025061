"""The load on the endpoints of a Service over time, and what those that are asked for too much still answer.

Few moments matter: those in which some endpoint may be beyond its capacity, or in which clients who compare loads meet
an endpoint that fails at once. Where a bound on the load says that there is no such endpoint, moments are not looked at
one by one.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from models.arrays import Floats, Ints
from models.traffic import Traffic
from simulator.step_function import StepFunction
from simulator.traffic.conditions import Conditions, entry_at, merged
from simulator.traffic.fluid.arriving import Arriving, Bounds, EndpointLoad
from simulator.traffic.fluid.equilibrium import Equilibrium, groups
from simulator.traffic.fluid.windows import Windows, windows
from simulator.traffic.proxies import Known, Proxy
from simulator.traffic.views import Views


class EndpointLoads:
    """The load from each of `times` on: `which` of `all`, the first of which is a load that does not matter."""

    def __init__(
        self,
        traffic: Traffic,
        conditions: Conditions,
        known: Sequence[Known],
        proxies: Sequence[Proxy],
        views: Views,
        rate: StepFunction,
    ) -> None:
        self.all: list[EndpointLoad] = [EndpointLoad()]
        self.overloaded = self.peak = 0.0
        """Seconds with an endpoint beyond its capacity; the highest load of any, in proportion to the capacity."""
        self.times: Floats = np.array([rate.start])
        self.which: Ints = np.zeros(1, dtype=np.int64)
        self._capacity, self._proxies, self._views, self._rate = traffic.capacity, proxies, views, rate
        self._numbers: dict[tuple[float, tuple[tuple[int, float], ...]], int] = {}
        if traffic.capacity is None and not views.balancing.compares:
            return
        self._by_content = [views.by_content(place) for place in range(len(proxies))]
        self._weights = np.array([proxy.weight for proxy in proxies])
        arriving = Arriving(traffic, conditions, views)
        self._bounds = Bounds(traffic, arriving, self._by_content, self._weights)
        self._equilibrium = Equilibrium(traffic, arriving)
        cut = windows(conditions, known, proxies, views, rate)
        ceilings = np.array(
            [self._bounds.at_most(kind, lists) for kind, lists in zip(cut.kinds.tolist(), cut.contents, strict=True)]
        )
        if traffic.capacity is None:
            self._put_together([self._compared(cut, ceilings)])
        else:
            self._put_together(self._limited(cut, ceilings))

    def _compared(self, cut: Windows, ceilings: Floats) -> tuple[Floats, Ints]:
        """Without a capacity: the rate, where shares depend on it."""
        hot = np.isinf(ceilings)[entry_at(cut.edges, cut.fine)]
        rates, into = np.unique(self._rate.at(cut.fine), return_inverse=True)
        self.all += [EndpointLoad(one) for one in rates.tolist()]
        return cut.fine, np.where(hot, into + 1, 0)

    def _limited(self, cut: Windows, ceilings: Floats) -> list[tuple[Floats, Ints]]:
        """With a capacity: what matters is the windows in which the load may be too high, or depends on the rate.

        With the highest first, whatever cannot be the peak need not be looked at any more.
        """
        pieces: list[tuple[Floats, Ints]] = [(cut.edges, np.zeros(len(cut.edges), dtype=np.int64))]
        ceilings = ceilings * np.where(np.isinf(ceilings), 1.0, cut.highest)
        for window in np.argsort(np.where(np.isinf(ceilings), 1.0, -ceilings), kind="stable").tolist():
            kind, end = int(cut.kinds[window]), float(cut.bounds[window + 1])
            times = cut.fine[slice(*np.searchsorted(cut.fine, cut.bounds[window : window + 2]))]
            if not np.isinf(ceilings[window]):
                if self._matters(float(ceilings[window])):
                    pieces.append(self._moments(times, end, kind))
                continue
            for time, until in pairwise((*times.tolist(), end)):
                rate = float(self._rate.at(np.array([time]))[0])
                if self._matters(rate * self._bounds.at_most(kind, cut.contents[window], rate)):
                    pieces.append(self._moments(np.array([time]), until, kind))
                else:
                    pieces.append((np.array([time]), np.array([self._number(EndpointLoad(rate))])))
        return pieces

    def _matters(self, ceiling: float) -> bool:
        """Whether a load that is no higher than that may be beyond the capacity, or the highest so far."""
        assert self._capacity is not None
        return ceiling > self._capacity * min(1.0, self.peak * (1 + 1e-12))

    def _moments(self, edges: Floats, end: float, kind: int) -> tuple[Floats, Ints]:
        """The times from the first edge to the end from which on the load is another, and the loads."""
        moments = merged((edges, *(_within(proxy.arrivals, float(edges[0]), end) for proxy in self._proxies)))
        clients = groups(moments, self._proxies, self._by_content, self._views.contents, self._weights)
        widths = np.diff(np.append(moments, end))
        found = []
        for rate, present, width in zip(self._rate.at(moments).tolist(), clients, widths.tolist(), strict=True):
            load, peak = self._equilibrium.settled(kind, rate, present)
            found.append(self._number(load) if load else 0)
            self.peak = max(self.peak, peak)
            self.overloaded += width * (peak > 1 + 1e-12)
        return moments, np.array(found)

    def _number(self, load: EndpointLoad) -> int:
        key = (load.rate, tuple(load.served.items()))
        if key not in self._numbers:
            self._numbers[key] = len(self.all)
            self.all.append(load)
        return self._numbers[key]

    def _put_together(self, pieces: Sequence[tuple[Floats, Ints]]) -> None:
        times, which = (np.concatenate(columns) for columns in zip(*pieces, strict=True))
        order = np.argsort(times, kind="stable")  # of the same time the last piece counts
        times, which = times[order], which[order]
        last = np.append(np.diff(times) > 0, True)
        times, which = times[last], which[last]
        changed = np.append(True, np.diff(which) != 0)
        self.times, self.which = times[changed], which[changed]


def _within(times: Floats, start: float, end: float) -> Floats:
    return times[(times > start) & (times < end)]

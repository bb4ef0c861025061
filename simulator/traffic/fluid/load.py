"""The load on the endpoints of a Service over time, and what those that are asked for too much still answer.

Few moments matter: those in which some endpoint may be beyond its capacity, or in which clients who compare loads meet
an endpoint that fails at once. Where a bound on the load says that there is no such endpoint, moments are not looked at
one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from models.arrays import Floats, Ints
from models.traffic import Traffic
from simulator.step_function import StepFunction
from simulator.traffic.conditions import Conditions, entry_at, merged
from simulator.traffic.fluid.arriving import Arriving, Bounds, EndpointLoad
from simulator.traffic.fluid.equilibrium import Equilibrium, Moment, groups
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
        stretches = self._stretches(cut, ceilings)
        assert self._capacity is not None
        seen = {i: self._seen(one) for i, one in enumerate(stretches) if one.ceiling > self._capacity}
        self._equilibrium.settled([moment for one in seen.values() for moment in one.moments])  # all at a time
        for i, one in enumerate(stretches):
            if self._matters(one.ceiling):
                pieces.append(self._moments(seen.get(i) or self._seen(one)))
            elif one.compared is not None:
                pieces.append((one.edges, np.array([self._number(EndpointLoad(one.compared))])))
        return pieces

    def _stretches(self, cut: Windows, ceilings: Floats) -> "list[_Stretch]":
        """Windows, and parts of those in which the load depends on the rate; the highest first."""
        found = []
        ceilings = ceilings * np.where(np.isinf(ceilings), 1.0, cut.highest)
        for window in np.argsort(np.where(np.isinf(ceilings), 1.0, -ceilings), kind="stable").tolist():
            kind, end = int(cut.kinds[window]), float(cut.bounds[window + 1])
            times = cut.fine[slice(*np.searchsorted(cut.fine, cut.bounds[window : window + 2]))]
            if not np.isinf(ceilings[window]):
                found.append(_Stretch(times, end, kind, float(ceilings[window])))
                continue
            for time, until in pairwise((*times.tolist(), end)):
                rate = float(self._rate.at(np.array([time]))[0])
                ceiling = rate * self._bounds.at_most(kind, cut.contents[window], rate)
                found.append(_Stretch(np.array([time]), until, kind, ceiling, rate))
        return found

    def _matters(self, ceiling: float) -> bool:
        """Whether a load that is no higher than that may be beyond the capacity, or the highest so far."""
        assert self._capacity is not None
        return ceiling > self._capacity * min(1.0, self.peak * (1 + 1e-12))

    def _seen(self, stretch: "_Stretch") -> "_Seen":
        """The times from which on clients know something else or the rate is another."""
        first, end = float(stretch.edges[0]), stretch.end
        times = merged((stretch.edges, *(_within(proxy.arrivals, first, end) for proxy in self._proxies)))
        clients = groups(times, self._proxies, self._by_content, self._views.contents, self._weights)
        rates = self._rate.at(times).tolist()
        moments = [(stretch.kind, rate, present) for rate, present in zip(rates, clients, strict=True)]
        return _Seen(times, np.diff(np.append(times, end)), moments)

    def _moments(self, seen: "_Seen") -> tuple[Floats, Ints]:
        """The same times, and the loads."""
        found = []
        for (load, peak), width in zip(self._equilibrium.settled(seen.moments), seen.widths.tolist(), strict=True):
            found.append(self._number(load) if load else 0)
            self.peak = max(self.peak, peak)
            self.overloaded += width * (peak > 1 + 1e-12)
        return seen.times, np.array(found)

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


@dataclass(frozen=True)
class _Stretch:
    """A time in which the endpoints stand still and no load is beyond a ceiling."""

    edges: Floats
    """When it begins, and when the rate changes."""
    end: float
    kind: int
    """Which of `Conditions.answering` holds."""
    ceiling: float
    compared: float | None = None
    """The rate, if clients compare endpoints of which some fail at once."""


class _Seen(NamedTuple):
    """What clients know over a stretch, and how many requests come."""

    times: Floats
    widths: Floats
    moments: list[Moment]


def _within(times: Floats, start: float, end: float) -> Floats:
    return times[(times > start) & (times < end)]

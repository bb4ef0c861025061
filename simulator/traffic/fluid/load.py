"""The load on the endpoints of a Service over time, and what those that are asked for too much still answer.

Few moments matter: those in which some endpoint may be beyond its capacity, or in which clients who compare loads meet
an endpoint that fails at once. Where a bound on the load says that there is no such endpoint, moments are not looked at
one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from models.traffic import Traffic
from simulator.step_function import Floats, StepFunction
from simulator.traffic.attempts import OVERLOAD, Chance, Look, outcome
from simulator.traffic.conditions import Standing, entry_at, merged
from simulator.traffic.endpoints import Ints
from simulator.traffic.proxies import Known, Proxy
from simulator.traffic.views import Views

_ROUNDS = 500
"""After so many a load that does not settle is taken as it is."""


@dataclass(frozen=True)
class Load:
    """What is asked of the endpoints at some moment, as far as it matters."""

    rate: float = 1.0
    """Requests per second."""
    served: Mapping[int, float] = field(default_factory=dict)
    """The part of the attempts that an overloaded endpoint answers."""


class Loads:
    """The load from each of `times` on: `which` of `all`, the first of which is a load that does not matter."""

    def __init__(
        self,
        traffic: Traffic,
        standing: Standing,
        known: Sequence[Known],
        proxies: Sequence[Proxy],
        views: Views,
        rate: StepFunction,
    ) -> None:
        self._traffic, self._standing, self._proxies, self._views, self._rate = (
            traffic, standing, proxies, views, rate,
        )  # fmt: skip
        self.all: list[Load] = [Load()]
        self.overloaded = self.peak = 0.0
        self.times: Floats = np.array([rate.start])
        self.which: Ints = np.zeros(1, dtype=np.int64)
        self._attempts = len(traffic.retries.delays(traffic.timeout))
        self._numbers: dict[tuple[float, tuple[tuple[int, float], ...]], int] = {}
        self._solved: dict[tuple[int, float, tuple[tuple[int, float], ...]], tuple[int, float]] = {}
        self._arriving: dict[tuple[int, int, float], Mapping[int, float]] = {}
        self._bounds: dict[tuple[int, tuple[int, ...], float], float] = {}
        if traffic.capacity is not None or views.balancing.compares:
            self._by_content = [views.by_content(place) for place in range(len(proxies))]
            self._weights = np.array([proxy.weight for proxy in proxies])
            self._go_through(np.array([one.time for one in known]))

    # --- windows ------------------------------------------------------------------------------------------------------

    def _go_through(self, listed: Floats) -> None:
        """Cuts time into windows in which the endpoints stand still, and in which all lists arrive or none does."""
        start, end = self._rate.start, self._rate.end
        arrivals = [proxy.arrivals for proxy in self._proxies]
        settled = np.max(arrivals, axis=0)
        until = np.maximum.accumulate(settled)
        apart = np.append(True, listed[1:] > until[:-1])
        begins, ends = listed[apart], until[np.append(np.flatnonzero(apart)[1:] - 1, len(listed) - 1)]
        edges = merged((self._standing.times, begins, ends))
        edges = edges[(edges >= start) & (edges < end)]
        bounds = np.append(edges, end)
        kinds = self._standing.kinds[entry_at(self._standing.times, edges)]
        first = np.min([entry_at(times, edges) for times in arrivals], axis=0)
        last = np.max([np.searchsorted(times, bounds[1:], side="left") - 1 for times in arrivals], axis=0)
        last = np.maximum(first, last)
        fine = merged((edges, self._rate.times))
        highest = np.maximum.reduceat(self._rate.at(fine), np.searchsorted(fine, edges))
        contents = [
            tuple(dict.fromkeys(self._views.contents[low : high + 1].tolist()))
            for low, high in zip(first.tolist(), last.tolist(), strict=True)
        ]
        ceilings = np.array([self._bound(kind, lists) for kind, lists in zip(kinds.tolist(), contents, strict=True)])
        if self._traffic.capacity is None:
            hot = np.isinf(ceilings)[entry_at(edges, fine)]
            rates, into = np.unique(self._rate.at(fine), return_inverse=True)
            self.all += [Load(one) for one in rates.tolist()]
            self._put_together([(fine, np.where(hot, into + 1, 0))])
            return
        pieces: list[tuple[Floats, Ints]] = [(edges, np.zeros(len(edges), dtype=np.int64))]
        # With the highest first, whatever cannot be the peak need not be looked at any more.
        ceilings *= np.where(np.isinf(ceilings), 1.0, highest)
        for window in np.argsort(np.where(np.isinf(ceilings), 1.0, -ceilings), kind="stable").tolist():
            span, kind = slice(*np.searchsorted(fine, bounds[window : window + 2])), int(kinds[window])
            if not np.isinf(ceilings[window]):
                if self._matters(float(ceilings[window])):
                    pieces.append(self._moments(fine[span], float(bounds[window + 1]), kind))
                continue
            for time, until in pairwise((*fine[span].tolist(), float(bounds[window + 1]))):
                rate = float(self._rate.at(np.array([time]))[0])
                if self._matters(rate * self._bound(kind, contents[window], rate)):
                    pieces.append(self._moments(np.array([time]), until, kind))
                else:
                    pieces.append((np.array([time]), np.array([self._number(Load(rate))])))
        self._put_together(pieces)

    def _matters(self, ceiling: float) -> bool:
        """Whether a load that is no higher than that may be beyond the capacity, or the highest so far."""
        assert self._traffic.capacity is not None
        return ceiling > self._traffic.capacity * min(1.0, self.peak * (1 + 1e-12))

    def _bound(self, kind: int, contents: tuple[int, ...], rate: float = 0.0) -> float:
        """The load of any endpoint at most, for a request a second, while lists with these contents are known.

        Exact for one list. Infinite if it depends on the rate, as clients compare endpoints of which some fail at once,
        and none is given.
        """
        key = (kind, contents, rate)
        if key not in self._bounds:
            if self._traffic.routing:
                table = np.array([views[list(contents)] for views in self._by_content])
                rows, into = np.unique(table, axis=0, return_inverse=True)
                weights = np.bincount(into.ravel(), self._weights).tolist()
            else:
                rows, weights = self._by_content[0][None, list(contents)], [float(self._weights.sum())]
            loads: dict[int, float] = {}
            for row, weight in zip(rows.tolist(), weights, strict=True):
                if not rate and any(self._depends(view, kind) for view in row):
                    loads[-1] = np.inf
                    break
                if self._traffic.capacity is None:
                    continue
                most: dict[int, float] = {}
                for view in dict.fromkeys(row):
                    for endpoint, share in self._arrivals(view, kind, rate).items():
                        most[endpoint] = max(most.get(endpoint, 0.0), share)
                for endpoint, share in most.items():
                    loads[endpoint] = loads.get(endpoint, 0.0) + weight * share
            self._bounds[key] = max(loads.values(), default=0.0)
        return self._bounds[key]

    def _depends(self, view: int, kind: int) -> bool:
        """Whether shares depend on the rate."""
        return self._views.balancing.compares and not self._views.members(view) <= self._standing.answering[kind]

    def _arrivals(self, view: int, kind: int, rate: float) -> Mapping[int, float]:
        """Attempts at each endpoint that answers, for a request, while none is overloaded."""
        key = (view, kind, rate if self._depends(view, kind) else 1.0)
        if key not in self._arriving:
            self._arriving[key] = self._attempted(view, kind, Load(key[2]))
        return self._arriving[key]

    def _attempted(self, view: int, kind: int, load: Load) -> Mapping[int, float]:
        answering = self._standing.answering[kind]
        chances = {
            endpoint: Chance(share, load.served.get(endpoint, 1.0) if endpoint in answering else 0.0, (OVERLOAD, ""))
            for endpoint, share in self._views.chosen(view, answering, load.rate)
        }
        found = outcome([Look(chances)] * self._attempts, self._traffic.retries).arrivals
        return {endpoint: share for endpoint, share in found.items() if endpoint in answering}

    # --- moments ------------------------------------------------------------------------------------------------------

    def _moments(self, edges: Floats, end: float, kind: int) -> tuple[Floats, Ints]:
        """The times from the first edge to the end from which on the load is another, and the loads."""
        moments = merged((edges, *(_within(proxy.arrivals, float(edges[0]), end) for proxy in self._proxies)))
        widths = np.diff(np.append(moments, end))
        found = []
        rates = self._rate.at(moments).tolist()
        for rate, groups, width in zip(rates, self._groups(moments), widths.tolist(), strict=True):
            number, peak = self._solve(kind, rate, groups)
            found.append(number)
            self.peak = max(self.peak, peak)
            self.overloaded += width * (peak > 1 + 1e-12)
        return moments, np.array(found)

    def _groups(self, moments: Floats) -> list[tuple[tuple[int, float], ...]]:
        """By moment: the views that clients have, and the part of the requests that comes from each."""
        contents = self._views.contents
        seen = np.column_stack(
            [
                views[contents[entry_at(proxy.arrivals, moments)]]
                for views, proxy in zip(self._by_content, self._proxies, strict=True)
            ]
        )
        columns, into = np.unique(seen, return_inverse=True)
        table = np.zeros((len(moments), len(columns)))
        np.add.at(table, (np.arange(len(moments))[:, None], into.reshape(seen.shape)), self._weights[None, :])
        names = columns.tolist()
        return [
            tuple((view, weight) for view, weight in zip(names, row, strict=True) if weight) for row in table.tolist()
        ]

    def _solve(self, kind: int, rate: float, groups: tuple[tuple[int, float], ...]) -> tuple[int, float]:
        """The load once it has settled; and the highest of any endpoint in proportion to the capacity.

        What is turned away comes back as retries: the load grows until it feeds itself. Starting from no overload the
        served parts only fall, to the solution with the least overload.
        """
        key = (kind, rate, groups)
        if key in self._solved:
            return self._solved[key]
        capacity = self._traffic.capacity
        assert capacity is not None
        depends = any(self._depends(view, kind) for view, _ in groups)
        load = Load(rate if depends else 1.0)
        on: dict[int, float] = {}
        for number in range(_ROUNDS if rate else 0):
            on = {}
            for view, weight in groups:
                arriving = self._attempted(view, kind, load) if number else self._arrivals(view, kind, load.rate)
                for endpoint, share in arriving.items():
                    on[endpoint] = on.get(endpoint, 0.0) + rate * weight * share
            served = {endpoint: capacity / one for endpoint, one in on.items() if one > capacity * (1 + 1e-12)}
            moved = max((abs(part - load.served.get(e, 1.0)) for e, part in served.items()), default=0.0)
            load = Load(load.rate, served)
            if moved < 1e-12 or self._attempts == 1:
                break
        peak = max(on.values(), default=0.0) / capacity
        self._solved[key] = self._number(load) if load.served or depends else 0, peak
        return self._solved[key]

    def _number(self, load: Load) -> int:
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

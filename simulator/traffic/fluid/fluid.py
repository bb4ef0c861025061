"""Fluid traffic: how many requests fail, exactly, given what happened to the endpoints of a Service.

Nothing is drawn but the lags of endpoint updates. Between two changes (an endpoint, what a client's proxy knows, the
offered rate) every request meets the same odds, so the expected number of lost requests is a sum over such stretches.

A request is answered if one of its attempts is. An attempt fails at an endpoint that is listed but does not answer,
at one that is asked for more than its capacity (what is beyond is shed, evenly), at one that fails a share of its
requests (which count as errors where it is asked for too much, too), and where there is no endpoint.
Retries that come later meet how things stand then. They add to the load; the load of each moment is worked out as if
the retries of a request came at once. After the end of the window things are taken to stay as they are.

What single requests remember is left out: outlier ejection, which counts failures in a row, is for request-level
traffic only; and clients that stay with an endpoint are taken to be many, so that endpoints share them evenly. So is
that endpoints are asked for less while clients do not reach them, and others for more.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from models.arrays import Bools, Floats, Ints
from models.cluster import Cluster
from models.traffic import Traffic
from simulator.step_function import StepFunction
from simulator.streams import Streams
from simulator.traffic.attempts import DEAD, ERROR, OPEN, OVERLOAD, Chance, Look, outcomes
from simulator.traffic.conditions import Conditions, entry_at, merged
from simulator.traffic.endpoints import EndpointHistory
from simulator.traffic.fluid.load import EndpointLoads
from simulator.traffic.losses import Loss, Spans, lost
from simulator.traffic.proxies import Proxy, lists, proxies
from simulator.traffic.reach import Reach
from simulator.traffic.views import Views


@dataclass(frozen=True)
class Requests:
    """What became of the requests to one Service in one run: expected numbers, given the run."""

    service: str
    rate: StepFunction
    """Requests per second."""
    losing: StepFunction
    """The share of requests sent at each moment that is lost."""
    losses: tuple[Loss, ...]
    """By start; for each stretch of time the reasons in order."""
    retries: float
    """Attempts beyond the first."""
    shed: float
    """Attempts turned away by endpoints at their capacity."""
    overloaded: float
    """Seconds with some endpoint beyond its capacity."""
    peak: float
    """The highest load of any endpoint in proportion to its capacity; 0 without a capacity."""

    @property
    def offered(self) -> float:
        """Requests in all."""
        return self.rate.integral()

    @property
    def lost(self) -> float:
        """Requests of which every attempt failed."""
        return math.fsum(loss.requests for loss in self.losses)


def fluid(traffic: Traffic, history: EndpointHistory, cluster: Cluster, streams: Streams) -> Requests:
    """What becomes of a Service's requests, given what happened to its endpoints."""
    return _Fluid(traffic, history, cluster, streams).requests()


class _Fluid:
    def __init__(self, traffic: Traffic, history: EndpointHistory, cluster: Cluster, streams: Streams) -> None:
        self.traffic, self.history = traffic, history
        times, rates = traffic.rate.pieces(history.start, history.end)
        self.rate = StepFunction.of_changes(history.start, float(rates[0]), times, rates, history.end)
        known = lists(history)
        self.proxies = proxies(traffic, known, cluster, streams, history.proxies_away, history.cuts)
        self.reach = Reach(history.cuts, history.nodes)
        self.parted = [self.reach.of(proxy.client.node) for proxy in self.proxies]
        """By place: which of `reach.all` holds, before the first of its times and from each on."""
        self.conditions = Conditions(history)
        self.views = Views(traffic, history, cluster, known, self.proxies)
        self.seen = [self.views.at(place) for place in range(len(self.proxies))]
        self._open = len(self.views)
        """In place of a view: the circuit of the clients is open."""
        self._views = self._open + 1
        self.loads = EndpointLoads(traffic, self.conditions, known, self.proxies, self.views, self._reaching())
        self.delays = traffic.retries.delays(traffic.timeout)
        self._eventful = _Remembered(self._is_eventful)

    def requests(self) -> Requests:
        """Adds up all clients."""
        spans = self._spans()
        losing, losses = lost(spans, self.history.start, self.history.end)
        return Requests(
            self.traffic.service,
            self.rate,
            losing,
            losses,
            spans.total([found.retries for found in spans.outcomes]),
            spans.total([found.shed for found in spans.outcomes]),
            self.loads.overloaded,
            self.loads.peak,
        )

    def _spans(self) -> Spans:
        """The requests whose first attempt may fail, put together by how things stand at each attempt."""
        found = [self._met(place, proxy) for place, proxy in enumerate(self.proxies)]
        starts, ends, requests = (np.concatenate([one[i] for one in found]) for i in range(3))
        weights = np.repeat([proxy.weight for proxy in self.proxies], [len(one[0]) for one in found])
        codes = np.concatenate([one[3] for one in found])
        which = np.zeros(len(codes), dtype=np.int64)
        for column in codes.T:
            met, column = np.unique(column, return_inverse=True)
            which = np.unique(which * len(met) + column, return_inverse=True)[1]
        _, first = np.unique(which, return_index=True)
        rows = codes[first]
        met, into = np.unique(rows, return_inverse=True)
        looks = [self._look(code) for code in met.tolist()]
        found_out = outcomes(looks, [row.tolist() for row in into.reshape(rows.shape)], self.traffic.retries)
        return Spans(starts, ends, weights, requests, which, found_out)

    def _met(self, place: int, proxy: Proxy) -> tuple[Floats, Floats, Floats, Ints]:
        """Stretches in which a first attempt may fail: start, end, requests, a column of codes for each attempt."""
        start, end = self.history.start, self.history.end
        sources = (self.conditions.times, self.loads.times, proxy.arrivals, self.history.circuit, self.reach.times)
        times = merged([np.array([start]), *(one - delay for delay in self.delays for one in sources)])
        times = times[(times >= start) & (times < end)]
        bounds = np.append(times, end)
        middles = times + np.diff(bounds) / 2  # rounding cannot carry a middle over an edge
        first = self._codes(place, proxy, middles)
        eventful = np.flatnonzero(self._eventful(first))
        columns = [column := first[eventful]]
        for delay in self.delays[1:]:
            before, column = column, self._codes(place, proxy, middles[eventful] + delay)
            if len(self.history.circuit):  # what an open one has refused is not sent again
                column = np.where(before % self._views == self._open, before, column)
            columns.append(column)
        starts, ends = bounds[eventful], bounds[eventful + 1]
        requests = proxy.weight * (self._sent(ends) - self._sent(starts))
        return starts, ends, requests, np.column_stack(columns)

    def _codes(self, place: int, proxy: Proxy, at: Floats) -> Ints:
        """What clients at a place meet at each time, as one number.

        It says what is cut, how endpoints stand, their load, and what is known.
        """
        entries, loads = entry_at(self.conditions.times, at), self.loads.which[entry_at(self.loads.times, at)]
        views = self.seen[place][entry_at(proxy.arrivals, at)]
        if len(self.history.circuit):
            views = np.where(self._is_open(at), self._open, views)
        if len(self.reach.times):
            parted = self.parted[place][np.searchsorted(self.reach.times, at, side="right")]
            entries = parted * len(self.conditions.times) + entries
        return np.asarray((entries * len(self.loads.all) + loads) * self._views + views)

    def _is_open(self, at: Floats) -> Bools:
        """Whether the circuit is, at each time."""
        return np.asarray(np.searchsorted(self.history.circuit, at, side="right") % 2 == 1)

    def _reaching(self) -> StepFunction:
        """Requests per second that clients with a closed circuit send."""
        if not len(self.history.circuit):
            return self.rate
        times = merged((self.rate.times, self.history.circuit))
        times = times[(times >= self.rate.start) & (times < self.rate.end)]
        rates = np.where(self._is_open(times), 0.0, self.rate.at(times))
        return StepFunction.of_changes(self.rate.start, float(rates[0]), times, rates, self.rate.end)

    def _parts(self, code: int) -> tuple[Mapping[int, str], int, int, int]:
        """Endpoints that are out of reach, entry of `conditions`, number of the load, view."""
        rest, view = divmod(code, self._views)
        rest, load = divmod(rest, len(self.loads.all))
        parted, entry = divmod(rest, len(self.conditions.times))
        return self.reach.all[parted], entry, load, view

    def _is_eventful(self, code: int) -> bool:
        parted, entry, load, view = self._parts(code)
        if view == self._open:
            return True
        answering, members = self.conditions.answering[self.conditions.kinds[entry]], self.views.members(view)
        if not members or not members <= answering or not members.isdisjoint(self.conditions.failing[entry]):
            return True
        if not members.isdisjoint(parted):
            return True
        return not members.isdisjoint(self.loads.all[load].served)

    def _look(self, code: int) -> Look:
        """The endpoints that a client may be sent to by what it knows, and how they really stand."""
        parted, entry, number, view = self._parts(code)
        if view == self._open:
            return Look({}, (OPEN, ""))
        answering, load = self.conditions.answering[self.conditions.kinds[entry]], self.loads.all[number]
        chances = {}
        for endpoint, share in self.views.chosen(view, answering, load.rate):
            if endpoint not in answering:
                chances[endpoint] = Chance(share, 0.0, self.conditions.stopped(endpoint, entry))
            elif endpoint in parted:
                chances[endpoint] = Chance(share, 0.0, (DEAD, parted[endpoint]))
            elif endpoint in (failing := self.conditions.failing[entry]):
                succeeds = (1 - failing[endpoint].share) * load.served.get(endpoint, 1.0)
                chances[endpoint] = Chance(share, succeeds, (ERROR, failing[endpoint].cause))
            elif endpoint in load.served:
                chances[endpoint] = Chance(share, load.served[endpoint], (OVERLOAD, ""))
            else:
                chances[endpoint] = Chance(share)
        return Look(chances, self.views.nothing(view))

    def _sent(self, times: Floats) -> Floats:
        """Requests from the start of the window to each time."""
        counts = np.append(0.0, np.cumsum(self.rate.widths * self.rate.values))
        return np.asarray(np.interp(times, np.append(self.rate.times, self.rate.end), counts))


class _Remembered:
    """A yes or no by number, asked for many at a time and worked out once."""

    def __init__(self, decide: Callable[[int], bool]) -> None:
        self._decide = decide
        self._asked: Ints = np.zeros(0, dtype=np.int64)
        self._found: Bools = np.zeros(0, dtype=np.bool_)

    def __call__(self, codes: Ints) -> Bools:
        places = np.searchsorted(self._asked, codes)
        new = np.append(self._asked, -1)[places] != codes
        if new.any():
            fresh = np.unique(codes[new])
            into = np.searchsorted(self._asked, fresh)
            self._asked = np.insert(self._asked, into, fresh)
            self._found = np.insert(self._found, into, [self._decide(code) for code in fresh.tolist()])
            places = np.searchsorted(self._asked, codes)
        return self._found[places]

"""Fluid traffic in its first, slow form, place by place and moment by moment: what the fast one is held against.

Nothing is drawn but the lags of endpoint updates. Between two changes (an endpoint, what a client's proxy knows, the
offered rate) every request meets the same odds, so the expected number of lost requests is a sum over such stretches.

A request is answered if one of its attempts is. An attempt fails at an endpoint that is listed but does not answer,
at one that is asked for more than its capacity (what is beyond is shed, evenly), and where there is no endpoint.
Retries that come later meet how things stand then. They add to the load; the load of each moment is worked out as if
the retries of a request came at once. After the end of the window things are taken to stay as they are.
"""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from models.arrays import Floats, Ints
from models.cluster import Cluster
from models.traffic import Traffic
from simulator.step_function import StepFunction
from simulator.streams import Streams
from simulator.traffic.attempts import DEAD, NONE, OVERLOAD, REMOVED, Chance, Look, Reason
from simulator.traffic.balancing import Candidates
from simulator.traffic.balancing.uniform_random import Random
from simulator.traffic.endpoints import Condition, EndpointHistory
from simulator.traffic.fluid.fluid import Requests
from simulator.traffic.losses import Loss
from simulator.traffic.proxies import Known, Proxy, lists, proxies
from simulator.traffic.routing import routed
from simulator.traffic.views import endpoint_weights
from tests.simulator.traffic.fluid.slow_attempts import Outcome, outcome


@dataclass(frozen=True)
class Span:
    """Part of the requests, for a time in which they meet the same odds."""

    start: float
    end: float
    weight: float
    """Which part of all requests."""
    requests: float
    outcome: Outcome


def lost(spans: Sequence[Span], start: float, end: float) -> tuple[StepFunction, tuple[Loss, ...]]:
    """The share of all requests that is lost over [start, end]; and the losses, by stretch of time and reason."""
    bounds = np.unique([edge for span in spans for edge in (span.start, span.end)])
    level = np.zeros(len(bounds))
    for span in spans:
        inside = slice(*np.searchsorted(bounds, [span.start, span.end]).tolist())
        level[inside] += span.weight * span.outcome.losing
    losing = StepFunction.of_changes(start, 0.0, bounds, np.minimum(level, 1.0), end)  # rounding may go beyond 1
    stretches = StepFunction(losing.times, -losing.values, end).intervals_below(0.0)
    sums: dict[tuple[int, Reason], list[float]] = {}
    for span in spans:
        stretch = int(np.searchsorted(stretches[:, 0], span.start, side="right")) - 1
        for reason, share in span.outcome.lost.items():
            sums.setdefault((stretch, reason), []).append(span.requests * share)
    return losing, tuple(
        Loss(float(stretches[stretch, 0]), float(stretches[stretch, 1]), why, cause, math.fsum(requests))
        for (stretch, (why, cause)), requests in sorted(sums.items(), key=lambda item: item[0])
        if math.fsum(requests) > 0
    )


@dataclass(frozen=True)
class _State:
    """How the endpoints stand, from some time on."""

    time: float
    conditions: Mapping[int, Condition]
    rate: float = 0.0
    served: Mapping[int, float] = field(default_factory=dict)
    """The part of the attempts that an overloaded endpoint answers."""

    def answers(self, endpoint: int) -> bool:
        """Whether it can answer at all."""
        return Condition.ANSWERING in self.conditions.get(endpoint, Condition.GONE)


def slow_fluid(
    traffic: Traffic,
    history: EndpointHistory,
    cluster: Cluster,
    streams: Streams,
) -> Requests:
    """The contract of `fluid`."""
    return _Fluid(traffic, history, cluster, streams).requests()


_ROUNDS = 500
"""After so many a load that does not settle is taken as it is."""


class _Fluid:
    def __init__(self, traffic: Traffic, history: EndpointHistory, cluster: Cluster, streams: Streams) -> None:
        self.traffic, self.history = traffic, history
        self.balancing = traffic.balancing or Random()
        self.weights = endpoint_weights(traffic, history, cluster)
        self.known = lists(history)
        self.proxies = proxies(traffic, self.known, cluster, streams)
        self.delays = traffic.retries.delays(traffic.timeout)
        times, rates = traffic.rate.pieces(history.start, history.end)
        self.rate = StepFunction.of_changes(history.start, float(rates[0]), times, rates, history.end)
        self.overloaded = self.peak = 0.0
        self._stops: defaultdict[int, list[tuple[float, Reason]]] = defaultdict(list)
        """By endpoint: when it stopped answering, and what to call it."""
        self._shares: dict[tuple[int, int], list[tuple[int, float]]] = {}
        self._outcomes: dict[tuple[int, ...], Outcome] = {}

    def requests(self) -> Requests:
        """Adds up all clients."""
        self.state_times, self.states = self._as_they_happened()
        if self.traffic.capacity is not None or self.balancing.compares:
            self.state_times, self.states = self._loaded()
        spans, retries, shed = [], [], []
        for place, proxy in enumerate(self.proxies):
            for start, end, requests, found in self._met(place, proxy):
                retries.append(requests * found.retries)
                shed.append(requests * found.shed)
                if found.lost:
                    spans.append(Span(start, end, proxy.weight, requests, found))
        losing, losses = lost(spans, self.history.start, self.history.end)
        return Requests(
            self.traffic.service,
            self.rate,
            losing,
            losses,
            math.fsum(retries),
            math.fsum(shed),
            self.overloaded,
            self.peak,
        )

    # --- how things stand ---------------------------------------------------------------------------------------------

    def _as_they_happened(self) -> tuple[Floats, list[_State]]:
        """The endpoints' conditions over time."""
        history = self.history
        now: dict[int, Condition] = {}
        times, states = [history.start], [_State(history.start, {})]
        changes = zip(
            history.times.tolist(), history.endpoints.tolist(), history.conditions.tolist(), history.causes, strict=True
        )
        for time, endpoint, code, cause in changes:
            before, condition = now.get(endpoint), Condition(code)
            if Condition.ANSWERING not in condition and (before is None or Condition.ANSWERING in before):
                leaving = Condition.TERMINATING in condition | (before or Condition.GONE)
                self._stops[endpoint].append((time, (REMOVED if leaving else DEAD, cause)))
            now = {**now, endpoint: condition}
            if not condition:
                del now[endpoint]
            if times[-1] == time:
                times.pop()
                states.pop()
            times.append(time)
            states.append(_State(time, now))
        return np.array(times), states

    def _stopped(self, endpoint: int, time: float) -> Reason:
        """Why an endpoint does not answer at that time."""
        stops = self._stops[endpoint]
        return stops[bisect_right(stops, time, key=lambda stop: stop[0]) - 1][1]

    def _loaded(self) -> tuple[Floats, list[_State]]:
        """The same with the rate and with what overloaded endpoints still answer: both change with the load."""
        edges = [self.state_times, self.rate.times, *(proxy.arrivals for proxy in self.proxies)]
        times = np.unique(np.concatenate(edges))
        times = times[(times >= self.history.start) & (times < self.history.end)]
        widths = np.diff(np.append(times, self.history.end))
        middles = times + widths / 2
        states = _index(self.state_times, middles)
        rates = self.rate.at(middles)
        known = np.column_stack([_index(proxy.arrivals, middles) for proxy in self.proxies])
        solved: dict[tuple[int, float, bytes], tuple[int, float]] = {}  # -> index into found, highest load
        found: list[_State] = []
        indices = np.empty(len(times), dtype=np.int64)
        base = self.states
        for i, (state, rate) in enumerate(zip(states.tolist(), rates.tolist(), strict=True)):
            key = (state, rate, known[i].tobytes())
            if key not in solved:
                one, peak = self._solve(base[state], rate, known[i].tolist())
                solved[key] = len(found), peak
                found.append(one)
            indices[i], peak = solved[key]
            self.peak = max(self.peak, peak)
            self.overloaded += widths[i] * (peak > 1 + 1e-12)
        changed = np.append(True, np.diff(indices) != 0)
        return times[changed], [found[i] for i in indices[changed].tolist()]

    def _solve(self, state: _State, rate: float, known: Sequence[int]) -> tuple[_State, float]:
        """The state at this rate, with the load settled; and the highest load in proportion to the capacity.

        What is turned away comes back as retries: the load grows until it feeds itself. Starting from no overload the
        served parts only fall, to the solution with the least overload.
        """
        state, capacity = replace(state, rate=rate), self.traffic.capacity
        if capacity is None or not rate:
            return state, 0.0
        groups: dict[tuple[int, int], float] = {}
        for place, (proxy, one) in enumerate(zip(self.proxies, known, strict=True)):
            key = (place if self.traffic.routing else 0, one)
            groups[key] = groups.get(key, 0.0) + proxy.weight
        for _ in range(_ROUNDS):
            load: dict[int, float] = {}
            for (place, one), weight in groups.items():
                look = self._look(place, one, state)
                for endpoint, share in outcome([look] * len(self.delays), self.traffic.retries).arrivals.items():
                    if state.answers(endpoint):
                        load[endpoint] = load.get(endpoint, 0.0) + rate * weight * share
            served = {endpoint: capacity / one for endpoint, one in load.items() if one > capacity * (1 + 1e-12)}
            moved = max((abs(part - state.served.get(e, 1.0)) for e, part in served.items()), default=0.0)
            state = replace(state, served=served)
            if moved < 1e-12:
                break
        return state, max(load.values(), default=0.0) / capacity

    # --- what requests meet -------------------------------------------------------------------------------------------

    def _met(self, place: int, proxy: Proxy) -> Iterator[tuple[float, float, float, Outcome]]:
        """Stretches with the same odds for the clients of one proxy: start, end, requests, what becomes of each."""
        start, end = self.history.start, self.history.end
        edges = [known - delay for delay in self.delays for known in (self.state_times, proxy.arrivals)]
        times = np.unique(np.concatenate([[start], *edges]))
        times = times[(times >= start) & (times < end)]
        bounds = np.append(times, end)
        middles = times + np.diff(bounds) / 2  # rounding cannot carry a middle over an edge
        columns = [_index(known, middles + d) for d in self.delays for known in (self.state_times, proxy.arrivals)]
        looks = np.column_stack(columns)
        rows, which = np.unique(looks, axis=0, return_inverse=True)
        met = [self._outcome(place, tuple(row)) for row in rows.tolist()]
        requests = proxy.weight * np.diff(self._sent(bounds))
        eventful = np.array([bool(found.retries or found.lost) for found in met])
        for i in np.flatnonzero(eventful[which.ravel()]).tolist():
            yield float(bounds[i]), float(bounds[i + 1]), float(requests[i]), met[which.ravel()[i]]

    def _outcome(self, place: int, row: tuple[int, ...]) -> Outcome:
        """What becomes of a request, by the state and the list at each attempt; remembered."""
        key = (place if self.traffic.routing else 0, *row)
        if key not in self._outcomes:
            looks = [self._look(place, one, self.states[state]) for state, one in zip(row[::2], row[1::2], strict=True)]
            self._outcomes[key] = outcome(looks, self.traffic.retries)
        return self._outcomes[key]

    def _look(self, place: int, one: int, state: _State) -> Look:
        """The endpoints that a client may be sent to by what it knows, and how they really stand."""
        chances = {}
        for endpoint, share in self._chosen(place, one, state):
            if not state.answers(endpoint):
                chances[endpoint] = Chance(share, 0.0, self._stopped(endpoint, state.time))
            elif endpoint in state.served:
                chances[endpoint] = Chance(share, state.served[endpoint], (OVERLOAD, ""))
            else:
                chances[endpoint] = Chance(share)
        return Look(chances, (NONE, self.known[one].cause))

    def _chosen(self, place: int, one: int, state: _State) -> list[tuple[int, float]]:
        """Endpoint and share, by routing and balancing."""
        key = (place if self.traffic.routing else 0, one)
        if key in self._shares:
            return self._shares[key]
        client = self.proxies[place].client
        candidates = routed(self._candidates(self.known[one], state), client, self.traffic.routing or ())
        shares = self.balancing.shares(candidates).tolist() if len(candidates) else []
        chosen = [pair for pair in zip(candidates.endpoints.tolist(), shares, strict=True) if pair[1] > 0]
        if not self.balancing.compares:
            self._shares[key] = chosen
        return chosen

    def _candidates(self, known: Known, state: _State) -> Candidates:
        endpoints = np.array(known.listed + known.terminating, dtype=np.int64)
        at_each = state.rate / max(len(known.listed), 1)
        busy, silent = at_each * self.traffic.service_time.mean, at_each * self.traffic.timeout
        answering = [state.answers(endpoint) for endpoint in endpoints.tolist()]
        return Candidates(
            endpoints,
            self.history.nodes[endpoints],
            tuple(self.history.zones[e] for e in endpoints.tolist()),
            np.arange(len(endpoints)) < len(known.listed),
            self.weights[endpoints],
            np.where(answering, busy, silent),
        )

    # --- sums ---------------------------------------------------------------------------------------------------------

    def _sent(self, times: Floats) -> Floats:
        """Requests from the start of the window to each time."""
        bounds, sent = self._sent_by
        return np.interp(times, bounds, sent)

    @cached_property
    def _sent_by(self) -> tuple[Floats, Floats]:
        counts = np.cumsum(self.rate.widths * self.rate.values)
        return np.append(self.rate.times, self.rate.end), np.append(0.0, counts)


def _index(times: Floats, at: Floats) -> Ints:
    """The entry that holds at each time."""
    return np.maximum(np.searchsorted(times, at, side="right") - 1, 0)

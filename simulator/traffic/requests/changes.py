"""What happens to the endpoints of a Service, and when its clients learn of it, brought into the arrays of a run."""

import functools
import heapq
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from models.arrays import Ints
from simulator.traffic.balancing import Candidates
from simulator.traffic.endpoints import Condition, EndpointHistory
from simulator.traffic.keys import WORD
from simulator.traffic.proxies import Known, Proxy
from simulator.traffic.reach import Reach
from simulator.traffic.requests import allocation, arrays
from simulator.traffic.requests.driver import Driver
from simulator.traffic.routing import OUTSIDE, routed


def causes(history: EndpointHistory) -> dict[str, int]:
    """What may be behind a failure -> its number, counted from 0; nothing ("") is 0."""
    behind = (
        *("", *history.causes),
        *(why for _, _, why in history.unresolved),
        *(failing.cause for failing in history.failing),
        *(cut.cause for cut in history.cuts),
    )
    return {cause: i for i, cause in enumerate(dict.fromkeys(behind))}


class Changes:
    """All changes of a run in order of time; at the same time the network first, endpoints, proxies by number."""

    def __init__(
        self,
        routing: Sequence[Any],
        history: EndpointHistory,
        known: Sequence[Known],
        places: Sequence[Proxy],
        causes: Mapping[str, int],
        driver: Driver,
    ) -> None:
        self._routing, self._history, self._known, self._places = routing, history, known, places
        self._causes, self._driver = causes, driver
        self._reach = Reach(history.cuts, history.nodes)
        self._parted = [self._reach.of(place.client.node) for place in places] if history.cuts else []
        self._before: Ints = np.zeros(max(1, len(history.names)), dtype=np.int64)
        """By endpoint: its condition until now."""
        self._rows = list(range(len(driver.state.ends.size)))[::-1]
        """Rows of the endpoints' arrays that nobody has."""
        self._changes = self._in_order()
        self._upcoming = next(self._changes, None)
        self._served = -math.inf

    def apply(self, until: float) -> None:
        """Makes all changes up to and including a time; what comes before each is served first."""
        while self._upcoming and self._upcoming[0] <= until:
            time, change = self._upcoming
            if time > self._served:
                self._driver.serve(time)
                self._served = time
            change()
            self._upcoming = next(self._changes, None)

    def _in_order(self) -> Iterator[tuple[float, Callable[[], None]]]:
        def parting() -> Iterator[tuple[float, int, int, Callable[[], None]]]:
            for i, time in enumerate(self._reach.times.tolist()):
                yield time, -1, i, functools.partial(self._part, i + 1)

        def happening() -> Iterator[tuple[float, int, int, Callable[[], None]]]:
            for i, time in enumerate(self._history.times.tolist()):
                yield time, 0, i, functools.partial(self._happen, i)

        def learning(number: int, place: Proxy) -> Iterator[tuple[float, int, int, Callable[[], None]]]:
            for i, time in enumerate(place.arrivals.tolist()):
                yield time, 1 + number, i, functools.partial(self._learn, number, place, i, time)

        sources = (parting(), happening(), *(learning(number, place) for number, place in enumerate(self._places)))
        for time, _, _, change in heapq.merge(*sources, key=lambda entry: entry[:3]):
            yield time, change

    # --- the network -------------------------------------------------------------------------------------------------

    def _part(self, entry: int) -> None:
        """Other endpoints than before are out of reach."""
        for number, parted in enumerate(self._parted):
            of_place = self._driver.state.proxies.parted[number]
            of_place[:] = 0
            for endpoint, cause in self._reach.all[parted[entry]].items():
                of_place[endpoint] = self._causes[cause]

    # --- endpoints ----------------------------------------------------------------------------------------------------

    def _happen(self, i: int) -> None:
        """An endpoint comes, goes, or begins or ceases to answer."""
        time, endpoint = float(self._history.times[i]), int(self._history.endpoints[i])
        condition, cause = Condition(int(self._history.conditions[i])), self._causes[self._history.causes[i]]
        if condition and self._driver.state.ends.row[endpoint] < 0:
            self._come(endpoint, cause, time)
        answering = Condition.ANSWERING in condition
        if self._driver.state.ends.alive[endpoint] and not answering:
            leaving = Condition.TERMINATING in condition | Condition(int(self._before[endpoint]))
            self._stop(endpoint, arrays.REMOVED if leaving else arrays.DEAD, cause, time)
        ends = self._driver.state.ends
        ends.alive[endpoint] = int(answering)
        if self._history.failing:
            failing = self._history.failing[i]
            ends.failing[endpoint] = round(failing.share * WORD) * (-1 if failing.late else 1)
            ends.failed_by[endpoint] = self._causes[failing.cause]
        self._before[endpoint] = int(condition)
        if not condition:
            self._rows.append(int(ends.row[endpoint]))
            ends.row[endpoint] = -1

    def _come(self, endpoint: int, cause: int, time: float) -> None:
        """Gives an endpoint a row, empty; it is dead until it answers."""
        if not self._rows:
            old = len(self._driver.state.ends.size)
            self._driver.state = allocation.with_more_rows(self._driver.state)
            self._rows = list(range(old, 2 * old))[::-1]
        row, ends = self._rows.pop(), self._driver.state.ends
        ends.free[row, :] = time
        ends.clock[row] = time
        ends.row[endpoint] = row
        ends.reason[endpoint], ends.cause[endpoint] = arrays.DEAD, cause

    def _stop(self, endpoint: int, reason: int, cause: int, time: float) -> None:
        """An endpoint stops answering: its requests are lost, and connections to it broken."""
        ends = self._driver.state.ends
        ends.reason[endpoint], ends.cause[endpoint], ends.alive[endpoint] = reason, cause, 0
        self._driver.stop(endpoint, cause, time)
        connected = self._driver.state.proxies.connected
        connected[connected == endpoint] = arrays.BROKEN - endpoint

    # --- clients ------------------------------------------------------------------------------------------------------

    def _learn(self, number: int, place: Proxy, i: int, time: float) -> None:
        """The i-th list is known at a place: routing anew."""
        one, state = self._known[i], self._driver.state
        unresolved = one.unresolved if place.client.node != OUTSIDE else ""
        numbers = np.array([] if unresolved else [*one.listed, *one.terminating], dtype=np.int64)
        candidates = Candidates(
            numbers,
            self._history.nodes[numbers],
            tuple(self._history.zones[n] for n in numbers.tolist()),
            np.arange(len(numbers)) < len(one.listed),
            state.ends.weights[numbers],
            np.ones(len(numbers)),
        )
        left = routed(candidates, place.client, self._routing).endpoints
        table = state.proxies
        table.listed[number, : len(left)] = left
        table.listed_size[number] = len(left)
        table.cause[number] = self._causes[unresolved or one.cause]
        inside = left if not state.rules.ejects_after else left[table.out_until[number, left] <= time]
        table.table[number, : len(inside)] = inside
        table.size[number] = len(inside)

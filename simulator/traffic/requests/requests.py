"""Request-level traffic: every request of a Service by itself, given what happened to its endpoints.

It sees what fluid traffic sees (`simulator.traffic.fluid`) and keeps to the same rules, and it adds what only single
requests have: queues, latencies, requests that are cut off when their endpoint dies, and balancing that goes by them.
Memory does not grow with the number of requests. Random streams: `traffic/<service>/arrivals`, `/work`, `/keys`,
and `/places` if there is more than one place where clients are.
"""

import functools
import heapq
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.cluster import Cluster
from models.requests import RequestLevel
from models.traffic import Traffic
from simulator.streams import Streams
from simulator.traffic import attempts
from simulator.traffic.attempts import Reason
from simulator.traffic.balancing import Balancing, Candidates, Floats, Ints
from simulator.traffic.balancing.uniform_random import Random
from simulator.traffic.endpoints import Condition, EndpointHistory
from simulator.traffic.keys import WORD
from simulator.traffic.proxies import Known, Proxy, lists, proxies
from simulator.traffic.requests import allocation as room
from simulator.traffic.requests import arrays, compiling
from simulator.traffic.requests.arrays import Agenda, Arrivals, Flight
from simulator.traffic.requests.arrivals import times
from simulator.traffic.requests.latencies import Latencies
from simulator.traffic.routing import routed
from simulator.traffic.samples import samples
from simulator.traffic.views import endpoint_weights

RESET, TIMEOUT = "reset", "time-out"
"""Reasons beyond those of `attempts`: the endpoint died before it had answered; the client gave up waiting."""
_REASONS = {
    arrays.DEAD: attempts.DEAD,
    arrays.REMOVED: attempts.REMOVED,
    arrays.NONE: attempts.NONE,
    arrays.OVERLOAD: attempts.OVERLOAD,
    arrays.RESET: RESET,
    arrays.TIMEOUT: TIMEOUT,
}


@dataclass(frozen=True)
class Answers:
    """What became of the requests to one Service in one run. A request counts where it was first sent."""

    service: str
    sent: int
    answered: int
    lost: Mapping[Reason, int]
    """Requests of which every attempt failed, by why the last one did."""
    retries: int
    """Attempts beyond the first."""
    shed: int
    """Attempts that met an endpoint without room."""
    latencies: Latencies
    """Of requests that were answered."""
    waited: int
    """Attempts that had to wait for a worker."""
    wait: float
    """Seconds that they waited in all."""
    attempts: Ints
    """By endpoint (index into EndpointHistory.names): attempts that were sent to it."""
    served: Ints
    """By endpoint: requests that it answered in time."""

    @property
    def losses(self) -> int:
        """Requests lost, for whatever reason."""
        return sum(self.lost.values())

    @property
    def success(self) -> float:
        """The share of requests that were answered; NaN without requests."""
        return self.answered / self.sent if self.sent else math.nan


def requests(
    traffic: Traffic,
    level: RequestLevel,
    history: EndpointHistory,
    cluster: Cluster,
    streams: Streams,
) -> Answers:
    """What becomes of a Service's requests, given what happened to its endpoints."""
    known = lists(history)
    places = proxies(traffic, known, cluster, streams)
    weights = endpoint_weights(traffic, history, cluster)
    return _Requests(traffic, level, history, known, places, streams, weights).answers()


class _Requests:
    def __init__(
        self,
        traffic: Traffic,
        level: RequestLevel,
        history: EndpointHistory,
        known: Sequence[Known],
        places: Sequence[Proxy],
        streams: Streams,
        weights: Floats,
    ) -> None:
        self.traffic, self.level, self.history, self.known, self.places = traffic, level, history, known, places
        self.balancing: Balancing = traffic.balancing or Random()
        self.streams = streams
        choose, numbers = self.balancing.choice()
        self.choose = compiling.choosing(choose)
        self.serve = compiling.serving()
        self.causes = ["", *dict.fromkeys(cause for cause in history.causes if cause)]
        self.cause_number = {cause: i for i, cause in enumerate(self.causes)}
        self.rules = room.rules(traffic, level, self.balancing)
        cores = max(1, min(self.rules.cores, 1 << 16)) if not self.rules.sharing else 1
        self.ends = room.endpoints(len(history.names), cores, weights)
        self.flight = room.flight(self.rules.attempts)
        cells = self.balancing.cells(level.clients)
        listed = max((len(one.listed) + len(one.terminating) for one in known), default=0)
        watched = len(history.names) if level.ejection else 1
        self.proxies = room.proxies(len(places), max(1, listed), cells, watched, self.rules.connections, numbers)
        self.agenda = room.agenda(1 << 10)
        self.tally = room.tally(len(self.causes), self.flight)
        self._served = -math.inf
        """Until when all has happened."""
        self.rows: list[int] = list(range(len(self.ends.size)))[::-1]

    def answers(self) -> Answers:
        """Goes through the window."""
        changes = self._changes()
        upcoming = next(changes, None)
        for batch in self._batches():
            last = float(batch.time[-1])
            self.tally.numbers[arrays.NEXT] = 0
            while upcoming and upcoming[0] <= last:
                upcoming = self._until_change(batch, upcoming, changes)
            self._serve(batch, last)
        self.tally.numbers[arrays.NEXT] = 0
        while upcoming:
            upcoming = self._until_change(room.NOTHING, upcoming, changes)
        self._serve(room.NOTHING, math.inf)  # as things stand at the end, they stay
        return self._counted()

    def _counted(self) -> Answers:
        counts, tally = self.tally.counts.tolist(), self.tally
        lost = {
            (_REASONS[reason], self.causes[cause]): int(tally.lost[reason, cause])
            for reason, cause in zip(*(found.tolist() for found in np.nonzero(tally.lost)), strict=True)
        }
        return Answers(
            self.traffic.service,
            sent=counts[arrays.SENT],
            answered=counts[arrays.ANSWERED],
            lost=lost,
            retries=counts[arrays.RETRIES],
            shed=counts[arrays.SHED],
            latencies=Latencies(tally.histogram, float(tally.sums[arrays.LATENCY]), float(tally.sums[arrays.WORST])),
            waited=counts[arrays.WAITED],
            wait=float(tally.sums[arrays.WAIT]),
            attempts=self.ends.arrived,
            served=self.ends.answered,
        )

    def _stream(self, name: str) -> np.random.Generator:
        return self.streams.stream(f"traffic/{self.traffic.service}/{name}")

    # --- the requests -------------------------------------------------------------------------------------------------

    def _batches(self) -> Iterator[Arrivals]:
        works, keys = self._stream("work"), self._stream("keys")
        shares = np.cumsum([place.weight for place in self.places])
        where = self._stream("places") if len(self.places) > 1 else None
        arriving = times(
            self.level.arrivals, self.traffic.rate, self.history.start, self.history.end, self._stream("arrivals")
        )
        for found in arriving:
            if count := len(found):
                yield room.batch(
                    found,
                    samples(self.traffic.service_time, count, works),
                    keys.integers(WORD, size=count),
                    np.minimum(np.searchsorted(shares, where.random(count), side="right"), len(shares) - 1)
                    if where
                    else np.zeros(count, np.int64),
                )

    def _serve(self, batch: Arrivals, until: float, stopping: int = -1, cause: int = 0) -> None:
        while self.serve(
            self.choose, self.rules, self.ends, self.flight, self.proxies, self.agenda, self.tally, batch, until,
            stopping, cause,
        ):  # fmt: skip
            self._grow()

    def _grow(self) -> None:
        """Doubles whatever has become too small."""
        numbers = self.tally.numbers
        if numbers[arrays.FREE] < 2:
            old = len(self.flight.free)
            self.flight = Flight(*room.doubled(self.flight))
            self.flight.free[: old + numbers[arrays.FREE]] = np.concatenate(
                (np.arange(2 * old - 1, old - 1, -1), self.flight.free[: numbers[arrays.FREE]])
            )
            numbers[arrays.FREE] += old
        while numbers[arrays.EVENTS] + numbers[arrays.NEEDED] + 2 >= len(self.agenda.time):
            self.agenda = Agenda(*room.doubled(self.agenda))
        if numbers[arrays.TALLEST] + 1 >= self.ends.due.shape[1]:
            due, who = room.doubled((self.ends.due, self.ends.who), axis=1)
            self.ends = self.ends._replace(due=due, who=who)

    # --- what happens to the endpoints, and when clients learn of it -----------------------------------------------

    def _changes(self) -> Iterator[tuple[float, Callable[[], None]]]:
        """In order of time; at the same time the endpoints' own changes first."""

        def happening() -> Iterator[tuple[float, int, int, Callable[[], None]]]:
            for i, time in enumerate(self.history.times.tolist()):
                yield time, 0, i, functools.partial(self._happen, i)

        def learning(number: int, place: Proxy) -> Iterator[tuple[float, int, int, Callable[[], None]]]:
            for i, time in enumerate(place.arrivals.tolist()):
                yield time, 1 + number, i, functools.partial(self._learn, number, place, i, time)

        sources = (happening(), *(learning(number, place) for number, place in enumerate(self.places)))
        for time, _, _, change in heapq.merge(*sources, key=lambda entry: entry[:3]):
            yield time, change

    def _until_change(
        self,
        batch: Arrivals,
        upcoming: tuple[float, Callable[[], None]],
        changes: Iterator[tuple[float, Callable[[], None]]],
    ) -> tuple[float, Callable[[], None]] | None:
        time, change = upcoming
        if time > self._served:
            self._serve(batch, time)
            self._served = time
        change()
        return next(changes, None)

    def _happen(self, i: int) -> None:
        """An endpoint comes, goes, or begins or ceases to answer."""
        time, endpoint = float(self.history.times[i]), int(self.history.endpoints[i])
        condition = Condition(int(self.history.conditions[i]))
        cause = self.cause_number[self.history.causes[i]]
        ends = self.ends
        if condition and ends.row[endpoint] < 0:
            ends.row[endpoint] = self._row(time)
            ends.reason[endpoint], ends.cause[endpoint] = arrays.DEAD, cause
        answering = Condition.ANSWERING in condition
        if ends.alive[endpoint] and not answering:
            leaving = Condition.TERMINATING in condition | Condition(int(self._before[endpoint]))
            ends.reason[endpoint] = arrays.REMOVED if leaving else arrays.DEAD
            ends.cause[endpoint] = cause
            ends.alive[endpoint] = 0
            # What is to come by now has come already: nothing is left but the end of this endpoint.
            self._serve(room.NOTHING, time, endpoint, cause)
            ends, kept = self.ends, self.proxies.connected
            kept[kept == endpoint] = arrays.BROKEN - endpoint
        ends.alive[endpoint] = int(answering)
        self._before[endpoint] = int(condition)
        if not condition:
            self.rows.append(int(ends.row[endpoint]))
            ends.row[endpoint] = -1

    @functools.cached_property
    def _before(self) -> Ints:
        """By endpoint: its condition until now."""
        return np.zeros(max(1, len(self.history.names)), dtype=np.int64)

    def _row(self, time: float) -> int:
        """A free row of `ends`, empty."""
        if not self.rows:
            old = len(self.ends.size)
            names = ("size", "due", "who", "free", "progress", "clock")
            grown = room.doubled([getattr(self.ends, name) for name in names])
            self.ends = self.ends._replace(**dict(zip(names, grown, strict=True)))
            self.rows = list(range(old, 2 * old))[::-1]
        row = self.rows.pop()
        self.ends.free[row, :] = time
        self.ends.clock[row] = time
        return row

    def _learn(self, number: int, place: Proxy, i: int, time: float) -> None:
        """What is known at a place: routing anew."""
        one = self.known[i]
        numbers = np.array([*one.listed, *one.terminating], dtype=np.int64)
        candidates = Candidates(
            numbers,
            self.history.nodes[numbers],
            tuple(self.history.zones[n] for n in numbers.tolist()),
            np.arange(len(numbers)) < len(one.listed),
            self.ends.weights[numbers],
            np.ones(len(numbers)),
        )
        left = routed(candidates, place.client, self.traffic.routing).endpoints
        table = self.proxies
        table.listed[number, : len(left)] = left
        table.listed_size[number] = len(left)
        table.cause[number] = self.cause_number[one.cause]
        inside = left if not self.level.ejection else left[table.out_until[number, left] <= time]
        table.table[number, : len(inside)] = inside
        table.size[number] = len(inside)

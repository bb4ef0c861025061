"""The arrays of request-level traffic, empty, and larger when they have become too small."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.requests import FirstComeFirstServed, ProcessorSharing, RequestLevel
from models.traffic import RequestRate, Traffic
from simulator.traffic.balancing import Balancing, Floats, Ints
from simulator.traffic.balancing.uniform_random import Random
from simulator.traffic.requests import arrays
from simulator.traffic.requests.arrays import Agenda, Arrivals, Endpoints, Flight, Proxies, Rules, Tally

_NO_LIMIT = 1 << 40


def smallest() -> tuple[Any, ...]:
    """One of each, as `kernel.serve` takes them."""
    few = flight(0)
    nothing = rules(Traffic("", RequestRate.constant(0.0)), RequestLevel(), Random())
    return nothing, endpoints(1, 1, np.ones(1)), few, proxies(1, 1, 1, 1, 0, ()), agenda(4), tally(1, few), NOTHING


def rules(traffic: Traffic, level: RequestLevel, balancing: Balancing) -> Rules:
    """What stays the same over a run."""
    match level.pod:
        case FirstComeFirstServed(cores, queue):
            sharing, limit = 0, _NO_LIMIT if queue is None else cores + queue
        case ProcessorSharing(some, most):
            sharing, cores, limit = 1, some or _NO_LIMIT, most or _NO_LIMIT
    ejection, retries, connections = level.ejection, traffic.retries, level.connections
    return Rules(
        compares=int(balancing.compares),
        sharing=sharing,
        cores=cores,
        limit=limit,
        attempts=retries.attempts,
        elsewhere=int(retries.elsewhere),
        clients=level.clients,
        connections=connections.number if connections else 0,
        ejects_after=ejection.consecutive if ejection else 0,
        timeout=float(traffic.timeout),
        backoff=float(retries.backoff),
        budget=float(retries.budget_share),
        ejection=float(ejection.time) if ejection else 0.0,
        longest_ejection=float(ejection.longest) if ejection else 0.0,
        most_ejected=float(ejection.most) if ejection else 0.0,
        longest_connection=connections.max_age if connections and connections.max_age else math.inf,
    )


def doubled(columns: Sequence[npt.NDArray[Any]], axis: int = 0) -> list[npt.NDArray[Any]]:
    """Twice as long, the new half of zeros."""
    return [np.concatenate((column, np.zeros_like(column)), axis=axis) for column in columns]


def _wholes(shape: int | tuple[int, int]) -> Ints:
    return np.zeros(shape, dtype=np.int64)


def endpoints(number: int, cores: int, weights: Floats) -> Endpoints:
    """No endpoint yet; each can work on `cores` requests at a time."""
    number, rows, room = max(1, number), 16, 16
    return Endpoints(
        row=np.full(number, -1, dtype=np.int64),
        alive=_wholes(number),
        reason=_wholes(number),
        cause=_wholes(number),
        loads=_wholes(number),
        connections=_wholes(number),
        weights=np.array(weights, dtype=np.float64),
        arrived=_wholes(number),
        answered=_wholes(number),
        soonest=np.full(number, math.inf),
        size=_wholes(rows),
        due=np.zeros((rows, room)),
        who=_wholes((rows, room)),
        free=np.zeros((rows, cores)),
        progress=np.zeros(rows),
        clock=np.zeros(rows),
    )


def flight(attempts: int) -> Flight:
    """No request yet, with room for so many retries each."""
    slots = 256
    return Flight(
        arrived=np.zeros(slots),
        work=np.zeros(slots),
        key=_wholes(slots),
        proxy=_wholes(slots),
        attempt=_wholes(slots),
        endpoint=_wholes(slots),
        held=_wholes(slots),
        abandoned=_wholes(slots),
        mark=_wholes(slots),
        tried=_wholes((slots, max(1, attempts))),
        free=np.arange(slots - 1, -1, -1, dtype=np.int64),
    )


def proxies(
    places: int, listed: int, cells: int, watched: int, connections: int, numbers: tuple[float, ...]
) -> Proxies:
    """Places that know nothing yet: lists of at most `listed`, `cells` of memory each, `numbers` before all."""
    stamps = np.zeros((places, max(cells, 1)))
    stamps[:, : len(numbers)] = numbers
    return Proxies(
        listed=_wholes((places, listed)),
        listed_size=_wholes(places),
        table=_wholes((places, listed)),
        size=_wholes(places),
        cause=_wholes(places),
        connected=np.full((places, max(1, connections)), arrays.UNOPENED, dtype=np.int64),
        since=np.zeros((places, max(1, connections))),
        memory=np.full((places, max(cells, 1)), -1, dtype=np.int64),
        stamps=stamps,
        failures=_wholes((places, watched)),
        ejections=_wholes((places, watched)),
        out_until=np.zeros((places, watched)) - math.inf,
        scratch=_wholes(listed),
    )


def agenda(room: int) -> Agenda:
    """Nothing to come."""
    return Agenda(np.zeros(room), *(np.zeros(room, dtype=np.int64) for _ in range(3)))


def tally(causes: int, flying: Flight) -> Tally:
    """Nothing counted; all slots of `flying` are free."""
    numbers = np.zeros(5, dtype=np.int64)
    numbers[arrays.FREE] = len(flying.free)
    sums = np.zeros(4)
    sums[arrays.TOKENS] = arrays.BURST
    return Tally(_wholes(6), _wholes((arrays.REASONS, causes)), _wholes(arrays.OCTAVES * arrays.STEPS), sums, numbers)


def batch(time: Floats, work: Floats, key: Ints, proxy: Ints) -> Arrivals:
    """Requests in order of time."""
    time, work = np.ascontiguousarray(time), np.ascontiguousarray(work)
    return Arrivals(time, work, np.ascontiguousarray(key), np.ascontiguousarray(proxy))


NOTHING = batch(np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))

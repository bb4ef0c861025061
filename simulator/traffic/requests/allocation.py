"""The arrays of request-level traffic, empty, and larger when they have become too small."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.arrays import Floats, Ints
from models.request_level import FirstComeFirstServed, ProcessorSharing, RequestLevel
from models.traffic import RequestRate, Traffic
from simulator.traffic.balancing import Balancing
from simulator.traffic.balancing.uniform_random import Random
from simulator.traffic.requests import arrays
from simulator.traffic.requests.arrays import Agenda, Arrivals, Endpoints, Flight, Proxies, Rules, State, Tally

_NO_LIMIT = 1 << 40


def smallest() -> tuple[State, Arrivals]:
    """A state and a batch with nothing in them, of the types that `simulator.traffic.requests.loop.serve` takes."""
    nothing = rules(Traffic("", RequestRate.constant(0.0)), RequestLevel(), Random())
    return state(nothing, cells=1, places=1, listed=0, causes=1, weights=np.ones(1)), NOTHING


def state(rules: Rules, *, cells: int, places: int, listed: int, causes: int, weights: Floats) -> State:
    """The beginning of a run: no request, and no endpoint yet of those that have these weights.

    `places` proxies are told of at most `listed` endpoints at once, and keep `cells` of memory each for the policy;
    what stops endpoints has one of `causes` numbers.
    """
    flying = flight(rules.attempts)
    cores = max(1, min(rules.cores, 1 << 16)) if not rules.sharing else 1
    watched = len(weights) if rules.ejects_after else 1
    reached = len(weights) if rules.cut else 1
    return State(
        rules,
        endpoints(cores, weights),
        flying,
        proxies(places, max(1, listed), cells, watched, reached, rules.connections),
        agenda(1 << 10),
        tally(causes, flying),
    )


def rules(
    traffic: Traffic,
    level: RequestLevel,
    balancing: Balancing,
    at_full_speed: float | None = None,
    cut: bool = False,
) -> Rules:
    """What stays the same over a run; `at_full_speed`: instead of the cores of a pod that shares its processor.

    `cut`: whether the network between pods is at some time.
    """
    match level.pod:
        case FirstComeFirstServed(cores, queue):
            sharing, limit = 0, _NO_LIMIT if queue is None else cores + queue
        case ProcessorSharing(some, most):
            sharing, cores, limit = 1, some or _NO_LIMIT, most or _NO_LIMIT
    ejection, retries, connections = level.ejection, traffic.retries, level.connections
    circuit = traffic.circuit_breaker
    return Rules(
        compares=int(balancing.compares and not connections),
        sharing=sharing,
        cores=cores,
        at_full_speed=float(cores if at_full_speed is None else at_full_speed),
        limit=limit,
        attempts=retries.attempts,
        elsewhere=int(retries.elsewhere),
        cut=int(cut),
        guarded=int(any(one is not None for one in (traffic.longest_wait, circuit, retries.hedge_after))),
        clients=level.clients,
        connections=connections.number if connections else 0,
        ejects_after=ejection.consecutive if ejection else 0,
        timeout=float(traffic.timeout),
        backoff=float(retries.backoff),
        longest_backoff=math.inf if retries.longest_backoff is None else float(retries.longest_backoff),
        hedge_after=math.inf if retries.hedge_after is None else float(retries.hedge_after),
        jitter=float(retries.jitter),
        budget=float(retries.budget_share),
        longest_wait=math.inf if traffic.longest_wait is None else float(traffic.longest_wait),
        threshold=float(circuit.threshold) if circuit else 0.0,
        window=float(circuit.window) if circuit else 1.0,
        open_for=float(circuit.open_for) if circuit else 0.0,
        ejection=float(ejection.time) if ejection else 0.0,
        longest_ejection=float(ejection.longest) if ejection else 0.0,
        most_ejected=float(ejection.most) if ejection else 0.0,
        longest_connection=connections.max_age if connections and connections.max_age else math.inf,
        parameters=np.array(balancing.parameters, dtype=np.float64),
    )


def grown(state: State) -> State:
    """Twice as large, whatever has become too small."""
    ends, flight, agenda, numbers = state.ends, state.flight, state.agenda, state.tally.numbers
    if numbers[arrays.FREE] < 2:
        old, left = len(flight.free), flight.free[: numbers[arrays.FREE]]
        flight = Flight(*_doubled(flight))
        flight.free[: old + len(left)] = np.concatenate((np.arange(2 * old - 1, old - 1, -1), left))
        numbers[arrays.FREE] += old
    while numbers[arrays.EVENTS] + numbers[arrays.NEEDED] + 2 >= len(agenda.time):
        agenda = Agenda(*_doubled(agenda))
    if numbers[arrays.TALLEST] + 1 >= ends.due.shape[1]:
        due, who = _doubled((ends.due, ends.who), axis=1)
        ends = ends._replace(due=due, who=who)
    return state._replace(ends=ends, flight=flight, agenda=agenda)


def with_more_rows(state: State) -> State:
    """Twice as many endpoints may be there at the same time."""
    names = ("size", "due", "who", "free", "progress", "clock")
    longer = _doubled([getattr(state.ends, name) for name in names])
    return state._replace(ends=state.ends._replace(**dict(zip(names, longer, strict=True))))


def _doubled(columns: Sequence[npt.NDArray[Any]], axis: int = 0) -> list[npt.NDArray[Any]]:
    """Twice as long, the new half of zeros."""
    return [np.concatenate((column, np.zeros_like(column)), axis=axis) for column in columns]


def _wholes(shape: int | tuple[int, int]) -> Ints:
    return np.zeros(shape, dtype=np.int64)


def endpoints(cores: int, weights: Floats) -> Endpoints:
    """No endpoint yet; each can work on `cores` requests at a time."""
    number, rows, held = max(1, len(weights)), 16, 16
    return Endpoints(
        row=np.full(number, -1, dtype=np.int64),
        alive=_wholes(number),
        reason=_wholes(number),
        cause=_wholes(number),
        failing=_wholes(number),
        failed_by=_wholes(number),
        active=_wholes(number),
        connections=_wholes(number),
        weights=np.array(weights, dtype=np.float64),
        arrived=_wholes(number),
        answered=_wholes(number),
        soonest=np.full(number, math.inf),
        size=_wholes(rows),
        due=np.zeros((rows, held)),
        who=_wholes((rows, held)),
        free=np.zeros((rows, cores)),
        progress=np.zeros(rows),
        clock=np.zeros(rows),
    )


def flight(attempts: int) -> Flight:
    """No request yet, with space for so many retries each."""
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
        twin=_wholes(slots),
        free=np.arange(slots - 1, -1, -1, dtype=np.int64),
    )


def proxies(places: int, listed: int, cells: int, watched: int, reached: int, connections: int) -> Proxies:
    """Places that know nothing yet: lists of at most `listed`, `cells` of memory each.

    There are as many endpoints that are `watched`, and that must be `reached`, as matter.
    """
    return Proxies(
        listed=_wholes((places, listed)),
        listed_size=_wholes(places),
        table=_wholes((places, listed)),
        size=_wholes(places),
        cause=_wholes(places),
        parted=_wholes((places, max(1, reached))),
        connected=np.full((places, max(1, connections)), arrays.UNOPENED, dtype=np.int64),
        since=np.zeros((places, max(1, connections))),
        memory=np.full((places, max(1, cells)), -1, dtype=np.int64),
        stamps=np.zeros((places, max(1, cells))),
        failures=_wholes((places, watched)),
        ejections=_wholes((places, watched)),
        out_until=np.zeros((places, watched)) - math.inf,
        scratch=_wholes(listed),
    )


def agenda(size: int) -> Agenda:
    """Nothing to come; there is space for `size` entries."""
    return Agenda(np.zeros(size), *(np.zeros(size, dtype=np.int64) for _ in range(3)))


def tally(causes: int, flying: Flight) -> Tally:
    """Nothing counted; all slots of `flying` are free."""
    numbers = np.zeros(6, dtype=np.int64)
    numbers[arrays.FREE] = len(flying.free)
    numbers[arrays.TRIAL] = -1
    sums = np.zeros(8)
    sums[arrays.TOKENS] = arrays.BURST
    return Tally(_wholes(6), _wholes((arrays.REASONS, causes)), _wholes(arrays.OCTAVES * arrays.STEPS), sums, numbers)


def batch(time: Floats, work: Floats, key: Ints, proxy: Ints) -> Arrivals:
    """Requests in order of time."""
    time, work = np.ascontiguousarray(time), np.ascontiguousarray(work)
    return Arrivals(time, work, np.ascontiguousarray(key), np.ascontiguousarray(proxy))


NOTHING = batch(np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))

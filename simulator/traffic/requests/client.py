"""Attempts that fail, and what their clients do then, compiled as part of `simulator.traffic.requests.loop`."""

import math

from simulator.traffic.keys import WORD, draw
from simulator.traffic.requests.arrays import (
    BROKEN,
    LOST,
    NONE,
    OPEN,
    RESET,
    RETRIES,
    RETRY,
    TIMEOUT,
    TOKENS,
    TRIAL,
    Flight,
    Proxies,
    State,
)
from simulator.traffic.requests.circuit import judge
from simulator.traffic.requests.connections import find_out
from simulator.traffic.requests.ejection import suspect
from simulator.traffic.requests.heaps import plan
from simulator.traffic.requests.hedging import part, release
from simulator.traffic.requests.server import advance, take

_JITTER = 1001
"""From which on a key's draws say how long a back-off is: none that a choice uses."""


def fail(state: State, slot: int, reason: int, cause: int, now: float) -> None:
    """An attempt has failed: try again later, or give up. The slot must not be held by an endpoint."""
    rules, flight, tally = state.rules, state.flight, state.tally
    if reason != NONE and reason != OPEN and rules.ejects_after > 0:
        suspect(state, flight.proxy[slot], flight.endpoint[slot], now)
    if rules.guarded == 1:
        if rules.threshold > 0 and reason != OPEN:
            judge(state, slot, 1, now)
        if rules.hedge_after < math.inf and flight.twin[slot] >= 0:
            part(flight, slot)  # the other may still be answered
            release(flight, tally, slot)
            return
    attempt = flight.attempt[slot]
    if attempt < rules.attempts and tally.sums[TOKENS] >= 1 and reason != OPEN:
        tally.sums[TOKENS] -= 1
        tally.counts[RETRIES] += 1
        flight.tried[slot, attempt] = flight.endpoint[slot]
        flight.attempt[slot] = attempt + 1
        flight.mark[slot] += 1
        wait = min(rules.backoff * 2.0**attempt, rules.longest_backoff)
        if rules.jitter > 0:
            wait *= 1.0 - rules.jitter * draw(flight.key[slot], _JITTER + attempt) / WORD
        plan(state.agenda, tally, now + wait, RETRY, slot, flight.mark[slot])
        return
    tally.counts[LOST] += 1
    tally.lost[reason, cause] += 1
    release(flight, tally, slot)


def tried(flight: Flight, slot: int, endpoint: int) -> bool:
    """Whether an earlier attempt of a request was at this endpoint."""
    found = False
    for j in range(flight.attempt[slot]):
        if flight.tried[slot, j] == endpoint:
            found = True
    return found


def untried(flight: Flight, proxies: Proxies, slot: int, proxy: int) -> int:
    """Writes the endpoints that a request has not tried yet to `proxies.scratch`; how many."""
    size = 0
    for i in range(proxies.size[proxy]):
        endpoint = proxies.table[proxy, i]
        if not tried(flight, slot, endpoint):
            proxies.scratch[size] = endpoint
            size += 1
    return size


def give_up(state: State, slot: int, mark: int, now: float) -> None:
    """A client has waited long enough. The endpoint does not notice, and goes on working."""
    rules, ends, flight, proxies, tally = state.rules, state.ends, state.flight, state.proxies, state.tally
    endpoint = flight.endpoint[slot]
    if flight.held[slot] == 0:
        ends.active[endpoint] -= 1
        find_out(rules, ends, flight, proxies, slot, BROKEN - endpoint)
        fail(state, slot, ends.reason[endpoint], ends.cause[endpoint], now)
        return
    advance(state, endpoint, now)
    if flight.mark[slot] != mark:
        return  # just in time
    ends.active[endpoint] -= 1
    flight.abandoned[slot] = 1
    again, attempt = take(flight, tally), flight.attempt[slot]
    flight.arrived[again], flight.work[again] = flight.arrived[slot], flight.work[slot]
    flight.key[again], flight.proxy[again], flight.attempt[again] = flight.key[slot], flight.proxy[slot], attempt
    flight.endpoint[again], flight.held[again], flight.abandoned[again] = endpoint, 0, 0
    for i in range(attempt):
        flight.tried[again, i] = flight.tried[slot, i]
    if rules.guarded == 1:
        if tally.numbers[TRIAL] == slot:
            tally.numbers[TRIAL] = again
        flight.twin[again] = -1
        if flight.twin[slot] >= 0:
            other = part(flight, slot)
            flight.twin[again], flight.twin[other] = other, again
    fail(state, again, TIMEOUT, 0, now)


def stop(state: State, endpoint: int, cause: int, now: float) -> None:
    """An endpoint stops answering: what it had not finished is lost. The agenda has room for all of it."""
    ends, flight = state.ends, state.flight
    advance(state, endpoint, now)
    row = ends.row[endpoint]
    for i in range(ends.size[row]):
        slot = ends.who[row, i]
        if flight.abandoned[slot] == 1:
            release(flight, state.tally, slot)
        else:
            ends.active[endpoint] -= 1
            flight.held[slot] = 0
            find_out(state.rules, ends, flight, state.proxies, slot, endpoint)
            fail(state, slot, RESET, cause, now)
    ends.size[row] = 0
    ends.soonest[endpoint] = math.inf
    ends.progress[row] = 0.0
    ends.free[row, :] = now

"""The inner loop of request-level traffic: every request, in order of time, on arrays.

Plain functions of numbers and arrays, which `simulator.traffic.requests.compiling` compiles; called by
`simulator.traffic.requests.driver` for every stretch between two changes of the endpoints.
"""

import math

from models.arrays import Ints
from simulator.traffic.balancing import Choose, Pick
from simulator.traffic.keys import draw, of_attempt
from simulator.traffic.requests.arrays import (
    BROKEN,
    BURST,
    DEAD,
    DEADLINE,
    ERROR,
    EVENTS,
    FREE,
    HEDGE,
    NEEDED,
    NEXT,
    NONE,
    OPEN,
    OPEN_UNTIL,
    OVERLOAD,
    RETRIES,
    RETURN,
    SENT,
    SHED,
    TALLEST,
    TOKENS,
    TRIAL,
    UNOPENED,
    Arrivals,
    State,
)
from simulator.traffic.requests.circuit import judge
from simulator.traffic.requests.client import fail, give_up, stop, tried, untried
from simulator.traffic.requests.connections import close, connection, find_out, kept, open_to
from simulator.traffic.requests.ejection import relist, suspect
from simulator.traffic.requests.heaps import occupy, plan, pop, push, strike
from simulator.traffic.requests.hedging import forget, part, release
from simulator.traffic.requests.server import accept, advance, answered, bucket, done, take

_CLIENT, _FAILS = 101, 102
"""Which of a key's draws say from which client a request is, and whether an endpoint fails it: no choice uses them."""
DONE, FULL = 0, 1
"""What `serve` returns: all is done until the time; or the arrays must grow first (double them and call again)."""


def _pick(choose: Choose, state: State, slot: int, client: int, active: Ints, now: float) -> int:
    """The endpoint that the policy chooses for an attempt; -1, and the attempt has failed, if there is none."""
    rules, ends, flight, proxies = state.rules, state.ends, state.flight, state.proxies
    proxy, attempt = flight.proxy[slot], flight.attempt[slot]
    table, size = proxies.table[proxy], proxies.size[proxy]
    if size == 0:
        flight.endpoint[slot] = -1
        fail(state, slot, NONE, proxies.cause[proxy], now)
        return -1
    if attempt > 0 and rules.elsewhere == 1:
        fresh = untried(flight, proxies, slot, proxy)
        if fresh > 0:
            table, size = proxies.scratch, fresh
    if rules.compares == 1:
        for i in range(size):
            if ends.soonest[table[i]] <= now:
                advance(state, table[i], now)
    key = of_attempt(flight.key[slot], attempt)
    memory, stamps = proxies.memory[proxy], proxies.stamps[proxy]
    return choose(Pick(table, size, active, ends.weights, rules.parameters, memory, stamps, now, client, key))


def _refused(state: State, slot: int, now: float) -> bool:
    """Whether the circuit is open; if it may close, the attempt goes through to find out."""
    sums, numbers, flight = state.tally.sums, state.tally.numbers, state.flight
    trial = numbers[TRIAL]
    if trial >= 0 and flight.held[trial] == 1:
        advance(state, flight.endpoint[trial], now)  # it may be answered already
    if sums[OPEN_UNTIL] == 0:
        return False
    if now < sums[OPEN_UNTIL]:
        return True
    sums[OPEN_UNTIL], numbers[TRIAL] = math.inf, slot
    return False


def _send(choose: Choose, state: State, slot: int, now: float) -> None:
    """One attempt of a request."""
    if state.rules.guarded == 1 and state.rules.threshold > 0 and _refused(state, slot, now):
        state.flight.endpoint[slot] = -1
        fail(state, slot, OPEN, 0, now)
        return
    if state.rules.connections > 0:
        _send_over(choose, state, slot, now)
        return
    client = (draw(state.flight.key[slot], _CLIENT) * state.rules.clients) >> 32
    endpoint = _pick(choose, state, slot, client, state.ends.active, now)
    if endpoint >= 0:
        _reach(state, slot, endpoint, now)


def _send_over(choose: Choose, state: State, slot: int, now: float) -> None:
    """One attempt of a request over a connection that is used again."""
    rules, ends, flight, proxies = state.rules, state.ends, state.flight, state.proxies
    proxy, attempt = flight.proxy[slot], flight.attempt[slot]
    number = connection(rules, flight.key[slot])
    client = number % rules.clients
    to = kept(rules, ends, proxies, proxy, number, now)
    if to >= 0 and attempt > 0 and rules.elsewhere == 1 and tried(flight, slot, to):
        number, to = -1, UNOPENED  # over one of its own, this once
    endpoint = to if to >= 0 else BROKEN - to
    if to == UNOPENED:
        endpoint = _pick(choose, state, slot, client, ends.connections, now)
        if endpoint < 0:
            return
        if number >= 0:
            open_to(ends, proxies, proxy, number, endpoint, now)
    unknown = to <= BROKEN and ends.alive[endpoint] == 1  # to a process that has come back since
    if unknown or (ends.alive[endpoint] == 0 and rules.timeout == 0):
        find_out(rules, ends, flight, proxies, slot, BROKEN - endpoint)
    if unknown:
        flight.endpoint[slot] = endpoint
        ends.arrived[endpoint] += 1
        fail(state, slot, ends.reason[endpoint], ends.cause[endpoint], now)
        return
    _reach(state, slot, endpoint, now)


def _reach(state: State, slot: int, endpoint: int, now: float) -> None:
    """An attempt is at its endpoint."""
    rules, ends, flight = state.rules, state.ends, state.flight
    flight.endpoint[slot] = endpoint
    ends.arrived[endpoint] += 1
    if rules.guarded == 1 and rules.hedge_after < math.inf and flight.attempt[slot] < rules.attempts:
        plan(state.agenda, state.tally, now + rules.hedge_after, HEDGE, slot, flight.mark[slot])
    if ends.alive[endpoint] == 0:
        if rules.timeout > 0:
            ends.active[endpoint] += 1
            plan(state.agenda, state.tally, now + rules.timeout, DEADLINE, slot, flight.mark[slot])
        else:
            fail(state, slot, ends.reason[endpoint], ends.cause[endpoint], now)
        return
    if rules.cut == 1 and state.proxies.parted[flight.proxy[slot], endpoint] > 0:
        find_out(rules, ends, flight, state.proxies, slot, endpoint)
        fail(state, slot, DEAD, state.proxies.parted[flight.proxy[slot], endpoint], now + rules.timeout)
        return
    failing = ends.failing[endpoint]
    if failing != 0 and draw(of_attempt(flight.key[slot], flight.attempt[slot]), _FAILS) < abs(failing):
        fail(state, slot, ERROR, ends.failed_by[endpoint], now + (rules.timeout if failing < 0 else 0.0))
        return
    if rules.sharing == 1 or ends.soonest[endpoint] <= now:
        advance(state, endpoint, now)
    row = ends.row[endpoint]
    full = ends.size[row] >= rules.limit
    if rules.guarded == 1 and rules.sharing == 0:
        full = full or ends.free[row, 0] - now > rules.longest_wait
    if full:
        state.tally.counts[SHED] += 1
        fail(state, slot, OVERLOAD, 0, now)
        return
    late = accept(state, slot, endpoint, now)
    if late and rules.timeout > 0:
        plan(state.agenda, state.tally, now + rules.timeout, DEADLINE, slot, flight.mark[slot])


def _settle(state: State, now: float) -> None:
    """Counts what all endpoints have finished by now in order of time: of two attempts the first answer counts."""
    ends = state.ends
    while state.rules.hedge_after < math.inf:
        first, at = -1, now
        for endpoint in range(ends.row.size):
            if ends.soonest[endpoint] <= at and ends.soonest[endpoint] < math.inf:
                first, at = endpoint, ends.soonest[endpoint]
        if first < 0:
            return
        advance(state, first, at)
        if ends.soonest[first] <= at:
            advance(state, first, now)  # by rounding there was nothing to count


def _hedge(state: State, slot: int, mark: int, now: float) -> int:
    """A second attempt beside one that is not answered yet; -1 if it is, or there is no token."""
    flight, tally = state.flight, state.tally
    if flight.mark[slot] != mark or flight.abandoned[slot] == 1 or tally.sums[TOKENS] < 1:
        return -1
    tally.sums[TOKENS] -= 1
    tally.counts[RETRIES] += 1
    twin, attempt = take(flight, tally), flight.attempt[slot]
    flight.arrived[twin], flight.work[twin] = flight.arrived[slot], flight.work[slot]
    flight.key[twin], flight.proxy[twin] = flight.key[slot], flight.proxy[slot]
    flight.held[twin], flight.abandoned[twin] = 0, 0
    flight.tried[twin, attempt] = flight.endpoint[slot]
    flight.attempt[twin], flight.attempt[slot] = attempt + 1, attempt + 1
    flight.twin[twin], flight.twin[slot] = slot, twin
    return int(twin)


def serve(choose: Choose, state: State, arrivals: Arrivals, until: float, stopping: int, cause: int) -> int:
    """Everything that happens up to and including a time, from arrival `tally.numbers[NEXT]` on; DONE or FULL.

    Then, unless it is -1, the endpoint `stopping` stops answering, by a cause. At `until` infinity all is brought to an
    end.
    """
    rules, ends, flight, agenda, tally = state.rules, state.ends, state.flight, state.agenda, state.tally
    number = arrivals.time.size
    at = tally.numbers[NEXT]
    while True:
        if (
            tally.numbers[FREE] < 2
            or tally.numbers[EVENTS] + 2 >= agenda.time.size
            or tally.numbers[TALLEST] + 1 >= ends.due.shape[1]
        ):
            tally.numbers[NEXT] = at
            tally.numbers[NEEDED] = 1
            return FULL
        arrives = arrivals.time[at] if at < number else math.inf
        planned = agenda.time[0] if tally.numbers[EVENTS] > 0 else math.inf
        now = min(arrives, planned)
        if now > until or now == math.inf:
            break
        if rules.guarded == 1:
            _settle(state, now)
        if arrives <= planned:
            slot = take(flight, tally)
            flight.arrived[slot], flight.work[slot] = now, arrivals.work[at]
            flight.key[slot], flight.proxy[slot], flight.attempt[slot] = arrivals.key[at], arrivals.proxy[at], 0
            flight.held[slot], flight.abandoned[slot] = 0, 0
            if rules.guarded == 1:
                flight.twin[slot] = -1
            at += 1
            tally.counts[SENT] += 1
            tally.sums[TOKENS] = min(BURST, tally.sums[TOKENS] + rules.budget)
        else:
            kind, slot, mark = agenda.kind[0], agenda.slot[0], agenda.mark[0]
            strike(agenda, tally)
            if kind == RETURN:
                relist(rules, state.proxies, slot, now)
                continue
            if flight.mark[slot] != mark:
                continue
            if kind == DEADLINE:
                give_up(state, slot, mark, now)
                continue
            if kind == HEDGE:
                slot = _hedge(state, slot, mark, now)
                if slot < 0:
                    continue
        _send(choose, state, slot, now)
    tally.numbers[NEXT] = at
    if rules.guarded == 1:
        _settle(state, until)
    if stopping >= 0:
        held = ends.size[ends.row[stopping]]
        if tally.numbers[EVENTS] + 2 * held >= agenda.time.size:
            tally.numbers[NEEDED] = 2 * held
            return FULL
        stop(state, stopping, cause, until)
    if until == math.inf:
        for endpoint in range(ends.row.size):
            if ends.row[endpoint] >= 0:
                advance(state, endpoint, until)
    return DONE


CONNECTIONS = (connection, kept, open_to, close, find_out)
RARE = (
    plan,
    strike,
    relist,
    suspect,
    tried,
    untried,
    *CONNECTIONS,
    fail,
    judge,
    part,
    forget,
    _hedge,
    _settle,
    answered,
    _refused,
    _send_over,
    give_up,
    stop,
)
FREQUENT = (bucket, push, pop, occupy, draw, of_attempt, take, release, done, advance, accept, _reach, _pick, _send)
"""What `serve` calls; the frequent become part of it, as handing over all the arrays takes longer than their work."""

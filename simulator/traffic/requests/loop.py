"""The inner loop of request-level traffic: every request, in order of time, on arrays.

Plain functions of numbers and arrays, which `simulator.traffic.requests.compiling` compiles; called by
`simulator.traffic.requests.requests` for every stretch between two changes of the endpoints.
"""

import math

from simulator.traffic.balancing import Choice
from simulator.traffic.keys import draw, of_attempt
from simulator.traffic.requests.arrays import (
    BROKEN,
    BURST,
    DEADLINE,
    EVENTS,
    FREE,
    NEEDED,
    NEXT,
    NONE,
    OVERLOAD,
    RETURN,
    SENT,
    SHED,
    TALLEST,
    TOKENS,
    UNOPENED,
    WAIT,
    WAITED,
    Agenda,
    Arrivals,
    Endpoints,
    Flight,
    Proxies,
    Rules,
    Tally,
)
from simulator.traffic.requests.client import fail, give_up, stop, tried, untried
from simulator.traffic.requests.connections import close, connection, find_out, kept, open_to
from simulator.traffic.requests.ejection import relist, suspect
from simulator.traffic.requests.heaps import occupy, plan, pop, push, strike
from simulator.traffic.requests.server import advance, bucket, done, release, take

_CLIENT = 101
"""Which of a key's draws says from which client a request is: one that no choice uses."""
DONE, FULL = 0, 1
"""What `serve` returns: all is done until the time; or the arrays must grow first (double them and call again)."""


def _send(
    choose: Choice,
    rules: Rules,
    ends: Endpoints,
    flight: Flight,
    proxies: Proxies,
    agenda: Agenda,
    tally: Tally,
    slot: int,
    now: float,
) -> None:
    """One attempt of a request."""
    if rules.connections > 0:
        _send_over(choose, rules, ends, flight, proxies, agenda, tally, slot, now)
        return
    proxy = flight.proxy[slot]
    attempt = flight.attempt[slot]
    table, size = proxies.table[proxy], proxies.size[proxy]
    if size == 0:
        flight.endpoint[slot] = -1
        fail(rules, flight, proxies, agenda, tally, slot, NONE, proxies.cause[proxy], now)
        return
    if attempt > 0 and rules.elsewhere == 1:
        fresh = untried(flight, proxies, slot, proxy)
        if fresh > 0:
            table, size = proxies.scratch, fresh
    if rules.compares == 1:
        for i in range(size):
            if ends.soonest[table[i]] <= now:
                advance(rules, ends, flight, proxies, tally, table[i], now)
    key = flight.key[slot]
    client = (draw(key, _CLIENT) * rules.clients) >> 32
    key = of_attempt(key, attempt)
    endpoint = choose(
        table, size, ends.loads, ends.weights, proxies.memory[proxy], proxies.stamps[proxy], now, client, key
    )  # fmt: skip
    _reach(rules, ends, flight, proxies, agenda, tally, slot, endpoint, now)


def _send_over(
    choose: Choice,
    rules: Rules,
    ends: Endpoints,
    flight: Flight,
    proxies: Proxies,
    agenda: Agenda,
    tally: Tally,
    slot: int,
    now: float,
) -> None:
    """One attempt of a request over a connection that is used again."""
    proxy = flight.proxy[slot]
    attempt = flight.attempt[slot]
    key = flight.key[slot]
    elsewhere = attempt > 0 and rules.elsewhere == 1
    number = connection(rules, key)
    client = number % rules.clients
    state = kept(rules, ends, proxies, proxy, number, now)
    if state >= 0 and elsewhere and tried(flight, slot, state):
        number, state = -1, UNOPENED  # over one of its own, this once
    endpoint = state if state >= 0 else BROKEN - state
    if state == UNOPENED:
        table, size = proxies.table[proxy], proxies.size[proxy]
        if size == 0:
            flight.endpoint[slot] = -1
            fail(rules, flight, proxies, agenda, tally, slot, NONE, proxies.cause[proxy], now)
            return
        if elsewhere:
            fresh = untried(flight, proxies, slot, proxy)
            if fresh > 0:
                table, size = proxies.scratch, fresh
        key = of_attempt(key, attempt)
        endpoint = choose(
            table, size, ends.connections, ends.weights, proxies.memory[proxy], proxies.stamps[proxy], now, client, key
        )  # fmt: skip
        if number >= 0:
            open_to(ends, proxies, proxy, number, endpoint, now)
    unknown = state <= BROKEN and ends.alive[endpoint] == 1  # to a process that has come back since
    if unknown or (ends.alive[endpoint] == 0 and rules.timeout == 0):
        find_out(rules, ends, flight, proxies, slot, BROKEN - endpoint)
    if unknown:
        flight.endpoint[slot] = endpoint
        ends.arrived[endpoint] += 1
        fail(rules, flight, proxies, agenda, tally, slot, ends.reason[endpoint], ends.cause[endpoint], now)
        return
    _reach(rules, ends, flight, proxies, agenda, tally, slot, endpoint, now)


def _reach(
    rules: Rules,
    ends: Endpoints,
    flight: Flight,
    proxies: Proxies,
    agenda: Agenda,
    tally: Tally,
    slot: int,
    endpoint: int,
    now: float,
) -> None:
    """An attempt is at its endpoint."""
    flight.endpoint[slot] = endpoint
    ends.arrived[endpoint] += 1
    if ends.alive[endpoint] == 0:
        if rules.timeout > 0:
            ends.loads[endpoint] += 1
            plan(agenda, tally, now + rules.timeout, DEADLINE, slot, flight.mark[slot])
        else:
            fail(rules, flight, proxies, agenda, tally, slot, ends.reason[endpoint], ends.cause[endpoint], now)
        return
    row = ends.row[endpoint]
    if rules.sharing == 1 or ends.soonest[endpoint] <= now:
        advance(rules, ends, flight, proxies, tally, endpoint, now)
    size = ends.size[row]
    if size >= rules.limit:
        tally.counts[SHED] += 1
        fail(rules, flight, proxies, agenda, tally, slot, OVERLOAD, 0, now)
        return
    flight.held[slot] = 1
    ends.loads[endpoint] += 1
    if rules.sharing == 0:
        start = max(now, ends.free[row, 0])
        until = start + flight.work[slot]
        occupy(ends.free[row], rules.cores, until)
        if start > now:
            tally.counts[WAITED] += 1
            tally.sums[WAIT] += start - now
        late = until > now + rules.timeout
    else:
        ends.clock[row] = now
        until = ends.progress[row] + flight.work[slot]
        late = True
    push(ends.due[row], ends.who[row], size, until, slot)
    ends.size[row] = size + 1
    ends.soonest[endpoint] = ends.due[row, 0]
    if rules.sharing == 1:
        speed = min(1.0, rules.cores / (size + 1))
        ends.soonest[endpoint] = now + (ends.due[row, 0] - ends.progress[row]) / speed
    if size + 1 > tally.numbers[TALLEST]:
        tally.numbers[TALLEST] = size + 1
    if late and rules.timeout > 0:
        plan(agenda, tally, now + rules.timeout, DEADLINE, slot, flight.mark[slot])


def serve(
    choose: Choice,
    rules: Rules,
    ends: Endpoints,
    flight: Flight,
    proxies: Proxies,
    agenda: Agenda,
    tally: Tally,
    arrivals: Arrivals,
    until: float,
    stopping: int,
    cause: int,
) -> int:
    """Everything that happens up to and including a time, from arrival `tally.numbers[NEXT]` on; DONE or FULL.

    Then, unless it is -1, the endpoint `stopping` stops answering, by a cause. At `until` infinity all is brought to an
    end.
    """
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
        if arrives <= planned:
            slot = take(flight, tally)
            flight.arrived[slot], flight.work[slot] = now, arrivals.work[at]
            flight.key[slot], flight.proxy[slot], flight.attempt[slot] = arrivals.key[at], arrivals.proxy[at], 0
            flight.held[slot], flight.abandoned[slot] = 0, 0
            at += 1
            tally.counts[SENT] += 1
            tally.sums[TOKENS] = min(BURST, tally.sums[TOKENS] + rules.budget)
        else:
            kind, slot, mark = agenda.kind[0], agenda.slot[0], agenda.mark[0]
            strike(agenda, tally)
            if kind == RETURN:
                relist(rules, proxies, slot, now)
                continue
            if flight.mark[slot] != mark:
                continue
            if kind == DEADLINE:
                give_up(rules, ends, flight, proxies, agenda, tally, slot, mark, now)
                continue
        _send(choose, rules, ends, flight, proxies, agenda, tally, slot, now)
    tally.numbers[NEXT] = at
    if stopping >= 0:
        held = ends.size[ends.row[stopping]]
        if tally.numbers[EVENTS] + 2 * held >= agenda.time.size:
            tally.numbers[NEEDED] = 2 * held
            return FULL
        stop(rules, ends, flight, proxies, agenda, tally, stopping, cause, until)
    if until == math.inf:
        for endpoint in range(ends.row.size):
            if ends.row[endpoint] >= 0:
                advance(rules, ends, flight, proxies, tally, endpoint, until)
    return DONE


CONNECTIONS = (connection, kept, open_to, close, find_out)
RARE = (plan, strike, relist, suspect, tried, untried, *CONNECTIONS, fail, _send_over, give_up, stop)
FREQUENT = (bucket, push, pop, occupy, draw, of_attempt, take, release, done, advance, _reach, _send)
"""What `serve` calls; the frequent become part of it, as handing over all the arrays takes longer than their work."""

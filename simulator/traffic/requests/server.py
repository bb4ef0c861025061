"""What an endpoint does with its requests, compiled as part of `simulator.traffic.requests.loop`.

Endpoints are looked at when somebody needs to know of them: what was done by then is counted by `advance`, and the
order of events is the same as if they had been looked at all the time.
"""

import math

from simulator.traffic.requests.arrays import (
    ANSWERED,
    FREE,
    LATENCY,
    OCTAVES,
    STEPS,
    TALLEST,
    WAIT,
    WAITED,
    WORST,
    Flight,
    State,
    Tally,
)
from simulator.traffic.requests.circuit import judge
from simulator.traffic.requests.heaps import occupy, pop, push
from simulator.traffic.requests.hedging import forget, release


def bucket(latency: float) -> int:
    """The place of a latency in the histogram."""
    part, octave = math.frexp(latency)
    octave += 31
    if latency <= 0 or octave < 0:
        return 0
    if octave >= OCTAVES:
        return OCTAVES * STEPS - 1
    return octave * STEPS + int((part - 0.5) * 2 * STEPS)


def take(flight: Flight, tally: Tally) -> int:
    """A free slot."""
    left = tally.numbers[FREE] - 1
    tally.numbers[FREE] = left
    return int(flight.free[left])


def accept(state: State, slot: int, endpoint: int, now: float) -> bool:
    """An endpoint with room takes a request; whether the client may give up before it is done."""
    rules, ends, flight, tally = state.rules, state.ends, state.flight, state.tally
    row = ends.row[endpoint]
    size = ends.size[row]
    flight.held[slot] = 1
    ends.active[endpoint] += 1
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
        speed = min(1.0, rules.at_full_speed / (size + 1))
        ends.soonest[endpoint] = now + (ends.due[row, 0] - ends.progress[row]) / speed
    if size + 1 > tally.numbers[TALLEST]:
        tally.numbers[TALLEST] = size + 1
    return bool(late)


def answered(state: State, slot: int, now: float) -> None:
    """What an answer means for another attempt of the same request, and for the circuit."""
    if state.rules.hedge_after < math.inf and state.flight.twin[slot] >= 0:
        forget(state, slot)
    if state.rules.threshold > 0:
        judge(state, slot, 0, now)


def done(state: State, slot: int, now: float) -> None:
    """An endpoint has finished its work on a request."""
    ends, flight, tally = state.ends, state.flight, state.tally
    if flight.abandoned[slot] == 0:
        endpoint = flight.endpoint[slot]
        latency = now - flight.arrived[slot]
        ends.active[endpoint] -= 1
        ends.answered[endpoint] += 1
        tally.counts[ANSWERED] += 1
        tally.histogram[bucket(latency)] += 1
        tally.sums[LATENCY] += latency
        if latency > tally.sums[WORST]:
            tally.sums[WORST] = latency
        if state.rules.ejects_after > 0:
            state.proxies.failures[flight.proxy[slot], endpoint] = 0
        if state.rules.guarded == 1:
            answered(state, slot, now)
    release(flight, tally, slot)


def advance(state: State, endpoint: int, now: float) -> None:
    """Counts what an endpoint has finished by now."""
    rules, ends = state.rules, state.ends
    row = ends.row[endpoint]
    size = ends.size[row]
    if rules.sharing == 0:
        while size > 0 and ends.due[row, 0] <= now:
            time, slot = ends.due[row, 0], ends.who[row, 0]
            pop(ends.due[row], ends.who[row], size)
            size -= 1
            done(state, slot, time)
        ends.size[row] = size
        ends.soonest[endpoint] = ends.due[row, 0] if size > 0 else math.inf
        return
    ends.soonest[endpoint] = math.inf
    while size > 0:
        speed = min(1.0, rules.at_full_speed / size)
        time = ends.clock[row] + (ends.due[row, 0] - ends.progress[row]) / speed
        if time > now:
            ends.progress[row] += (now - ends.clock[row]) * speed
            ends.soonest[endpoint] = now + (ends.due[row, 0] - ends.progress[row]) / speed
            break
        ends.progress[row] = ends.due[row, 0]
        ends.clock[row] = max(time, ends.clock[row])
        slot = ends.who[row, 0]
        pop(ends.due[row], ends.who[row], size)
        size -= 1
        done(state, slot, ends.clock[row])
    if size == 0:
        ends.progress[row] = 0.0  # small numbers keep their digits
    ends.clock[row] = now
    ends.size[row] = size

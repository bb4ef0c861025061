"""Requests of which two attempts are under way, compiled as part of `simulator.traffic.requests.loop`."""

from simulator.traffic.requests.arrays import FREE, TRIAL, Flight, State, Tally


def release(flight: Flight, tally: Tally, slot: int) -> None:
    """The slot is free, and what was to come for it will not."""
    flight.mark[slot] += 1
    flight.free[tally.numbers[FREE]] = slot
    tally.numbers[FREE] += 1


def part(flight: Flight, slot: int) -> int:
    """Two attempts have nothing to do with each other any more; returns the other."""
    other = flight.twin[slot]
    flight.twin[other] = -1
    flight.twin[slot] = -1
    return int(other)


def forget(state: State, slot: int) -> None:
    """An attempt is answered: nobody waits for the other any more, which its endpoint does not notice."""
    ends, flight, tally = state.ends, state.flight, state.tally
    other = part(flight, slot)
    if tally.numbers[TRIAL] == other:
        tally.numbers[TRIAL] = slot
    ends.active[flight.endpoint[other]] -= 1
    if flight.held[other] == 1:
        flight.abandoned[other] = 1
        flight.mark[other] += 1
    else:
        release(flight, tally, other)

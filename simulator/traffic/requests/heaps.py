"""Binary heaps in arrays, least first."""

from models.arrays import Floats, Ints
from simulator.traffic.requests.arrays import EVENTS, Agenda, Tally


def push(due: Floats, who: Ints, size: int, time: float, slot: int) -> None:
    """Adds to a heap of `size` entries: `slot`, due at `time`."""
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if due[above] <= time:
            break
        due[place], who[place] = due[above], who[above]
        place = above
    due[place], who[place] = time, slot


def pop(due: Floats, who: Ints, size: int) -> None:
    """Takes the first off a heap of `size` entries."""
    last, slot = due[size - 1], who[size - 1]
    place, below = 0, 1
    while below < size - 1:
        if below + 1 < size - 1 and due[below + 1] < due[below]:
            below += 1
        if due[below] >= last:
            break
        due[place], who[place] = due[below], who[below]
        place, below = below, 2 * below + 1
    due[place], who[place] = last, slot


def occupy(free: Floats, cores: int, until: float) -> None:
    """The core that is free first works `until` then."""
    place, below = 0, 1
    while below < cores:
        if below + 1 < cores and free[below + 1] < free[below]:
            below += 1
        if free[below] >= until:
            break
        free[place] = free[below]
        place, below = below, 2 * below + 1
    free[place] = until


def plan(agenda: Agenda, tally: Tally, time: float, kind: int, slot: int, mark: int) -> None:
    """Adds an entry to the agenda."""
    place = tally.numbers[EVENTS]
    tally.numbers[EVENTS] = place + 1
    while place > 0:
        above = (place - 1) >> 1
        if agenda.time[above] <= time:
            break
        agenda.time[place], agenda.kind[place] = agenda.time[above], agenda.kind[above]
        agenda.slot[place], agenda.mark[place] = agenda.slot[above], agenda.mark[above]
        place = above
    agenda.time[place], agenda.kind[place], agenda.slot[place], agenda.mark[place] = time, kind, slot, mark


def strike(agenda: Agenda, tally: Tally) -> None:
    """Takes the first entry off the agenda."""
    size = tally.numbers[EVENTS] - 1
    tally.numbers[EVENTS] = size
    last = agenda.time[size]
    place, below = 0, 1
    while below < size:
        if below + 1 < size and agenda.time[below + 1] < agenda.time[below]:
            below += 1
        if agenda.time[below] >= last:
            break
        agenda.time[place], agenda.kind[place] = agenda.time[below], agenda.kind[below]
        agenda.slot[place], agenda.mark[place] = agenda.slot[below], agenda.mark[below]
        place, below = below, 2 * below + 1
    agenda.time[place], agenda.kind[place] = last, agenda.kind[size]
    agenda.slot[place], agenda.mark[place] = agenda.slot[size], agenda.mark[size]

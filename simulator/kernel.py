"""The clock: a heap of timers, and simpy for stories.

Controllers are callbacks on timers, which cost a heap entry and can be cancelled by a flag (cancelling a
`simpy.Timeout` is not possible, interrupting a process costs several times as much). Stories (failures,
scripted operations) are simpy processes, because they read as stories; their events are timers among the others.
"""

import math
from collections.abc import Callable, Container, Generator
from functools import partial
from heapq import heappop, heappush
from typing import Any, Protocol

import simpy

Event = simpy.Event
"""What a story yields."""
Story = Generator[Event, Any, None]


class Order:
    """Who goes first among simultaneous events; within one kind, who was scheduled first."""

    REPAIR = 0
    FAILURE = 1
    KUBELET = 2
    CONTROL = 3


class Owner(Protocol):
    """Whose timers wait while it is down."""

    is_down: bool

    def hold(self, timer: "Timer") -> None:
        """Keeps a timer that fell due, to fire it later."""
        ...


class Timer:
    """A call at a later time. `cancel` makes it do nothing; the heap entry stays until its time comes."""

    __slots__ = ("call", "owner")

    def __init__(self, call: Callable[[], object], owner: Owner | None = None) -> None:
        self.call: Callable[[], object] | None = call
        self.owner = owner

    def cancel(self) -> None:
        """Makes the timer do nothing when its time comes."""
        self.call = None

    def fire(self) -> None:
        """Makes the call, unless it was cancelled; while its owner is down, hands itself to it instead."""
        call, owner = self.call, self.owner
        if call is None:
            return
        if owner is not None and owner.is_down:
            owner.hold(self)
        else:
            # Let go before calling: what is called often holds the timer, and the cycle would outlive both.
            self.call = None
            call()


class Kernel(simpy.Environment):
    """Simulated time in float seconds, from `start`; nothing is scheduled beyond `end` that cannot matter.

    Ties are decided by `Order`, then by the order of scheduling; computed times are never compared for equality.
    """

    now: float = 0.0  # simpy's is a property, which costs a call each time
    """Seconds since time 0."""

    def __init__(self, start: float, end: float) -> None:
        super().__init__(initial_time=start)
        self.now = start
        self.end = end
        self._timers: list[tuple[float, int, int, Timer]] = []
        """The heap of what is to come: when, in which order among what comes then, and what."""

    def timer(
        self,
        delay: float,
        call: Callable[[], object],
        order: int = Order.CONTROL,
        owner: Owner | None = None,
    ) -> Timer:
        """Calls `call()` after `delay` seconds (>= 0); an owner that is down then decides when."""
        timer = Timer(call, owner)
        heappush(self._timers, (self.now + delay, order, next(self._eid), timer))
        return timer

    def schedule(self, event: simpy.Event, priority: int = Order.FAILURE, delay: float = 0) -> None:
        """What simpy asks for: the event of a story happens after `delay` seconds, in its turn among the timers."""
        self.timer(delay, partial(self._happen, event), priority)

    def _happen(self, event: simpy.Event) -> None:
        """Hands simpy an event whose time has come, and has it take its step."""
        self._queue.append((self.now, simpy.events.NORMAL, 0, event))
        super().step()

    def sleep(self, seconds: float, order: int = Order.REPAIR) -> simpy.Event:
        """An event for a story to yield: succeeds after `seconds`."""
        event = self.event()
        self.timer(seconds, event.succeed, order)
        return event

    @staticmethod
    def when(event: Event, call: Callable[[], None]) -> None:
        """Calls `call()` when the event, which is still to come, happens."""
        assert event.callbacks is not None
        event.callbacks.append(lambda _: call())

    def tell(self, story: Story) -> None:
        """Starts a story; it runs from the current time on."""
        self.process(story)

    def waits_only_for(self, timers: Container[Timer]) -> bool:
        """Whether nothing will happen before one of these timers fires."""
        return all(timer in timers for *_, timer in self._timers if timer.call is not None)

    def pending(self, left_out: Container[Timer] = ()) -> list[float]:
        """When the timers that are still to fire are due, but for those left out; in no certain order."""
        return [time for time, _, _, timer in self._timers if timer.call is not None and timer not in left_out]

    def peek(self) -> float:
        """When the next timer is due, cancelled or not; infinite if there is none."""
        return self._timers[0][0] if self._timers else math.inf

    def step(self) -> None:
        """Fires the next timer; raises IndexError if there is none."""
        self.now, _, _, timer = heappop(self._timers)
        timer.fire()

    def run_until(self, time: float) -> None:
        """Fires every timer that is due at or before `time`, and sets the clock to it."""
        timers = self._timers
        while timers and timers[0][0] <= time:
            self.now, _, _, timer = heappop(timers)
            timer.fire()
        self.now = time

"""The clock: a thin face on simpy.

Controllers are callbacks on timers, which cost a heap entry and can be cancelled by a flag (cancelling a
`simpy.Timeout` is not possible, interrupting a process costs several times as much). Stories (failures,
scripted operations) are simpy processes, because they read as stories.
"""

from collections.abc import Callable, Container, Generator
from enum import IntEnum
from typing import Any

import simpy

Event = simpy.Event
"""What a story yields."""
Story = Generator[Event, Any, None]


class Order(IntEnum):
    """Who goes first among simultaneous events; within one kind, who was scheduled first."""

    REPAIR = 0
    FAILURE = 1
    KUBELET = 2
    CONTROL = 3


class Timer(simpy.Event):
    """A call at a later time. `cancel` makes it do nothing; the heap entry stays until its time comes."""

    _ok = True

    def __init__(self, call: Callable[[], object]) -> None:
        # Not simpy.Event.__init__: a timer is never awaited, so it needs no environment, no value, no list of its own.
        self.callbacks = _CALLBACKS  # type: ignore[assignment]
        self.call: Callable[[], object] | None = call

    def cancel(self) -> None:
        """Makes the timer do nothing when its time comes."""
        self.call = None


def fire(timer: Timer) -> None:
    """Makes the call of a timer whose time has come, unless it was cancelled."""
    call = timer.call
    if call is not None:
        # Let go before calling: what is called often holds the timer, and the cycle would outlive both.
        timer.call = None
        call()


_CALLBACKS = (fire,)


class Kernel(simpy.Environment):
    """Simulated time in float seconds, from `start`; nothing is scheduled beyond `end` that cannot matter.

    Ties are decided by `Order`, then by the order of scheduling; computed times are never compared for equality.
    """

    def __init__(self, start: float, end: float) -> None:
        super().__init__(initial_time=start)
        self.end = end

    def timer(self, delay: float, call: Callable[[], object], order: Order = Order.CONTROL) -> Timer:
        """Calls `call()` after `delay` seconds (>= 0)."""
        timer = Timer(call)
        self.schedule(timer, order, delay)  # type: ignore[arg-type]
        return timer

    def sleep(self, seconds: float, order: Order = Order.REPAIR) -> simpy.Event:
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
        live = (event for _, _, _, event in self._queue if not (isinstance(event, Timer) and event.call is None))
        return all(isinstance(event, Timer) and event in timers for event in live)

    def run_until(self, time: float) -> None:
        """Processes every event at or before `time` and sets the clock to it."""
        step, peek = self.step, self.peek
        while peek() <= time:
            step()
        self._now = time

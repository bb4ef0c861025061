"""Crews: people who share the work of several stories."""

from collections import deque

from simulator.kernel import Event, Kernel


class Crew:
    """So many people, each of whom does one thing at a time; first come, first served."""

    def __init__(self, kernel: Kernel, size: int) -> None:
        self._kernel = kernel
        self._idle = size
        self._waiting: deque[Event] = deque()

    def turn(self) -> Event:
        """An event to yield: succeeds when one of them is free, and yours until `done`."""
        event = self._kernel.event()
        self._waiting.append(event)
        self._serve()
        return event

    def done(self) -> None:
        """Lets go of one. To be called once a turn, as `Outage.end`."""
        self._idle += 1
        self._serve()

    def _serve(self) -> None:
        while self._idle and self._waiting:
            self._idle -= 1
            self._waiting.popleft().succeed()

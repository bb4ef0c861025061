"""Attempts: what operations are asked to do, and what comes of it.

An operation that is held up (a drain that a budget never allows) does not even begin what it is asked to do later on.
That must not be silent, so every time at which it is asked is counted, begun or not.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What came of an attempt by the end of the run."""

    NOT_BEGUN = "not begun"
    """The operation was still busy with what it had been asked before."""
    UNFINISHED = "unfinished"
    DONE = "done"
    GIVEN_UP = "given up"
    """A node was not empty in time, or never can be; or the API server refuses the change."""
    REPLACED = "replaced"
    """The next one took over: a rollout during a rollout."""
    ROLLED_BACK = "rolled back"
    """What it brought was no good, and what was there before came back."""


@dataclass(slots=True)
class Attempt:
    """One thing that an operation was asked to do to one subject; times in seconds since failures began."""

    operation: str
    """The user's name for it."""
    subject: str
    """A node, or a workload, ConfigMap or Secret as Kind/name or Kind/namespace/name."""
    asked: float
    """When it was due."""
    begun: float | None = None
    """When it began; None if it did not."""
    emptied: float | None = None
    """When the last pod had left the node; None if it is no drain, or pods are left."""
    ended: float | None = None
    """When it was over: a node back in use, every rollout complete; None if it is not."""
    outcome: Outcome = Outcome.NOT_BEGUN
    evicted: int = 0
    """Evictions that were allowed."""
    refused: int = 0
    """Evictions that were not, each try counted."""
    last_refusal: str = ""
    """Why the last of them was not, in Kubernetes' words."""

    def begin(self, now: float) -> None:
        """It begins now."""
        self.begun = now
        self.outcome = Outcome.UNFINISHED

    def end(self, now: float, outcome: Outcome = Outcome.DONE) -> None:
        """It is over now."""
        self.ended = now
        self.outcome = outcome


Agenda = Generator[Attempt]
"""What an operation is to do to one subject, one attempt after the other."""


class Journal:
    """All attempts of a run, in the making."""

    def __init__(self, began: float = 0.0) -> None:
        """`began`: seconds since failures began at which the run stands at its time 0; what was due before is past."""
        self.began = began
        self._agendas: dict[Agenda, list[Attempt]] = {}
        """What each has asked for so far."""
        self._noted: list[Attempt] = []

    def agenda(self, operation: str, subject: str, first: float, every: float | None) -> Agenda:
        """The attempts that an operation is to make at one subject, one after the other: at `first`, then `every`."""
        asked: list[Attempt] = []
        agenda = _attempts(asked, operation, subject, first, every, self.began)
        self._agendas[agenda] = asked
        return agenda

    def withdraw(self, agenda: Agenda) -> None:
        """The subject is gone: the attempt that was to be made now is not asked for, nor is any after it."""
        self._agendas[agenda].pop()
        agenda.close()

    def note(self, operation: str, subject: str, now: float) -> Attempt:
        """An operation begins what nobody asked for at a certain time: it follows from what happened."""
        attempt = Attempt(operation, subject, now)
        attempt.begin(now)
        self._noted.append(attempt)
        return attempt

    def attempts(self, end: float) -> tuple[Attempt, ...]:
        """All that was asked before `end`, begun or not, in order of time. To be called when the run is over."""
        found = [attempt for attempt in self._noted if attempt.asked < end]
        for agenda, asked in self._agendas.items():
            while not asked or asked[-1].asked < end:
                if next(agenda, None) is None:
                    break
            found += [attempt for attempt in asked if attempt.asked < end]
        return tuple(sorted(found, key=lambda attempt: attempt.asked))


def check_times(operation: str, at: float | None, every: float | None) -> None:
    """Raises ValueError unless these are times at which an operation can be asked for, once or again and again."""
    if every is None and at is None:
        raise ValueError(f"a {operation} needs `every` or `at`")
    if every is not None and every <= 0:
        raise ValueError("`every` must be positive")
    if at is not None and at < 0:
        raise ValueError("`at` must not be negative")


def first_time(at: float | None, every: float | None) -> float:
    """When it is asked for first, by times that are right: `every` after the start, unless `at` says otherwise."""
    first = every if at is None else at
    assert first is not None
    return first


def next_time(first: float, every: float | None, now: float) -> float:
    """When it is asked for next, from `now` on, of all these times; infinity if it is not asked for any more."""
    if first >= now:
        return first
    return math.inf if every is None else first + math.ceil((now - first) / every) * every


def _attempts(
    asked: list[Attempt], operation: str, subject: str, first: float, every: float | None, began: float
) -> Agenda:
    due = first
    while True:
        if due >= began:
            asked.append(Attempt(operation, subject, due))
            yield asked[-1]
        if every is None:
            return
        due += every

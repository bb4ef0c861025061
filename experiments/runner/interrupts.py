"""Ctrl-C and SIGTERM: whoever runs replications stops between two of them, and so does who runs several times."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_under_way: list[threading.Event] = []
"""What is to be set, the outermost first: a command may consist of several runs."""


@contextmanager
def interrupts_set(stop: threading.Event | None = None) -> Iterator[None]:
    """Ctrl-C or SIGTERM once sets `stop`; the second time each is what it always was.

    What is within another such context stops with it: also a run that is begun after the signal, which may have come
    when the last replication of the one before was under way. So a command of several runs is put into one, without a
    `stop` of its own. In other threads than the main one, which hear of no signal, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stop = stop or threading.Event()
    if any(outer.is_set() for outer in _under_way):
        stop.set()
    _under_way.append(stop)
    try:
        if len(_under_way) == 1:
            with _signals_caught():
                yield
        else:
            yield
    finally:
        _under_way.pop()


@contextmanager
def _signals_caught() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def interrupted(number: int, frame: Any) -> None:
        for stop in _under_way:
            stop.set()
        restore()

    for number in before:
        signal.signal(number, interrupted)
    try:
        yield
    finally:
        restore()

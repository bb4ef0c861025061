"""Specs are handed to other processes in chunks of about the same length: what all engines share."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice
from typing import TypeAlias

from experiments.runner.engines import EngineLost, Id, Result, Spec

CHUNK_SECONDS = 0.5
"""Specs are handed to a process in chunks of about this length: long against the cost of handing over."""
LOOK_AGAIN = 2.0
"""Seconds after which room is looked for again though no chunk has ended."""

Worked: TypeAlias = tuple[list[Result | Exception], float]
"""What came of a chunk, and the seconds it took."""


def results(function: Callable[[Spec], Result], specs: Sequence[Spec]) -> Worked[Result]:
    """What came of a chunk, in another process; and the seconds it took."""
    start = time.perf_counter()
    return [result(function, spec) for spec in specs], time.perf_counter() - start


def result(function: Callable[[Spec], Result], spec: Spec) -> Result | Exception:
    """What the function returns, or raises."""
    try:
        return function(spec)
    except Exception as error:
        return error


def failed(error: Exception) -> "Future[Worked[Result]]":
    """A chunk that could not even be sent."""
    future: Future[Worked[Result]] = Future()
    future.set_exception(error)
    return future


def in_chunks(
    submit: "Callable[[list[Spec]], Future[Worked[Result]]]",
    specs: Iterator[tuple[Id, Spec]],
    room: Callable[[], int],
    died: type[Exception],
) -> Generator[tuple[Id, Result | Exception], None, list[tuple[Id, Spec]]]:
    """Yield the id of each spec with what came of it; return those of the chunks that took their process down.

    `submit` hands a chunk over; its future raises `died` if the process died of it, and `EngineLost` if all of them are
    gone. `room`: how many chunks may be under way; it is asked again from time to time, and may raise `EngineLost`.
    Once a chunk is lost no further specs are taken. `EngineLost` is raised when all that had come back is handed over.
    The size of a chunk follows from what specs took so far.
    """
    lost: list[tuple[Id, Spec]] = []
    gone: EngineLost | None = None
    running: dict[Future[Worked[Result]], list[tuple[Id, Spec]]] = {}
    size, done, spent = 1, 0, 0.0
    while True:
        try:
            while gone is None and len(running) < room() and not lost and (chunk := list(islice(specs, size))):
                running[submit([spec for _, spec in chunk])] = chunk
        except EngineLost as error:
            gone = error
        if not running and gone is None:
            return lost
        ended = wait(running, timeout=0 if gone else LOOK_AGAIN, return_when=FIRST_COMPLETED).done
        if gone is not None and not ended:
            raise gone
        for future in ended:
            chunk = running.pop(future)
            try:
                came, seconds = future.result()
            except died:
                lost += chunk
                continue
            except EngineLost as error:
                gone = error
                continue
            except Exception as error:  # the way there or back: something cannot be pickled
                came, seconds = [error] * len(chunk), 0.0
            done, spent = done + len(chunk), spent + seconds
            size = max(1, min(4 * size, round(CHUNK_SECONDS * done / max(spent, 1e-9))))
            yield from ((key, one) for (key, _), one in zip(chunk, came, strict=True))

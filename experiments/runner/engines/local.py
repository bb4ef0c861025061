"""Processes of this machine."""

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from types import ModuleType
from typing import Any

from experiments.runner.engines import Id, Result, Spec, WorkerDied
from experiments.runner.engines.chunks import Worked, failed, in_chunks, result, results

ATTEMPTS = 3
"""How often a spec may take its process down before it is given up."""

_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
_OURS = Path(__file__).resolve().parents[3]
"""Where our packages lie."""


@dataclass(frozen=True)
class LocalEngine:
    """`workers` processes that use one core each; one worker is this process itself.

    They leave Ctrl-C to us and end when we do, however that comes about. They run the caller's script anew, as Python's
    multiprocessing does, only if what they are sent is defined in it.
    """

    workers: int = 1
    name: str = "local"

    @property
    def options(self) -> list[str]:
        return ["-j", str(self.workers)] if self.workers > 1 else []

    def map_unordered(
        self, function: Callable[[Spec], Result], specs: Iterable[tuple[Id, Spec]]
    ) -> Iterator[tuple[Id, Result | Exception]]:
        if self.workers == 1:
            for key, spec in specs:
                yield key, result(function, spec)
            return
        left = iter(specs)
        for first in left:
            left = chain([first], left)
            while lost := (yield from self._until_one_dies(function, left, _is_of_script(function, first[1]))):
                for key, spec in lost:
                    yield key, _alone(function, spec)

    def _until_one_dies(
        self, function: Callable[[Spec], Result], specs: Iterator[tuple[Id, Spec]], of_script: bool
    ) -> Generator[tuple[Id, Result | Exception], None, list[tuple[Id, Spec]]]:
        """Work in one pool until the specs end or one of its processes dies; returns the specs lost with the pool."""
        with _pool(self.workers, function) as pool:

            def submit(specs: list[Spec]) -> Future[Worked[Result]]:
                try:
                    with _main_module(of_script):
                        return pool.submit(results, function, specs)
                except BrokenProcessPool as error:
                    return failed(error)

            return (yield from in_chunks(submit, specs, lambda: self.workers + 1, BrokenProcessPool))


def _alone(function: Callable[[Spec], Result], spec: Spec) -> Result | Exception:
    """What came of a spec whose pool broke, perhaps through no fault of its own: it gets a process to itself."""
    for _ in range(ATTEMPTS):
        with _pool(1, function) as pool:
            try:
                with _main_module(_is_of_script(function, spec)):
                    future = pool.submit(result, function, spec)
                return future.result()
            except BrokenProcessPool:
                continue
            except Exception as error:
                return error
    guard = ', or a script without `if __name__ == "__main__":`' if _is_of_script(function, spec) else ""
    return WorkerDied(f"the process that ran it died {ATTEMPTS} times (out of memory{guard}?)")


def _is_of_script(*sent: Any) -> bool:
    """Whether what is sent is defined in the script that was started."""
    try:
        return b"__main__" in pickle.dumps(sent)
    except Exception:  # it cannot be sent at all: its spec says so
        return False


@contextmanager
def _main_module(shown: bool) -> Iterator[None]:
    """While this lasts, a new process runs the script that was started, if `shown`; else it knows of none."""
    main = sys.modules["__main__"]
    if not shown:
        sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _pool(workers: int, function: Callable[[Spec], Result]) -> Iterator[ProcessPoolExecutor]:
    """Fresh processes (a fork of this one could inherit a lock that is held), killed if the block ends by an error."""
    context = get_context("spawn" if sys.platform == "win32" else "forkserver")
    others = set(active_children())
    given = _ONE_THREAD | _elsewhere()
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    if sys.platform != "win32":
        context.set_forkserver_preload([function.__module__])
        _start_forkserver()
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_follow_parent)
    try:
        yield pool
    except BaseException:
        for child in set(active_children()) - others:
            child.terminate()
        # One that was writing leaves half a result: the pool would wait for the rest, for as long as this end is open.
        pool._result_queue._writer.close()  # type: ignore[attr-defined]
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _start_forkserver() -> None:
    """Start what forks our processes, if it does not run yet, deaf to Ctrl-C from its first moment.

    It takes seconds to import what they need, and would print a traceback if it were interrupted meanwhile. What is
    blocked in this thread is blocked in what it starts; nothing is lost here, as it comes once it is blocked no more.
    """
    from multiprocessing import forkserver, resource_tracker

    resource_tracker.ensure_running()  # the first start of it unblocks SIGINT
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _elsewhere() -> dict[str, str]:
    """What keeps a new interpreter from looking for packages in the working directory, unless ours lie there.

    It would look there first, and our names are ordinary words: a user's own models.py, or experiments/, may be there.
    """
    return {} if Path.cwd() == _OURS else {"PYTHONSAFEPATH": "1"}


def _follow_parent() -> None:
    """In a worker: interrupts are its parent's to handle, and it ends with its parent, even a killed one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)

"""A Dask cluster: the workers of its scheduler, on this machine or on others.

Dask moves bytes: what is pickled here is unpickled by our own code there, and back, so that whatever goes wrong on the
way belongs to a spec. A worker that dies costs the chunk that it worked on, which Dask hands to others.
"""

import logging
import pickle
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from experiments.runner.engines import EngineLost, Id, Result, Spec, WorkerDied
from experiments.runner.engines.chunks import Worked, failed, in_chunks
from experiments.runner.engines.dask_worker import Unlike, differences, versions_and_code, work
from models.input.problems import Refusal

CONNECT_SECONDS = 5.0
"""How long a scheduler may take to answer."""
PATIENCE = 60.0
"""Seconds that the scheduler may be without a worker: one that died may be started again."""
CHUNKS_PER_WORKER = 2
"""One at work, and one that is there when it ends."""


class NoCluster(Refusal):
    """There is no scheduler at the address, or it has no workers that compute what this process would."""


@dataclass
class DaskEngine:
    """All workers of a scheduler, one spec at a time on each; made by `connect`."""

    scheduler: str
    """Its address, such as tcp://127.0.0.1:8786."""
    client: Any
    name: str = "dask"
    _count: int = field(default=0, init=False)
    _looked: float = field(default=float("-inf"), init=False)
    _last_there: float = field(default_factory=time.monotonic, init=False)

    @classmethod
    @contextmanager
    def connect(cls, scheduler: str, security: Any = None) -> "Iterator[DaskEngine]":
        """An engine for as long as this lasts.

        `security`: the `distributed.Security` of a tls:// address; without it Dask's own configuration has its keys.
        Raises `NoCluster` if nobody answers there, if there are no workers, or if one of them has other versions than
        this process, other code of ours or several threads: results would depend on where they are computed.
        """
        try:
            import dask
            from distributed import Client
        except ImportError:
            raise NoCluster("this engine needs Dask: install kubenines with its extra `dask`") from None
        with _silent(), dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GB"}):
            try:
                _knock(scheduler, security)
                client = Client(scheduler, timeout=CONNECT_SECONDS, security=security, set_as_default=False)
            except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
                raise NoCluster(f"no Dask scheduler answers at {scheduler}: {_line(error)}") from None
            with client:
                _check(client, scheduler)
                yield cls(scheduler, client)

    @property
    def workers(self) -> int:
        """How many there are, as of at most a second ago; `EngineLost` if there were none for `PATIENCE`."""
        now = time.monotonic()
        if now - self._looked > 1.0:
            try:
                self._count, self._looked = len(self.client.nthreads()), now
            except Exception:
                raise EngineLost(self._gone()) from None
        if self._count:
            self._last_there = now
        elif now - self._last_there > PATIENCE:
            raise EngineLost(f"all workers of the Dask scheduler at {self.scheduler} are gone")
        return self._count

    @property
    def options(self) -> list[str]:
        return ["--engine", "dask", "--scheduler", self.scheduler]

    def map_unordered(
        self, function: Callable[[Spec], Result], specs: Iterable[tuple[Id, Spec]]
    ) -> Iterator[tuple[Id, Result | Exception]]:
        from cloudpickle import dumps
        from distributed.scheduler import KilledWorker

        ours, under_way = versions_and_code(), set[Any]()

        def submit(specs: list[Spec]) -> Future[Worked[Result]]:
            try:
                sent = dumps((function, specs))
            except Exception as error:
                return failed(error)
            try:
                answer = self.client.submit(work, ours, sent, pure=False)
            except Exception:  # the client is closed
                return failed(EngineLost(self._gone()))
            under_way.add(answer)
            worked = self._worked(answer, KilledWorker)
            worked.add_done_callback(lambda _: under_way.discard(answer))
            return worked

        def room() -> int:
            return CHUNKS_PER_WORKER * max(1, self.workers)

        left = iter(specs)
        try:
            while lost := (yield from in_chunks(submit, left, room, KilledWorker)):
                for one in lost:  # alone on the cluster: it may have died of another's
                    if (yield from in_chunks(submit, iter([one]), room, KilledWorker)):
                        yield one[0], WorkerDied("every worker that ran it died (out of memory?)")
        finally:
            with suppress(Exception):  # the scheduler may be gone
                self.client.cancel(list(under_way), force=True)

    def _worked(self, answer: Any, died: type[Exception]) -> "Future[Worked[Any]]":
        """What a worker answers; that the scheduler is gone, and what no spec is to blame for, is an `EngineLost`."""
        worked: Future[Worked[Any]] = Future()

        def arrived(answer: Any) -> None:
            try:
                came = pickle.loads(self._bytes(answer, died))
            except Exception as error:
                came = error
            if isinstance(came, Exception):
                worked.set_exception(came)
            else:
                worked.set_result(came)

        answer.add_done_callback(arrived)
        return worked

    def _bytes(self, answer: Any, died: type[Exception]) -> bytes:
        try:
            return bytes(answer.result())
        except died:
            raise
        except (CancelledError, OSError):
            raise EngineLost(self._gone()) from None
        except Unlike as unlike:
            raise EngineLost(f"a worker of {self.scheduler} that came later is not like the others: {unlike}") from None
        except Exception as error:
            raise EngineLost(f"a worker of {self.scheduler} cannot work: {_line(error)}") from None

    def _gone(self) -> str:
        return f"the Dask scheduler at {self.scheduler} is gone"


def _knock(scheduler: str, security: Any) -> None:
    """Raises ValueError for what is no address or has no keys, and OSError where nobody or somebody else listens.

    Dask's client would wait for some time, in vain, or for ever where somebody listens and says nothing.
    """
    from distributed import Security
    from distributed.comm import get_address_host_port

    secure = scheduler.startswith("tls:")
    if secure and not (security or Security()).get_connection_args("client").get("ssl_context"):
        raise ValueError("Dask's configuration has no keys for TLS")
    with socket.create_connection(get_address_host_port(scheduler), CONNECT_SECONDS) as connection:
        connection.settimeout(CONNECT_SECONDS)
        if not secure:  # else we would have to speak first
            connection.recv(1)


@contextmanager
def _silent() -> Iterator[None]:
    """Keep Dask from logging: what matters of it is said by us."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client", "distributed.gc")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _check(client: Any, scheduler: str) -> None:
    """Raises `NoCluster` unless all workers compute what we would."""
    answers = client.run(differences, versions_and_code(), on_error="return")
    said = {worker: answer for worker, answer in answers.items() if not isinstance(answer, OSError)}  # that is gone
    if not said:
        raise NoCluster(
            f"the Dask scheduler at {scheduler} has no workers: start some with `dask worker {scheduler} --nthreads 1`"
        )
    wrong = {
        worker: f"kubenines cannot be imported there ({_line(answer)})" if isinstance(answer, Exception) else answer
        for worker, answer in said.items()
        if answer
    }
    if wrong:
        shown = "".join(f"\n  {worker}: {why}" for worker, why in sorted(wrong.items())[:10])
        more = f"\n  and {len(wrong) - 10} more" if len(wrong) > 10 else ""
        raise NoCluster(
            f"{len(wrong)} of {len(said)} workers of {scheduler} would not compute what this process would:"
            f"{shown}{more}\nevery worker needs the same kubenines, and the same versions of what it needs"
        )


def _line(error: Exception) -> str:
    """The first line of what an error says, with its type unless that says nothing."""
    kind = "" if type(error) is Exception else f"{type(error).__name__}: "
    return f"{kind}{str(error).partition(chr(10))[0]}".removesuffix(": ")

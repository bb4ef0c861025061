"""Engines: where the cells of an experiment run. An engine has one method; what it is handed can be pickled."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Id = TypeVar("Id")
Spec = TypeVar("Spec")
Result = TypeVar("Result")


class EngineLost(Exception):
    """The engine is gone, for all specs: its scheduler, all of its workers, or what makes them alike."""


class WorkerDied(RuntimeError):
    """The process that worked on a spec ended without a word, each time."""


class Engine(Protocol):
    """Calls a function on many specs, somewhere."""

    @property
    def name(self) -> str:
        """How the engine is called in manifest.json and on the command line."""
        ...

    @property
    def workers(self) -> int:
        """How many specs it works on at once."""
        ...

    @property
    def options(self) -> list[str]:
        """The words of a command line that ask for it."""
        ...

    def map_unordered(
        self, function: Callable[[Spec], Result], specs: Iterable[tuple[Id, Spec]]
    ) -> Iterator[tuple[Id, Result | Exception]]:
        """Yield, in any order, the id of every spec with what `function(spec)` returned, or with the exception.

        Specs are taken when there is room for them, never all at once: a caller who wants to stop ends `specs`, and
        then gets the results of those that were taken. Called again, if need be: `function` must have no effect but
        its result. Nothing is raised for a spec, whatever happens to it; its exception is yielded, `WorkerDied` if it
        took its process down each time. Raises `EngineLost` if no spec can be worked on any more.
        """
        ...

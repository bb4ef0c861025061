"""Records of objects that have a spec: what one must say of itself, so that the API and the state can keep it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Protocol, TypeVar

from simulator.log import Kind
from simulator.state.objects.workload import Workload

MakeWorkload = Callable[[str, str, str], Workload]
"""(kind, namespace, name) -> a new maker of pods."""


class Record(Protocol):
    """An object as the API server keeps it: its spec, how often that changed, and its status."""

    GENERATION: ClassVar[Kind]
    """The transitions that tell of its creation and of each change of its spec."""
    STATUS: ClassVar[Mapping[Kind, str]]
    """The transitions of its status, and the attribute that each tells of."""
    index: int
    """It was the so-manieth of its kind to be made, from 0."""
    generation: int
    spec: Any

    @classmethod
    def made(cls, index: int, spec: Any, make_workload: MakeWorkload) -> "Record":
        """The record of a new object; one that makes pods calls `make_workload` once."""
        ...

    def renew(self, spec: Any, cause: int) -> Iterable[tuple[Kind, int, int]]:
        """Takes another spec; what else changes with it, as (kind, old, new) of further transitions."""
        ...


_RECORDS: dict[type, type[Record]] = {}

R = TypeVar("R", bound=type[Record])


def record_of(spec: type) -> Callable[[R], R]:
    """Class decorator: objects of this type are kept in records of the class, from when its module is imported."""

    def add(record: R) -> R:
        _RECORDS[spec] = record
        return record

    return add


def record_class(spec: type) -> type[Record] | None:
    """The class of records of such objects, if they have any."""
    return _RECORDS.get(spec)


def record_classes() -> list[type[Record]]:
    """All of them, in the order of their generations in the log."""
    return sorted(_RECORDS.values(), key=lambda record: record.GENERATION)

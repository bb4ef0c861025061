"""The registry of metrics: `@metric` on a function, in any file of this folder, is all it takes to be a column.

A metric is a pure function of an `Observation` (of a Service in a run: a column of `runs`) or of a
`ClusterObservation` (of a whole run: a column of `cells`). Its name is the column's, its return annotation the column's
type, the first line of its docstring the column's meaning.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Generic, TypeVar, get_type_hints

import experiments.metrics as folder
from experiments.metrics.cluster import ClusterObservation
from experiments.metrics.column import Column
from experiments.metrics.observation import Observation
from models.discovery import import_files

Seen = TypeVar("Seen", Observation, ClusterObservation)
Function = TypeVar("Function", bound=Callable[[Any], float])


class Group(Enum):
    """What metrics are about, in the order of their columns.

    Those of a group come by the names of their files, and those of a file as they stand there.
    """

    WINDOW = "what was measured"
    AVAILABILITY = "availability"
    OUTAGES = "outages"
    LADDER = "availability by stricter predicates"
    CAPACITY = "endpoints that answer"
    BUDGET = "error budget"
    ALERTS = "burn-rate alerts"
    PENDING = "pods without a node"
    RESCHEDULES = "pods made anew"
    COST = "what is paid for"


_GROUPS = list(Group)


class Unit(StrEnum):
    """What a metric is counted in."""

    SECONDS = "s"
    HOURS = "h"
    SHARE = "share"
    NUMBER = ""


@dataclass(frozen=True)
class Metric(Generic[Seen]):
    """A registered metric, and how it is shown."""

    measure: Callable[[Seen], float]
    column: Column
    group: Group
    heading: str
    """A word or a few, as at the head of a table."""
    unit: Unit


_TYPES: dict[type, tuple[type, ...]] = {Observation: (int, float), ClusterObservation: (float,)}
"""What metrics of each may return: a failed run has a row too, and there is no integer that says that it is missing."""
_REGISTERED: dict[type, dict[str, Metric[Any]]] = {Observation: {}, ClusterObservation: {}}


def metric(group: Group, heading: str, unit: Unit) -> Callable[[Function], Function]:
    """Registers the function below. TypeError if it is not annotated or not documented as a metric is."""

    def add(function: Function) -> Function:
        name, hints = function.__name__, get_type_hints(function)
        returned = hints.pop("return", None)
        seen = next(iter(hints.values()), object)
        if returned not in _TYPES.get(seen, ()) or not function.__doc__:
            raise TypeError(
                f"metric {name}: expected a docstring, and annotations that take an Observation to an int or a float, "
                f"or a ClusterObservation to a float (got {seen} to {returned})"
            )
        known = _REGISTERED[seen].get(name)
        if known is not None and known.measure.__module__ != function.__module__:
            modules = f"{known.measure.__module__} and {function.__module__}"
            raise ValueError(f"metric {name} is registered twice: {modules}")
        column = Column(name, returned, function.__doc__.split("\n")[0])
        _REGISTERED[seen][name] = Metric(function, column, group, heading, unit)
        return function

    return add


def metrics(seen: type[Seen]) -> dict[str, Metric[Seen]]:
    """All metrics of a Service (`Observation`) or of a run (`ClusterObservation`), in the order of their columns."""
    _discover()
    found = _REGISTERED[seen]
    return dict(sorted(found.items(), key=lambda item: (_GROUPS.index(item[1].group), item[1].measure.__module__)))


def own_metrics() -> tuple[Callable[..., Any], ...]:
    """The functions of metrics that stand elsewhere than in this folder: a process that gets them has them, too."""
    found = [metric.measure for seen in _REGISTERED.values() for metric in seen.values()]
    return tuple(function for function in found if not function.__module__.startswith(f"{folder.__name__}."))


@functools.cache
def _discover() -> None:
    """Imports every file of this folder; once a process."""
    import_files(folder.__name__)

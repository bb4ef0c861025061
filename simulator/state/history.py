"""What became of every Service over time."""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.service import service_names
from simulator.kernel import Kernel
from simulator.log import Kind, TransitionLog
from simulator.state.cluster import ClusterState
from simulator.step_function import StepFunction

_COUNTS = {
    "answering": Kind.SERVICE_ANSWERING,
    "ready": Kind.SERVICE_READY,
    "desired": Kind.SERVICE_DESIRED,
}
"""What is counted -> the transitions that tell of it."""


@dataclass(frozen=True)
class ServiceHistory:
    """One Service over the measured window; the functions count endpoints, or replicas."""

    name: str
    answering: StepFunction
    """Endpoints in use that can answer: what users meet."""
    ready: StepFunction
    """Endpoints listed as ready: what the control plane believes."""
    desired: StepFunction
    """Replicas desired of the workloads behind the Service."""


class _Changes:
    """How one count changed: times and counts, in turn."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows = array("d")

    def add(self, time: float, count: int) -> None:
        self._rows.append(time)
        self._rows.append(count)

    def rows(self) -> Floats:
        """Shape (n, 2)."""
        return np.frombuffer(self._rows, dtype=np.float64).reshape(-1, 2)


class Recorder:
    """Listens to Services, and keeps their counts over time, whether or not there is a log."""

    def __init__(self, kernel: Kernel, state: ClusterState) -> None:
        self._kernel = kernel
        self._state = state
        self._counts: Mapping[Kind, defaultdict[int, _Changes]] = {
            kind: defaultdict(_Changes) for kind in _COUNTS.values()
        }
        for kind in _COUNTS.values():
            self._note(kind)

    def _note(self, kind: Kind) -> None:
        counts, kernel = self._counts[kind], self._kernel
        self._state.listen(kind, lambda service, new, cause: counts[service.index].add(kernel.now, new))

    def histories(self, start: float, end: float) -> dict[str, ServiceHistory]:
        """Every Service from `start` to `end`, by name."""
        changes = {(kind, i): changes.rows() for kind, counts in self._counts.items() for i, changes in counts.items()}
        return dict(_histories(service_names([service.spec for service in self._state.services]), changes, start, end))


def histories(log: TransitionLog, start: float, end: float) -> dict[str, ServiceHistory]:
    """Every Service from `start` to `end`, by name, from the log of a run: what its Recorder kept."""
    changes: dict[tuple[Kind, int], Floats] = {}
    rows = log.of_kind(*_COUNTS.values())
    for kind in _COUNTS.values():
        of_kind = rows[rows[:, 1] == kind]
        for service in np.unique(of_kind[:, 2]):
            changes[kind, int(service)] = of_kind[of_kind[:, 2] == service][:, (0, 4)]
    return dict(_histories(log.names["SERVICE"], changes, start, end))


def _histories(
    names: Sequence[str], changes: Mapping[tuple[Kind, int], Floats], start: float, end: float
) -> Iterator[tuple[str, ServiceHistory]]:
    """`changes`: times and counts, shape (n, 2)."""
    never = np.empty((0, 2))
    for i, name in enumerate(names):
        rows = {what: changes.get((kind, i), never) for what, kind in _COUNTS.items()}
        yield (
            name,
            ServiceHistory(
                name,
                **{what: StepFunction.of_changes(start, 0.0, of[:, 0], of[:, 1], end) for what, of in rows.items()},
            ),
        )

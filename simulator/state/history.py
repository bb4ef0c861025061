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


class Recorder:
    """Listens to Services, and keeps their counts over time, whether or not there is a log."""

    def __init__(self, kernel: Kernel, state: ClusterState) -> None:
        self._kernel = kernel
        self._state = state
        self._changes: Mapping[Kind, defaultdict[int, array[float]]] = {
            kind: defaultdict(lambda: array("d")) for kind in _COUNTS.values()
        }
        """By Service: times and counts, in turn."""
        for kind in _COUNTS.values():
            self._note(kind)

    def _note(self, kind: Kind) -> None:
        changes, kernel = self._changes[kind], self._kernel
        self._state.listen(kind, lambda service, new, cause: changes[service.index].extend((kernel.now, new)))

    def histories(self, start: float, end: float) -> dict[str, ServiceHistory]:
        """Every Service from `start` to `end`, by name."""
        changes = {
            (kind, i): np.frombuffer(rows, dtype=np.float64).reshape(-1, 2)
            for kind, by_service in self._changes.items()
            for i, rows in by_service.items()
        }
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

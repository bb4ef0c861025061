"""The rows of a transition log that tell of one Service."""

from collections.abc import Iterator

import numpy as np

from experiments.attribution.pods import CONTROLLERS, OF_NODES, OF_PODS, SCHEDULER
from simulator.log import Kind, TransitionLog
from simulator.processes import Process

Row = tuple[float, int, int, int, int]
"""Of a transition: its time, kind, subject, new value and cause."""
_OF_SERVICES = (Kind.SERVICE_DESIRED, Kind.SERVICE_ANSWERING, Kind.SERVICE_REFUSED)
_OF_NODES = np.array(OF_NODES)[:, np.newaxis]


class Rows:
    """The rows of a log until `end` (seconds), which many Services ask for those about them."""

    def __init__(self, log: TransitionLog, end: float) -> None:
        until = int(log.column("time").searchsorted(end))
        kinds = log.column("kind")[:until].astype(np.intp)
        self._log = log
        self._subjects = max(len(log.selected_by), len(log.zones), len(log.names["SERVICE"]), len(Process))
        self._whom = kinds * self._subjects + np.minimum(log.column("subject")[:until], self._subjects - 1)
        """By row: what it tells of, its kind and its subject in one number."""
        self._bindings = np.flatnonzero(kinds == Kind.POD_NODE)

    def about(self, service: int) -> Iterator[Row]:
        """Those that tell of the Service with this number, of its pods, and of the nodes that these were on."""
        log = self._log
        ours = np.zeros((len(Kind), self._subjects), dtype=bool)
        ours[OF_PODS, : len(log.selected_by)] = [service in services for services in log.selected_by]
        ours[_OF_SERVICES, service] = True
        ours[Kind.COMPONENT_UP, [CONTROLLERS, SCHEDULER]] = True
        bindings = self._bindings[ours.ravel()[self._whom[self._bindings]]]
        ours[_OF_NODES, log.column("new")[bindings]] = True
        wanted = np.flatnonzero(ours.ravel()[self._whom])
        return zip(
            *(log.column(name)[wanted].tolist() for name in ("time", "kind", "subject", "new", "cause")), strict=True
        )

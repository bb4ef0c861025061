"""The work queue between transitions and a controller's reconcile."""

from collections.abc import Callable
from typing import Generic, TypeVar

from simulator.component import Component

Key = TypeVar("Key")


class WorkQueue(Generic[Key]):
    """Keys waiting to be reconciled, first come first served; repeated adds collapse into one.

    They are reconciled `latency` seconds after the first was added, together: the time that watch, queue and writes
    take. A controller is level-triggered, so what comes in between needs no reconcile of its own
    (k8s.io/client-go/util/workqueue).
    """

    def __init__(self, kernel: Component, latency: float, reconcile: Callable[[Key], None]) -> None:
        self._kernel = kernel
        self._latency = latency
        self._reconcile = reconcile
        self._waiting: dict[Key, None] = {}

    def add(self, key: Key) -> None:
        """Asks for a reconcile of `key`."""
        if not self._waiting:
            self._kernel.timer(self._latency, self._drain)
        self._waiting[key] = None

    def _drain(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for key in waiting:
            self._reconcile(key)

"""Batches: pods that come shortly after each other are looked at together.

Source: karpenter pkg/controllers/provisioning (batcher.go, controller.go).
"""

from collections.abc import Callable, Collection

from simulator.component import Component
from simulator.kernel import Timer

REQUEUE = 10.0
"""Seconds after which a pod that still waits counts as one that comes."""


class Batcher:
    """Calls `close` when pods want nodes and none has come for `idle` seconds, or `most` seconds after the first.

    `wanting` says which pods (by uid) want nodes now; `look` is to be called when that may have changed.
    """

    def __init__(
        self,
        kernel: Component,
        idle: float,
        most: float,
        wanting: Callable[[], Collection[int]],
        close: Callable[[], None],
    ) -> None:
        self._kernel = kernel
        self._idle = idle
        self._most = most
        self._wanting = wanting
        self._close = close
        self._batch: set[int] = set()
        self._latest = 0.0
        self._timer: Timer | None = None
        self._requeued: dict[int, float] = {}
        """Pods that an earlier batch was about, and when they count again."""
        self._again: Timer | None = None

    def look(self) -> None:
        """Takes pods that want nodes into the batch."""
        now = self._kernel.now
        wanting = self._wanting()
        self._requeued = {uid: time for uid, time in self._requeued.items() if uid in wanting}
        coming = {uid for uid in wanting if uid not in self._batch and self._requeued.get(uid, now) <= now}
        later = [self._requeued[uid] for uid in wanting if uid not in self._batch and uid not in coming]
        if later and self._again is None:
            self._again = self._kernel.timer(min(later) - now, self._look_again)
        if not coming:
            return
        if self._timer is None:
            self._latest = now + self._most
        else:
            self._timer.cancel()
        self._batch |= coming
        self._timer = self._kernel.timer(min(now + self._idle, self._latest) - now, self._end)

    def _look_again(self) -> None:
        self._again = None
        self.look()

    def _end(self) -> None:
        self._timer = None
        self._requeued |= dict.fromkeys(self._batch, self._kernel.now + REQUEUE)
        self._batch.clear()
        self._close()

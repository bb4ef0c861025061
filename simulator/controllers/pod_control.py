"""Making pods for controllers: they ask the API server, and if it refuses, ask again, later and later.

Source: pkg/controller/controller_utils.go (RealPodControl), k8s.io/client-go/util/workqueue. A pass that is refused a
pod fails, and its object is put back into the queue after 5 ms x 2^n, 1000 s at most (Jobs: 1 s x 2^n, 60 s at most),
n being how many passes have failed since the last that did not. A pass at any other time is one of the same kind:
whatever happens to the object's own pods, or a change of its scale, brings it about; that a quota has room again does
not.

Passes that only a clock brings about fail as long as no quota gives anything back, so these are counted and not made.
"""

import math
from collections.abc import Callable
from typing import Generic, TypeVar

from simulator.component import Component
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodClass, PodOwner, PodState, QuotaState

Owner = TypeVar("Owner", bound=PodOwner)


class _Backoff:
    """Of an object whose last pass failed."""

    __slots__ = ("due", "failures", "pod_class", "timer")

    def __init__(self, pod_class: PodClass) -> None:
        self.pod_class = pod_class
        """Of the pod that it was refused."""
        self.failures = 0
        self.due = math.inf
        """When the clock brings about the next pass; infinite while a pass is about to be made."""
        self.timer: Timer | None = None


class PodControl(Generic[Owner]):
    """Makes the pods of one controller's objects.

    `waits` are the first and the longest before another pass, in seconds; `retry` is called with an object that is to
    have one since its wait is over, `pod_changed` with one of which a pod has changed.
    """

    def __init__(
        self,
        kernel: Component,
        state: ClusterState,
        waits: tuple[float, float],
        retry: Callable[[Owner], None],
        pod_changed: Callable[[Owner], None],
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._initial, self._longest = waits
        self._retry = retry
        self._react = pod_changed
        self._refused: dict[Owner, tuple[PodClass, str]] = {}
        """Those that were refused a pod in a pass that is not over, and why."""
        self._backoffs: dict[Owner, _Backoff] = {}
        self._listening = False
        kernel.on_restart(self._restarted)

    def _restarted(self) -> None:
        """A new process has not failed yet: it makes a pass over all objects at once."""
        for owner in list(self._backoffs):
            self._forget(owner)
            self._retry(owner)

    def create(
        self,
        pod_class: PodClass,
        owner: Owner,
        cause: int,
        ordinal: int | None = None,
        only_node: int | None = None,
    ) -> PodState | None:
        """A new pod of the owner, as `Pods.create` makes it; None if the API server refuses it."""
        words = self._state.admission.refusal(pod_class)
        if words:
            self._refused[owner] = pod_class, words
            return None
        return self._state.pods.create(pod_class, owner, cause, ordinal, only_node)

    def settle(self, owner: Owner) -> bool:
        """To be called at the end of every pass: says whether the pods that it asked for were made."""
        pod_class, words = self._refused.pop(owner, (None, ""))
        if pod_class is None:
            if owner.refusal:
                self._state.admission.set_refused(owner, "", (), owner.cause)
                self._forget(owner)
            return True
        self._state.admission.set_refused(owner, words, pod_class.services, owner.cause)
        if not pod_class.template.absences.refused:  # which no time heals
            self._put_back(owner, pod_class)
        return False

    def _forget(self, owner: Owner) -> None:
        backoff = self._backoffs.pop(owner, None)
        if backoff is not None and backoff.timer is not None:
            backoff.timer.cancel()

    def _put_back(self, owner: Owner, pod_class: PodClass) -> None:
        """One more failure; what waits already to be put back sooner still is (AddRateLimited)."""
        if not self._listening:
            self._listen()
        backoff = self._backoffs.setdefault(owner, _Backoff(pod_class))
        backoff.pod_class, now = pod_class, self._kernel.now
        self._pass_by(backoff)
        due = now + self._fail(backoff)
        backoff.due = due if backoff.due <= now else min(backoff.due, due)

    def _listen(self) -> None:
        self._listening = True
        for kind in (Kind.QUOTA_GENERATION, Kind.QUOTA_CHARGED):
            self._state.listen(kind, self._quota_changed)
        for kind in (Kind.POD_NODE, Kind.POD_PHASE, Kind.POD_READY, Kind.POD_DELETING):
            self._state.listen(kind, self._pod_changed)

    def _pod_changed(self, pod: PodState, new: int, cause: int) -> None:
        if pod.owner in self._backoffs:
            self._react(pod.owner)

    def _quota_changed(self, quota: QuotaState, new: int, cause: int) -> None:
        """Those that wait may find room the next time that the clock has them look."""
        for owner, backoff in self._backoffs.items():
            pod_class = backoff.pod_class
            waits = backoff.timer is None and backoff.due < math.inf
            if waits and pod_class.namespace == quota.spec.namespace and not self._state.admission.refusal(pod_class):
                self._arm(owner, backoff)

    def _arm(self, owner: Owner, backoff: _Backoff) -> None:
        self._pass_by(backoff)
        backoff.timer = self._kernel.timer(backoff.due - self._kernel.now, lambda: self._due(owner, backoff))

    def _due(self, owner: Owner, backoff: _Backoff) -> None:
        backoff.timer, backoff.due = None, math.inf
        self._retry(owner)

    def _pass_by(self, backoff: _Backoff) -> None:
        """Count the passes that have failed by now."""
        while backoff.due < self._kernel.now:
            backoff.due += self._fail(backoff)

    def _fail(self, backoff: _Backoff) -> float:
        """One more failure: seconds to the next pass."""
        wait = min(self._initial * 2.0 ** min(backoff.failures, 64), self._longest)
        backoff.failures += 1
        return wait

"""The image registry as kubelets meet it: gone, or slow; and the pods and containers that wait for it.

Source: pkg/kubelet/images (image_manager.go: ErrImagePull, then ImagePullBackOff for 10 s x 2^k, 300 s at most, per pod
and image), pkg/kubelet/pod_workers.go (a worker that failed looks again after 10 to 15 s; only then a pull is tried).
With imagePullPolicy Always the registry is asked at every start of a container, whether or not the image is there.
Nothing polls: which try is the first to succeed is worked out when the registry is back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.pod import Container
from simulator.kernel import Kernel, Order
from simulator.state.cluster import ClusterState
from simulator.state.objects import ContainerState, PodState

FIRST_BACKOFF, LONGEST_BACKOFF = 10.0, 300.0
"""Seconds after which an image is pulled again: first, and at most; each time twice as long."""
LOOKS_AGAIN = (10.0, 15.0)
"""Seconds after which a worker that failed looks again: at least, and at most."""


@dataclass(frozen=True, eq=False)
class RegistryTrouble:
    """A reason for which the registry does not do as it should."""

    cause: int
    factor: float
    """How many times as long pulls take; infinite if they fail."""


@dataclass(eq=False, slots=True)
class _Waiting:
    pod: PodState
    container: ContainerState | None
    """What is to be started again; None: the pod."""
    since: float
    image: str
    go_on: Callable[[], None]


class ImageRegistry:
    """Whether images can be had, and who waits for that; `fail` and `repair` are counted."""

    def __init__(self, kernel: Kernel, state: ClusterState, hold: Callable[[PodState], object]) -> None:
        """`hold`: has what was planned for a pod wait, if its kubelet hangs."""
        self._kernel = kernel
        self._state = state
        self._hold = hold
        self._troubles: list[RegistryTrouble] = []
        self._waiting: dict[tuple[int, str], _Waiting] = {}

    # What stories may do

    def fail(self, cause: str, factor: float) -> RegistryTrouble:
        """From now on pulls take `factor` times as long, or fail if that is infinite; those under way go on."""
        trouble = RegistryTrouble(self._state.cause(cause), factor)
        self._troubles.append(trouble)
        return trouble

    def repair(self, trouble: RegistryTrouble) -> None:
        """Takes that away. If pulls succeed again, each that waits succeeds at its first try from now on."""
        self._troubles.remove(trouble)
        if not self._is_gone:
            for waiting in list(self._waiting.values()):
                self._try_later(waiting)

    # What kubelets do

    @property
    def is_well(self) -> bool:
        """Whether nobody has to wait, or waits, for it."""
        return not (self._troubles or self._waiting)

    @property
    def _is_gone(self) -> bool:
        return any(trouble.factor == np.inf for trouble in self._troubles)

    def slowdown(self, pod: PodState) -> float:
        """How many times as long the pulls that begin now for the pod take; what it waits for is due to that."""
        factor = 1.0
        for trouble in self._troubles:
            factor *= trouble.factor
            self._blame(pod, trouble)
        return factor

    def awaits(
        self,
        pod: PodState,
        container: ContainerState | None,
        starting: Sequence[Container],
        there: Callable[[str], bool],
        go_on: Callable[[], None],
    ) -> bool:
        """Whether it has to wait with starting these; then `go_on()` is called once they may be worth a try.

        `there`: whether the node has an image.
        """
        key = pod.uid, "" if container is None else container.spec.name
        images = (each.image for each in starting if each.image_pull_policy == "Always" or not there(each.image))
        image = next((image for image in images if image), None)
        if image is None or not self._is_gone:
            self._waiting.pop(key, None)
            return False
        before = self._waiting.get(key)
        since = self._kernel.now if before is None else before.since
        self._waiting[key] = _Waiting(pod, container, since, image, go_on)
        self._blame(pod, next(trouble for trouble in self._troubles if trouble.factor == np.inf))
        self._state.pods.set_pulling(pod, True, pod.cause)
        return True

    def _blame(self, pod: PodState, trouble: RegistryTrouble) -> None:
        if not pod.deleting:
            pod.cause = trouble.cause

    def forget(self, pod: PodState) -> None:
        """Nothing of the pod waits any more: it starts anew, is gone, or its node is off."""
        waiting = [key for key in self._waiting if key[0] == pod.uid] if self._waiting else []
        for key in waiting:
            del self._waiting[key]
        if waiting and pod.uid in self._state.pods:
            self._state.pods.set_pulling(pod, False, pod.cause)

    def reason(self, pod: PodState) -> str:
        """Why the pod, or one of its containers, does not start, in Kubernetes' words; "" if it does not wait."""
        waits = (waiting for waiting in self._waiting.values() if waiting.pod is pod)
        waiting = next(waits, None)
        return "" if waiting is None else f'ImagePullBackOff: Back-off pulling image "{waiting.image}"'

    def _try_later(self, waiting: _Waiting) -> None:
        pod, container = waiting.pod, waiting.container
        waited = self._kernel.now - waiting.since
        looks = pod.slot.stream("look-again").uniform(*LOOKS_AGAIN, size=int(waited / LOOKS_AGAIN[0]) + 40)
        key = pod.uid, "" if container is None else container.spec.name

        def go_on() -> None:
            if self._waiting.get(key) is waiting:
                del self._waiting[key]
                if not pod.stopping:
                    self._state.pods.set_pulling(pod, False, pod.cause)
                    waiting.go_on()

        timer = self._kernel.timer(next_pull(waited, looks) - waited, go_on, Order.KUBELET)
        if container is None:
            pod.timer = timer
        else:
            container.timers.append(timer)
        self._hold(pod)


def next_pull(waited: float, looks: Floats) -> float:
    """When an image is pulled that could not be, at `waited` or later, both in seconds since the first try failed.

    `looks`: seconds from one look of the pod's worker to the next, enough of them. It tries at the first look at which
    the back-off is over.
    """
    times = np.cumsum(looks)
    tried, backoff = 0.0, FIRST_BACKOFF
    while tried < waited:
        tried = float(times[np.searchsorted(times, tried + backoff)])
        backoff = min(2 * backoff, LONGEST_BACKOFF)
    return tried

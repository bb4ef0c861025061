"""Secrets that may not be read: pods that start meanwhile wait until they may.

Source: pkg/volume/secret, pkg/kubelet/kubelet_pods.go; pkg/util/goroutinemap/exponentialbackoff (a volume is tried
again after 0.5 s, 1 s, 2 s, ... up to 122 s); pkg/kubelet/volumemanager (a pod's worker waits 123 s for its volumes);
pkg/kubelet/pod_workers.go (it looks again after 10 to 15 s). `optional` is about objects that are not there. Nothing
polls: which of the kubelet's tries is the first to succeed is worked out when the object may be read again.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.configuration import ConfigurationReference, Via
from simulator.kernel import Kernel, Order
from simulator.log import Configured
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState

FIRST_TRY, LONGEST_TRY = 0.5, 122.0
"""Seconds after which a volume is tried again: first, and at most; each time twice as long."""
WORKER_WAITS = 123.0
"""Seconds that a pod's worker waits for the volumes."""
LOOKS_AGAIN = (10.0, 15.0)
"""Seconds after which a worker that failed looks again: at least, and at most."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A Secret that may not be read."""

    key: str
    accounts: tuple[str, ...]
    """By the pods of which ServiceAccounts; (): by any."""
    cause: int

    def meets(self, pod: PodState) -> ConfigurationReference | None:
        """The first reference of the pod that it is about."""
        if self.accounts and pod.pod_class.spec.service_account not in self.accounts:
            return None
        return next((each for each in pod.pod_class.template.configuration if each.key == self.key), None)


@dataclass(frozen=True, slots=True)
class _Waiting:
    pod: PodState
    since: float
    reference: ConfigurationReference
    go_on: Callable[[PodState], None]


class Access:
    """Who may not read what, and the pods that wait for it."""

    def __init__(self, kernel: Kernel, state: ClusterState) -> None:
        self._kernel = kernel
        self._state = state
        self._refusals: list[Refusal] = []
        self._waiting: dict[int, _Waiting] = {}

    def refuse(self, refusal: Refusal) -> None:
        """From now on the kubelets cannot read it; what they have read, they keep."""
        self._refusals.append(refusal)

    def allow(self, refusal: Refusal) -> None:
        """They can again: each pod that waits starts at the first try from now on."""
        self._refusals.remove(refusal)
        for uid, waiting in list(self._waiting.items()):
            if self._state.pods.get(uid) is not waiting.pod:
                del self._waiting[uid]
            elif waiting.reference.key == refusal.key and not waiting.pod.stopping:
                self._try_later(waiting)

    def awaits(self, pod: PodState, go_on: Callable[[PodState], None]) -> bool:
        """Whether a pod that is to start has to wait; then `go_on(pod)` is called once it may be worth a try."""
        if not (self._refusals or self._waiting):
            return False
        for refusal in self._refusals:
            reference = refusal.meets(pod)
            if reference is not None:
                before = self._waiting.get(pod.uid)
                since = self._kernel.now if before is None else before.since
                self._waiting[pod.uid] = _Waiting(pod, since, reference, go_on)
                pod.stage = -1
                if not pod.deleting:
                    pod.cause = refusal.cause
                self._state.pods.set_configuration(pod, Configured.AWAITED, pod.cause)
                return True
        self.forget(pod)
        return False

    def forget(self, pod: PodState) -> None:
        """The pod does not wait any more: it starts, or its node is off."""
        if self._waiting.pop(pod.uid, None) is not None:
            self._state.pods.set_configuration(pod, Configured.WELL, pod.cause)

    def reason(self, pod: PodState) -> str:
        """Why the pod does not start, in Kubernetes' words; "" if it does not wait."""
        waiting = self._waiting.get(pod.uid)
        if waiting is None or pod.configuration is not Configured.AWAITED:
            return ""
        kind, namespace, name = waiting.reference.key.split("/")
        resource = f"{kind.lower()}s"
        account = f"system:serviceaccount:{namespace}:{pod.pod_class.spec.service_account}"
        words = (
            f'{resource} "{name}" is forbidden: User "{account}" cannot get resource "{resource}" '
            f'in API group "" in the namespace "{namespace}"'
        )
        if waiting.reference.via is Via.ENV:
            return f"CreateContainerConfigError: {words}"
        return f'FailedMount: MountVolume.SetUp failed for volume "{waiting.reference.volume}" : {words}'

    def _try_later(self, waiting: _Waiting) -> None:
        pod = waiting.pod
        waited = self._kernel.now - waiting.since
        looks = pod.slot.stream("look-again").uniform(*LOOKS_AGAIN, size=int(waited / LOOKS_AGAIN[0]) + 2)
        after = env_retry(waited, looks) if waiting.reference.via is Via.ENV else mount_retry(waited, looks)

        def go_on() -> None:
            # If its node was off or cut off meanwhile, the pod is started when that is back.
            is_there = self._state.nodes.reporting[pod.node] and not pod.stopping
            if self._waiting.get(pod.uid) is waiting and is_there:
                waiting.go_on(pod)

        pod.timer = self._kernel.timer(after - waited, go_on, Order.KUBELET)


def env_retry(waited: float, looks: Floats) -> float:
    """When a container is tried again that could not be made, at `waited` or later, both in seconds since it failed.

    `looks`: seconds from one try to the next, enough of them.
    """
    tries = np.cumsum(looks)
    return float(tries[np.searchsorted(tries, waited)])


def mount_retry(waited: float, looks: Floats) -> float:
    """When a pod goes on whose volume could not be mounted; arguments as for `env_retry`.

    The volume is mounted at its first try from `waited` on; the pod goes on then if its worker waits for it just then,
    and else when it looks again.
    """
    mounted, gap = 0.0, FIRST_TRY
    while mounted < waited:
        mounted, gap = mounted + gap, min(2 * gap, LONGEST_TRY)
    looked = np.cumsum(WORKER_WAITS + looks)
    begun = np.append(0.0, looked)
    round_ = int(np.searchsorted(begun, mounted, side="right")) - 1
    return mounted if mounted <= begun[round_] + WORKER_WAITS else float(begun[round_ + 1])

"""The volume binder: from a node that was chosen to claims that are bound, and only then to a pod that is.

Source: pkg/scheduler/framework/plugins/volumebinding (Reserve, PreBind). Meanwhile the pod is assumed to be on the
node: what it asks for counts there. The scheduler looks every second whether all is bound; after 600 s, or when the
node is gone, it gives up, and the pod is scheduled anew, which does not stop the making of its volumes.
"""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from models.timing import Timing
from simulator.component import Component
from simulator.log import Kind
from simulator.scheduling.counts import PodCounts
from simulator.scheduling.storage import StorageView
from simulator.state.cluster import ClusterState
from simulator.state.objects import ClaimPhase, ClaimState, PodState, VolumeWait
from simulator.state.volumes import ephemeral_name

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class _Assumed:
    """A pod that goes to a node once its claims are bound, and since when it waits for that."""

    pod: PodState
    node: int
    since: float


class VolumeBinder:
    """Holds pods back whose claims have no volume yet; `bind` and `give_up` are what then becomes of one."""

    def __init__(
        self,
        kernel: Component,
        state: ClusterState,
        timing: Timing,
        counts: PodCounts,
        bind: Callable[[PodState, int], None],
        give_up: Callable[[PodState], None],
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._period = timing.volume_bind_period
        self._timeout = timing.volume_bind_timeout
        self._counts = counts
        self._bind = bind
        self._give_up = give_up
        self._assumed: dict[PodState, _Assumed] = {}
        self._waiting: defaultdict[ClaimState, list[_Assumed]] = defaultdict(list)
        """By claim that is not bound, those who wait for it, or did."""
        state.listen(Kind.CLAIM_PHASE, self._claim_changed)

    def reserve(self, pod: PodState, node: int, storage: StorageView) -> bool:
        """Has the claims of a pod bound that have no volume; whether it has to wait for that, and is bound later."""
        volumes, namespace = self._state.volumes, pod.pod_class.namespace
        for spec in pod.pod_class.spec.ephemeral_claims:
            volumes.claim(replace(spec, name=ephemeral_name(pod, spec), namespace=namespace), pod)
        unbound = [claim for claim in volumes.of_pod(pod) if claim.volume is None]
        if not unbound:
            return False
        for claim, volume in (storage.match(unbound, node) or {}).items():
            volumes.bind(claim, volume)
        for claim in unbound:
            if claim.volume is None and claim.selected_node < 0:
                volumes.select_node(claim, node, pod)
        assumed = self._assumed[pod] = _Assumed(pod, node, self._kernel.now)
        for claim in unbound:
            if claim.volume is None:
                self._waiting[claim].append(assumed)
        self._count(assumed, 1)
        self._state.pods.set_volume_wait(pod, VolumeWait.BINDING, pod.cause)
        self._kernel.timer(self._period, lambda: self._check_bindings(assumed))
        self._kernel.timer(self._timeout, lambda: self._time_out(assumed))
        return True

    def __contains__(self, pod: PodState) -> bool:
        """Whether the pod is assumed to be somewhere, and is not to be scheduled."""
        return pod in self._assumed

    def nodes_changed(self) -> None:
        """Gives up the pods that go to nodes which are gone; to be called before where pods are is counted anew.

        Claims of their own are made anew where they go next.
        """
        for assumed in list(self._assumed.values()):
            if not self._state.nodes.exists[assumed.node]:
                for claim in [claim for claim in self._state.volumes.of_pod(assumed.pod) if claim.owner is assumed.pod]:
                    self._state.volumes.delete(claim, assumed.pod.cause)
                self._unreserve(assumed)

    def forget(self, pod: PodState) -> None:
        """The pod, if it is assumed to be somewhere, is so no more."""
        assumed = self._assumed.pop(pod, None)
        if assumed is not None:
            self._count(assumed, -1)

    def recount(self) -> None:
        """Where pods are is being counted anew."""
        for assumed in self._assumed.values():
            self._counts.arrive(assumed.pod.pod_class, assumed.node)

    def _count(self, assumed: _Assumed, number: int) -> None:
        pod_class, node = assumed.pod.pod_class, assumed.node
        self._state.nodes.use(node, pod_class, number)
        if number > 0:
            self._counts.arrive(pod_class, node)
        else:
            self._counts.depart(pod_class, node)

    def _claim_changed(self, claim: ClaimState, phase: int, cause: int) -> None:
        """Pods that wait for the claim go on when the scheduler looks next."""
        waiting = () if phase == ClaimPhase.PENDING else self._waiting.pop(claim, ())
        for assumed in waiting if phase == ClaimPhase.BOUND else ():
            waited = self._kernel.now - assumed.since
            looks = max(1, math.ceil(waited / self._period - _ROUNDING))
            self._kernel.timer(looks * self._period - waited, partial(self._check_bindings, assumed))

    def _check_bindings(self, assumed: _Assumed) -> None:
        pod, node = assumed.pod, assumed.node
        if self._assumed.get(pod) is assumed and all(c.volume is not None for c in self._state.volumes.of_pod(pod)):
            self.forget(pod)
            self._state.pods.set_volume_wait(pod, VolumeWait.NOTHING, pod.cause)
            self._bind(pod, node)

    def _time_out(self, assumed: _Assumed) -> None:
        """A pod with claims of its own could go nowhere else, and waits on."""
        if self._assumed.get(assumed.pod) is assumed and not assumed.pod.pod_class.spec.ephemeral_claims:
            self._unreserve(assumed)

    def _unreserve(self, assumed: _Assumed) -> None:
        self.forget(assumed.pod)
        self._give_up(assumed.pod)

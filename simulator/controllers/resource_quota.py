"""The ResourceQuota controller: what pods are charged.

Source: pkg/controller/resourcequota, pkg/quota/v1/evaluator/core/pods.go. A pod is charged as it is made. It is let off
when its containers are over or its object is gone. One that is still there 2 grace periods after it was deleted is let
off too, but that no event tells: it is noticed as another pod of the namespace is let off, or at the next resync.
"""

import math
from collections import defaultdict
from typing import NamedTuple

from models.timing import Timing
from simulator.component import Component
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.phases import Phases
from simulator.state.cluster import ClusterState
from simulator.state.objects import Phase, PodState, QuotaState

_ACTIVE = (Phase.PENDING, Phase.RUNNING)


class _Leaving(NamedTuple):
    """A pod that is being deleted."""

    expiry: float
    """A grace period after its deletionTimestamp, which lies a grace period after it was deleted."""
    resync: Timer
    """The first that finds it past its time."""


class ResourceQuotaController:
    """Keeps the usage of every quota; listens to pods from when there is one."""

    def __init__(self, kernel: Component, state: ClusterState, timing: Timing, phases: Phases) -> None:
        self._kernel = kernel
        self._state = state
        self._period = timing.resource_quota_sync_period
        self._phase = phases.resource_quota_sync
        self._leaving: defaultdict[str, dict[PodState, _Leaving]] = defaultdict(dict)
        """By namespace, the pods being deleted."""
        self._listening = False
        state.listen(Kind.QUOTA_GENERATION, self._spec_changed)

    def _spec_changed(self, quota: QuotaState, generation: int, cause: int) -> None:
        if not self._listening:
            self._listening = True
            self._state.listen(Kind.POD_PHASE, self._phase_changed)
            self._state.listen(Kind.POD_DELETING, self._deleting)
        for pod in self._state.pods.values():
            quota.charge(pod, quota.asked_by(pod.pod_class))
            leaving = self._leaving[pod.pod_class.namespace].get(pod)
            if pod.phase not in _ACTIVE or (leaving is not None and self._kernel.now > leaving.expiry):
                quota.charge(pod, quota.remaining(pod))
        self._tell(quota, cause)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if phase == Phase.RUNNING:
            return
        if phase == Phase.ABSENT:
            leaving = self._leaving[pod.pod_class.namespace].pop(pod, None)
            if leaving is not None:
                leaving.resync.cancel()
        let_off = False
        for quota in self._quotas(pod):
            if phase == Phase.PENDING:
                charge = quota.asked_by(pod.pod_class)
            else:
                charge = {} if phase == Phase.ABSENT else quota.remaining(pod)
            if quota.charge(pod, charge):
                let_off = phase != Phase.PENDING
                self._tell(quota, cause)
        if let_off:
            self._let_off_expired(pod.pod_class.namespace, cause)

    def _deleting(self, pod: PodState, new: int, cause: int) -> None:
        if not self._quotas(pod) or pod.phase not in _ACTIVE:
            return
        expiry = self._kernel.now + 2 * pod.pod_class.spec.termination_grace_period
        tick = self._phase + self._period * (math.floor((expiry - self._phase) / self._period) + 1)
        namespace = pod.pod_class.namespace
        resync = self._kernel.timer(tick - self._kernel.now, lambda: self._let_off_expired(namespace, cause))
        self._leaving[namespace][pod] = _Leaving(expiry, resync)

    def _let_off_expired(self, namespace: str, cause: int) -> None:
        """Every pod of the namespace whose time is over."""
        for pod, leaving in self._leaving[namespace].items():
            if self._kernel.now <= leaving.expiry:
                continue
            leaving.resync.cancel()
            for quota in self._quotas(pod):
                if quota.charge(pod, quota.remaining(pod)):
                    self._tell(quota, cause)

    def _tell(self, quota: QuotaState, cause: int) -> None:
        self._state.workloads.set_status(quota, Kind.QUOTA_CHARGED, quota.charges, cause)

    def _quotas(self, pod: PodState) -> list[QuotaState]:
        namespace = pod.pod_class.namespace
        return [quota for quota in self._state.workloads.of(QuotaState) if quota.spec.namespace == namespace]

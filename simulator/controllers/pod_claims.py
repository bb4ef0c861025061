"""Claims: pods that no controller owns are adopted by a ReplicaSet that selects them, and let go when none does.

Source: pkg/controller/controller_ref_manager.go (ClaimPods), pkg/controller/replicaset (addPod, updatePod). Terminal
pods and those being deleted stay as they are. Pods are claimed where something happened that may change whose they are.
"""

from collections.abc import Callable

from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import Phase, PodState, ReplicaSetState

_ACTIVE = (Phase.PENDING, Phase.RUNNING)


class PodClaims:
    """Keeps the pods without an owner, and knows which ReplicaSets have to look at whose their pods are.

    `look` is called with a ReplicaSet that has reason to, and the cause.
    """

    def __init__(self, state: ClusterState, look: Callable[[ReplicaSetState, int], None]) -> None:
        self._state = state
        self._look = look
        self._orphans: dict[int, PodState] = {}
        self._known: set[ReplicaSetState] = set()
        """Those that have looked once."""
        self._unsettled: set[ReplicaSetState] = set()
        state.listen(Kind.POD_PHASE, self._phase_changed, type(None))
        state.listen(Kind.POD_METADATA, self._metadata_changed)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if pod.owner is None:
            if phase in _ACTIVE:
                self._orphaned(pod, cause)
            else:
                self._orphans.pop(pod.uid, None)

    def _metadata_changed(self, pod: PodState, changed: int, cause: int) -> None:
        if not changed:
            return
        self._orphans.pop(pod.uid, None)
        if pod.owner is None:
            self._orphaned(pod, cause)
        elif isinstance(pod.owner, ReplicaSetState):
            self._wake(pod.owner, cause)

    def _orphaned(self, pod: PodState, cause: int) -> None:
        self._orphans[pod.uid] = pod
        for replica_set in self._state.workloads.replica_sets:
            if _selects(replica_set, pod):
                self._wake(replica_set, cause)

    def _wake(self, replica_set: ReplicaSetState, cause: int) -> None:
        self._unsettled.add(replica_set)
        self._look(replica_set, cause)

    def of(self, replica_set: ReplicaSetState) -> tuple[list[PodState], list[PodState]]:
        """(pods to adopt, pods to release), to be called at every look of the ReplicaSet at its pods."""
        if replica_set in self._known and replica_set not in self._unsettled:
            return [], []
        self._known.add(replica_set)
        self._unsettled.discard(replica_set)
        return (
            [pod for pod in self._orphans.values() if not pod.deleting and _selects(replica_set, pod)],
            [pod for pod in replica_set.pods.values() if not _selects(replica_set, pod)],
        )


def _selects(replica_set: ReplicaSetState, pod: PodState) -> bool:
    pod_class = pod.pod_class
    return pod_class.namespace == replica_set.workload.namespace and replica_set.selector.matches(pod_class.labels)

"""The scale subresource: how many replicas a workload is to have and has, whatever its kind."""

from collections.abc import Sequence
from dataclasses import replace

from simulator.state.cluster import ClusterState
from simulator.state.objects import DeploymentState, PodOwner, PodState, ReplicaSetState, StatefulSetState

Scalable = DeploymentState | ReplicaSetState | StatefulSetState


class Scale:
    """The scale of one workload."""

    def __init__(self, state: ClusterState, workload: Scalable) -> None:
        self._state = state
        self._workload = workload

    @property
    def replicas(self) -> int:
        """spec.replicas."""
        workload = self._workload
        return workload.desired if isinstance(workload, ReplicaSetState) else workload.spec.replicas

    @property
    def status_replicas(self) -> int:
        """status.replicas; a StatefulSet counts pods that are being deleted, the others do not."""
        if isinstance(self._workload, StatefulSetState):
            return len(self._workload.objects)
        return sum(len(owner.pods) for owner in self._owners())

    def pods(self) -> list[PodState]:
        """The pods that its selector matches, also those being deleted."""
        return [pod for owner in self._owners() for pod in owner.objects.values()]

    def _owners(self) -> Sequence[PodOwner]:
        workload = self._workload
        return workload.replica_sets if isinstance(workload, DeploymentState) else (workload,)

    def update(self, replicas: int, cause: int) -> None:
        """Sets spec.replicas."""
        workload = self._workload
        if isinstance(workload, ReplicaSetState):
            self._state.workloads.scale(workload, replicas, cause)
        else:
            self._state.workloads.update(workload, replace(workload.spec, replicas=replicas), cause)

"""The scale subresource: how many replicas a workload is to have and has, whatever its kind."""

from dataclasses import replace

from simulator.objects import DeploymentState, PodOwner, PodState, ReplicaSetState
from simulator.state import ClusterState


class Scale:
    """The scale of one Deployment or ReplicaSet."""

    def __init__(self, state: ClusterState, workload: DeploymentState | ReplicaSetState) -> None:
        self._state = state
        self._workload = workload

    @property
    def replicas(self) -> int:
        """spec.replicas."""
        workload = self._workload
        return workload.spec.replicas if isinstance(workload, DeploymentState) else workload.desired

    @property
    def status_replicas(self) -> int:
        """status.replicas: active pods."""
        return sum(len(owner.pods) for owner in self._owners())

    def pods(self) -> list[PodState]:
        """The pods that its selector matches, also those being deleted."""
        return [pod for owner in self._owners() for pod in owner.objects.values()]

    def _owners(self) -> list[PodOwner]:
        workload = self._workload
        return [*workload.replica_sets] if isinstance(workload, DeploymentState) else [workload]

    def update(self, replicas: int, cause: int) -> None:
        """Sets spec.replicas."""
        workload = self._workload
        if isinstance(workload, DeploymentState):
            self._state.update_deployment(workload, replace(workload.spec, replicas=replicas), cause)
        else:
            self._state.scale(workload, replicas, cause)

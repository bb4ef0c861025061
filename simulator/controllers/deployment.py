"""The Deployment controller: replaces the pods of old revisions by those of the new one.

Source: pkg/controller/deployment (rolling.go, recreate.go, sync.go). A pass sees only spec and status of the
ReplicaSets, makes at most one change of scale and stops; the change wakes it again. When a rollout is complete a pass
changes nothing, so passes are made only until then.
"""

from collections.abc import Callable

from models.deployment import StrategyType
from simulator.controllers.workqueue import WorkQueue
from simulator.kernel import Kernel
from simulator.log import Kind
from simulator.objects import DeploymentState, PodClass, PodState, ReplicaSetState
from simulator.state import ClusterState

MakePodClass = Callable[[DeploymentState], PodClass]


class DeploymentController:
    """Rolls every Deployment towards its template."""

    def __init__(self, kernel: Kernel, state: ClusterState, make_pod_class: MakePodClass) -> None:
        self._state = state
        self._make_pod_class = make_pod_class
        self._queue: WorkQueue[DeploymentState] = WorkQueue(kernel, self._sync)
        state.listen(Kind.DEPLOYMENT_REVISION, self._template_changed)
        state.listen(Kind.REPLICASET_DESIRED, lambda replica_set, new, cause: self._wake(replica_set))
        state.listen(Kind.POD_AVAILABLE, self._pod_changed)
        state.listen(Kind.POD_PHASE, self._pod_changed)

    def create(self, deployment: DeploymentState) -> None:
        """The Deployment appears."""
        self._queue.add(deployment)

    def _template_changed(self, deployment: DeploymentState, new: int, cause: int) -> None:
        self._state.set_complete(deployment, False, cause)
        self._queue.add(deployment)

    def _pod_changed(self, pod: PodState, new: int, cause: int) -> None:
        if pod.owner is not None:
            self._wake(pod.owner)

    def _wake(self, replica_set: ReplicaSetState) -> None:
        deployment = replica_set.deployment
        if deployment is not None and not deployment.complete:
            self._queue.add(deployment)

    def _sync(self, deployment: DeploymentState) -> None:
        if deployment.spec.paused:
            return
        new = self._new_replica_set(deployment)
        old = [replica_set for replica_set in deployment.replica_sets if replica_set is not new]
        if deployment.spec.strategy is StrategyType.RECREATE:
            self._recreate(deployment, new, old)
        else:
            self._roll(deployment, new, old)
        self._complete(deployment, new, old)

    def _new_replica_set(self, deployment: DeploymentState) -> ReplicaSetState:
        for replica_set in deployment.replica_sets:
            if replica_set.revision == deployment.revision:
                return replica_set
        state = self._state
        new = ReplicaSetState(
            len(state.replica_set_names),
            deployment.workload,
            self._make_pod_class(deployment),
            deployment.revision,
            deployment.spec.min_ready_seconds,
            deployment,
        )
        deployment.replica_sets.append(new)
        state.add_replica_set(new)
        return new

    def _roll(self, deployment: DeploymentState, new: ReplicaSetState, old: list[ReplicaSetState]) -> None:
        desired = deployment.desired
        surge, unavailable = deployment.spec.fence_posts(desired)
        total = new.desired + sum(replica_set.desired for replica_set in old)
        room = desired + surge - total
        if new.desired > desired:
            self._scale(new, desired)
        elif new.desired < desired and room > 0:
            self._scale(new, new.desired + min(room, desired - new.desired))
        # A ReplicaSet is created with its replicas and the pass goes on; a later growth ends it. Going on is the
        # same here: the shrinking of the old ones counts the new pods as unavailable either way.
        self._shrink_old(desired - unavailable, new, old)

    def _shrink_old(self, least: int, new: ReplicaSetState, old: list[ReplicaSetState]) -> None:
        """Takes away old pods that are not needed to keep `least` available: first those that are not available."""
        total = new.desired + sum(replica_set.desired for replica_set in old)
        room = total - least - (new.desired - new.available)
        if room <= 0:
            return
        for replica_set in old:
            unhealthy = min(room, replica_set.desired - replica_set.available)
            if unhealthy > 0:
                self._scale(replica_set, replica_set.desired - unhealthy)
                room -= unhealthy
        spare = new.available + sum(replica_set.available for replica_set in old) - least
        for replica_set in old:
            count = min(spare, replica_set.desired)
            if count > 0:
                self._scale(replica_set, replica_set.desired - count)
                spare -= count

    def _recreate(self, deployment: DeploymentState, new: ReplicaSetState, old: list[ReplicaSetState]) -> None:
        for replica_set in old:
            self._scale(replica_set, 0)
        if not any(replica_set.objects for replica_set in old):
            self._scale(new, deployment.desired)

    def _scale(self, replica_set: ReplicaSetState, replicas: int) -> None:
        self._state.scale(replica_set, replicas, self._cause(replica_set))

    def _cause(self, replica_set: ReplicaSetState) -> int:
        return replica_set.deployment.cause if replica_set.deployment is not None else 0

    def _complete(self, deployment: DeploymentState, new: ReplicaSetState, old: list[ReplicaSetState]) -> None:
        desired = deployment.desired
        if len(new.pods) != desired or new.available != desired or any(r.pods or r.desired for r in old):
            return
        self._state.set_complete(deployment, True, deployment.cause)
        empty = [replica_set for replica_set in old if not replica_set.objects]
        for replica_set in empty[: max(0, len(old) - deployment.spec.revision_history_limit)]:
            deployment.replica_sets.remove(replica_set)
            self._state.remove_replica_set(replica_set)

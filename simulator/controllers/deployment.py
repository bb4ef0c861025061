"""The Deployment controller: replaces the pods of old revisions by those of the new one.

Source: pkg/controller/deployment (rolling.go, recreate.go, sync.go). A pass sees only spec and status of the
ReplicaSets and makes one change, which wakes it again. Once a Deployment is complete a pass changes nothing until its
spec changes, so none is made.
"""

from collections.abc import Callable

from models.deployment import StrategyType
from models.timing import Timing
from simulator.component import Component
from simulator.controllers.progress import RolloutProgress, is_complete
from simulator.controllers.proportional_scaling import shares
from simulator.controllers.rollout import RolloutController
from simulator.controllers.workqueue import WorkQueue
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import (
    TEMPLATE_HASH_LABEL,
    DeploymentState,
    Phase,
    PodClass,
    PodState,
    ReplicaSetState,
)

MakePodClass = Callable[[DeploymentState], PodClass]


class DeploymentController:
    """Rolls every Deployment towards its template."""

    def __init__(self, kernel: Component, state: ClusterState, timing: Timing, make_pod_class: MakePodClass) -> None:
        self._kernel = kernel
        self._state = state
        self._creation_latency = timing.creation_latency
        self._make_pod_class = make_pod_class
        self._queue: WorkQueue[DeploymentState] = WorkQueue(kernel, timing.controller_latency, self._sync)
        state.listen(Kind.DEPLOYMENT_GENERATION, self._spec_changed)
        state.listen(Kind.REPLICASET_DESIRED, lambda replica_set, new, cause: self._wake(replica_set))
        state.listen(Kind.POD_AVAILABLE, self._pod_changed, ReplicaSetState)
        state.listen(Kind.POD_DELETING, self._pod_changed, ReplicaSetState)
        state.listen(Kind.POD_PHASE, self._phase_changed, ReplicaSetState)
        self._progress = RolloutProgress(kernel, state, self._find_new_replica_set)
        self._rollouts = RolloutController(kernel, state, self._progress, self._scale_replica_set, self._queue.add)

    def _spec_changed(self, deployment: DeploymentState, new: int, cause: int) -> None:
        self._state.workloads.set_status(deployment, Kind.DEPLOYMENT_COMPLETE, False, cause)
        if new == 1:
            self._kernel.timer(self._creation_latency, lambda: self._queue.add(deployment))
        else:
            self._queue.add(deployment)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        """No status tells which pods run, or which are gone at last; but Recreate waits for these."""
        if phase == Phase.ABSENT:
            owner = pod.owner
            assert isinstance(owner, ReplicaSetState)
            if owner.deployment is None or owner.deployment.spec.strategy is not StrategyType.RECREATE:
                return
        if phase != Phase.RUNNING:
            self._pod_changed(pod, phase, cause)

    def _pod_changed(self, pod: PodState, new: int, cause: int) -> None:
        owner = pod.owner
        assert isinstance(owner, ReplicaSetState)
        self._wake(owner)

    def _wake(self, replica_set: ReplicaSetState) -> None:
        deployment = replica_set.deployment
        if deployment is not None and not deployment.complete:
            self._queue.add(deployment)

    def _sync(self, deployment: DeploymentState) -> None:
        new = self._find_new_replica_set(deployment)
        if deployment.spec.progression is not None and not deployment.spec.paused:
            new = self._get_new_replica_set(deployment, new)
            if self._rollouts.sync(deployment, new):
                self._complete(deployment, new, deployment.in_use())
            return
        self._progress.pause_or_resume(deployment, deployment.spec.paused)
        if deployment.spec.paused:
            self._sync_scale(deployment, new)
            self._progress.look(deployment, new, deployment.in_use())
            return
        in_use = deployment.in_use()
        if _is_scaling_event(deployment, in_use):
            self._sync_scale(deployment, new)
            if not _is_scaling_event(deployment, in_use):
                self._queue.add(deployment)
            return
        if deployment.spec.strategy is StrategyType.RECREATE:
            new = self._rollout_recreate(deployment, new)
        else:
            new = self._rollout_rolling(deployment, new, in_use)
        self._progress.judge(deployment, new, in_use)
        if new is not None:
            self._complete(deployment, new, in_use)

    # Revisions (sync.go, util/deployment_util.go)

    def _find_new_replica_set(self, deployment: DeploymentState) -> ReplicaSetState | None:
        """The ReplicaSet whose template is the Deployment's, if there is one."""
        template, replica_sets = deployment.spec.template, deployment.replica_sets
        # The same object nearly always; comparing templates part by part is what makes a pass expensive.
        for replica_set in reversed(replica_sets):
            if replica_set.pod_class.template is template:
                return replica_set
        # And of those that differ nearly all do in the containers.
        containers = template.spec.containers
        alike = [r for r in replica_sets if r.pod_class.spec.containers == containers]
        return next((r for r in alike if r.pod_class.template == template), None)

    def _get_new_replica_set(self, deployment: DeploymentState, existing: ReplicaSetState | None) -> ReplicaSetState:
        """The ReplicaSet of the template, with the highest revision; a new one if there is none."""
        if existing is not None:
            existing.min_ready = deployment.spec.min_ready_seconds
            if existing.revision < deployment.last_revision:
                existing.revision = deployment.last_revision = deployment.last_revision + 1
            return existing
        state = self._state
        pod_class = self._make_pod_class(deployment)
        deployment.last_revision += 1
        new = ReplicaSetState(
            len(state.workloads.replica_set_names),
            deployment.workload,
            deployment.spec.selector.asking_for(TEMPLATE_HASH_LABEL, pod_class.labels[TEMPLATE_HASH_LABEL]),
            pod_class,
            deployment.last_revision,
            deployment.spec.min_ready_seconds,
            deployment,
        )
        deployment.replica_sets.append(new)
        self._progress.created(deployment)
        state.workloads.add_replica_set(new)
        return new

    # Rolling (rolling.go)

    def _rollout_rolling(
        self, deployment: DeploymentState, existing: ReplicaSetState | None, in_use: list[ReplicaSetState]
    ) -> ReplicaSetState:
        """One change a pass: the new ReplicaSet grows as far as the surge allows, or else old ones shrink."""
        new = self._get_new_replica_set(deployment, existing)
        all_pods_count = sum([replica_set.desired for replica_set in in_use])
        new_replicas_count = _new_rs_new_replicas(deployment, new, all_pods_count)
        if existing is None:
            # It comes with its first replicas. Old ones are scaled in the same pass, but after it has been written: its
            # first pods mostly have a node by the time at which old ones are ranked for deletion (recordings of 1.36.2:
            # in 15 of 21 rollouts).
            self._scale_replica_set(deployment, new, new_replicas_count)
            self._queue.add(deployment)
        elif new_replicas_count != new.desired:
            self._scale_replica_set(deployment, new, new_replicas_count)
        else:
            old = [replica_set for replica_set in in_use if replica_set is not new]
            self._reconcile_old_replica_sets(deployment, new, old, all_pods_count)
        return new

    def _reconcile_old_replica_sets(
        self, deployment: DeploymentState, new: ReplicaSetState, old: list[ReplicaSetState], all_pods_count: int
    ) -> None:
        """Takes away old pods that are not needed to keep enough available: first those that are not available."""
        min_available = deployment.spec.replicas - deployment.fence_posts[1]
        new_rs_unavailable_pod_count = new.desired - new.available
        max_scaled_down = all_pods_count - min_available - new_rs_unavailable_pod_count
        if max_scaled_down > 0:
            self._cleanup_unhealthy_replicas(deployment, old, max_scaled_down)
            self._scale_down_old_replica_sets(deployment, new, old, min_available)

    def _cleanup_unhealthy_replicas(
        self, deployment: DeploymentState, old: list[ReplicaSetState], max_cleanup_count: int
    ) -> None:
        total_scaled_down = 0
        for replica_set in old:
            unavailable = replica_set.desired - replica_set.available
            if unavailable > 0 and max_cleanup_count > total_scaled_down:
                scaled_down_count = min(max_cleanup_count - total_scaled_down, unavailable)
                self._scale_replica_set(deployment, replica_set, replica_set.desired - scaled_down_count)
                total_scaled_down += scaled_down_count

    def _scale_down_old_replica_sets(
        self, deployment: DeploymentState, new: ReplicaSetState, old: list[ReplicaSetState], min_available: int
    ) -> None:
        available_pod_count = new.available + sum([replica_set.available for replica_set in old])
        total_scale_down_count = available_pod_count - min_available
        total_scaled_down = 0
        for replica_set in old:
            if replica_set.desired > 0 and total_scale_down_count > total_scaled_down:
                scale_down_count = min(replica_set.desired, total_scale_down_count - total_scaled_down)
                self._scale_replica_set(deployment, replica_set, replica_set.desired - scale_down_count)
                total_scaled_down += scale_down_count

    # Recreating (recreate.go)

    def _rollout_recreate(
        self, deployment: DeploymentState, existing: ReplicaSetState | None
    ) -> ReplicaSetState | None:
        """All old pods go, also those that are stuck; the new ReplicaSet, if need be, is made only then."""
        old = _others(deployment, existing)
        for replica_set in old:
            self._scale_replica_set(deployment, replica_set, 0)
        pods = (pod for replica_set in old for pod in replica_set.objects.values())
        if not all(pod.is_over for pod in pods):
            return existing
        new = self._get_new_replica_set(deployment, existing)
        self._scale_replica_set(deployment, new, deployment.spec.replicas)
        return new

    # Scaling (sync.go)

    def _scale_replica_set(self, deployment: DeploymentState, replica_set: ReplicaSetState, new_scale: int) -> None:
        replica_set.annotated_desired = deployment.spec.replicas
        replica_set.annotated_max = deployment.spec.replicas + _max_surge(deployment)
        self._state.workloads.scale(replica_set, new_scale, deployment.cause)

    def _sync_scale(self, deployment: DeploymentState, new: ReplicaSetState | None) -> None:
        """spec.replicas changed: one ReplicaSet takes it all, several in the middle of a rollout share it."""
        replicas = deployment.spec.replicas
        active = [replica_set for replica_set in deployment.replica_sets if replica_set.desired > 0]
        if len(active) <= 1:
            # With none active that of the template takes it, or else the latest; without any nothing is scaled.
            for active_or_latest in active or ([new] if new is not None else deployment.replica_sets[-1:]):
                self._scale_replica_set(deployment, active_or_latest, replicas)
        elif new is not None and _is_saturated(deployment, new):
            for replica_set in active:
                if replica_set is not new:
                    self._scale_replica_set(deployment, replica_set, 0)
        elif deployment.spec.strategy is StrategyType.ROLLING_UPDATE:
            allowed_size = replicas + _max_surge(deployment) if replicas > 0 else 0
            for replica_set, size in shares(active, allowed_size, replicas):
                self._scale_replica_set(deployment, replica_set, size)

    # The end

    def _complete(self, deployment: DeploymentState, new: ReplicaSetState, in_use: list[ReplicaSetState]) -> None:
        if not is_complete(deployment, new, in_use):
            return
        old = _others(deployment, new)
        self._state.workloads.set_status(deployment, Kind.DEPLOYMENT_COMPLETE, True, deployment.cause)
        empty = sorted((r for r in old if not r.objects), key=lambda replica_set: replica_set.revision)
        for replica_set in empty[: max(0, len(old) - deployment.spec.revision_history_limit)]:
            deployment.replica_sets.remove(replica_set)
            self._state.workloads.remove_replica_set(replica_set)


# Counting (util/deployment_util.go)


def _others(deployment: DeploymentState, new: ReplicaSetState | None) -> list[ReplicaSetState]:
    return [replica_set for replica_set in deployment.replica_sets if replica_set is not new]


def _max_surge(deployment: DeploymentState) -> int:
    return 0 if deployment.spec.strategy is StrategyType.RECREATE else deployment.fence_posts[0]


def _new_rs_new_replicas(deployment: DeploymentState, new: ReplicaSetState, all_pods_count: int) -> int:
    """The size that a rolling update gives the new ReplicaSet: more as far as the surge allows, less at once."""
    replicas = deployment.spec.replicas
    if new.desired >= replicas:
        return replicas
    max_total_pods = replicas + _max_surge(deployment)
    scale_up_count = max(0, max_total_pods - all_pods_count)
    return min(replicas, new.desired + scale_up_count)


def _is_scaling_event(deployment: DeploymentState, in_use: list[ReplicaSetState]) -> bool:
    """Whether spec.replicas changed since an active ReplicaSet was scaled last."""
    replicas = deployment.spec.replicas
    return any(r.desired > 0 and r.annotated_desired != replicas for r in in_use)


def _is_saturated(deployment: DeploymentState, replica_set: ReplicaSetState) -> bool:
    """Whether the ReplicaSet has all replicas of the Deployment, and all are available."""
    replicas = deployment.spec.replicas
    return replica_set.desired == replica_set.annotated_desired == replica_set.available == replicas

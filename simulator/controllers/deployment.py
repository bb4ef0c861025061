"""The Deployment controller: replaces the pods of old revisions by those of the new one.

Source: pkg/controller/deployment (rolling.go, recreate.go, sync.go, progress.go). A pass sees only spec and status of
the ReplicaSets and makes one change, which wakes it again. Once a Deployment is complete a pass changes nothing until
its spec changes, so none is made.
"""

from collections.abc import Callable
from fractions import Fraction

from models.deployment import StrategyType
from models.timing import Timing
from simulator.controllers.workqueue import WorkQueue
from simulator.kernel import Kernel
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import DeploymentState, PodClass, PodState, ReplicaSetState, Rollout

MakePodClass = Callable[[DeploymentState], PodClass]


class DeploymentController:
    """Rolls every Deployment towards its template."""

    def __init__(self, kernel: Kernel, state: ClusterState, timing: Timing, make_pod_class: MakePodClass) -> None:
        self._kernel = kernel
        self._state = state
        self._creation_latency = timing.creation_latency
        self._make_pod_class = make_pod_class
        self._queue: WorkQueue[DeploymentState] = WorkQueue(kernel, timing.controller_latency, self._sync)
        state.listen(Kind.DEPLOYMENT_GENERATION, self._spec_changed)
        state.listen(Kind.REPLICASET_DESIRED, lambda replica_set, new, cause: self._wake(replica_set))
        state.listen(Kind.POD_AVAILABLE, self._pod_changed)
        state.listen(Kind.POD_PHASE, self._pod_changed)

    def _spec_changed(self, deployment: DeploymentState, new: int, cause: int) -> None:
        self._state.workloads.set_status(deployment, Kind.DEPLOYMENT_COMPLETE, False, cause)
        if new == 1:
            self._kernel.timer(self._creation_latency, lambda: self._queue.add(deployment))
        else:
            self._queue.add(deployment)

    def _pod_changed(self, pod: PodState, new: int, cause: int) -> None:
        if isinstance(pod.owner, ReplicaSetState):
            self._wake(pod.owner)

    def _wake(self, replica_set: ReplicaSetState) -> None:
        deployment = replica_set.deployment
        if deployment is not None and not deployment.complete:
            self._queue.add(deployment)

    def _sync(self, deployment: DeploymentState) -> None:
        replicas = deployment.spec.replicas
        new = self._of_template(deployment)
        if deployment.spec.paused:
            self._scale_all(deployment, new)
            self._judge(deployment, new, Rollout.PAUSED)
            return
        if any(r.desired > 0 and r.annotated_desired != replicas for r in deployment.replica_sets):
            self._scale_all(deployment, new)
            if all(r.desired == 0 or r.annotated_desired == replicas for r in deployment.replica_sets):
                self._queue.add(deployment)
            return
        new = self._newest(deployment, new)
        old = [replica_set for replica_set in deployment.replica_sets if replica_set is not new]
        if deployment.spec.strategy is StrategyType.RECREATE:
            self._recreate(deployment, new, old)
        else:
            self._roll(deployment, new, old)
        self._judge(deployment, new, Rollout.UPDATED)
        self._complete(deployment, new, old)

    # Revisions

    def _of_template(self, deployment: DeploymentState) -> ReplicaSetState | None:
        """The ReplicaSet whose template is the Deployment's, if there is one."""
        template, replica_sets = deployment.spec.template, deployment.replica_sets
        # The same object nearly always; comparing templates part by part is what makes a pass expensive.
        found = next((r for r in replica_sets if r.pod_class.template is template), None)
        return found or next((r for r in replica_sets if r.pod_class.template == template), None)

    def _newest(self, deployment: DeploymentState, found: ReplicaSetState | None) -> ReplicaSetState:
        """The ReplicaSet of the template, with the highest revision; a new one if there is none."""
        latest = max((replica_set.revision for replica_set in deployment.replica_sets), default=0)
        if found is not None:
            found.min_ready = deployment.spec.min_ready_seconds
            if found.revision < latest:
                found.revision = latest + 1
                deployment.progress.since = self._kernel.now
            return found
        state = self._state
        new = ReplicaSetState(
            len(state.workloads.replica_set_names),
            deployment.workload,
            self._make_pod_class(deployment),
            latest + 1,
            deployment.spec.min_ready_seconds,
            deployment,
        )
        deployment.replica_sets.append(new)
        deployment.progress.since = self._kernel.now
        state.workloads.add_replica_set(new)
        if deployment.spec.strategy is StrategyType.ROLLING_UPDATE:
            # It comes with its first replicas, which does not count as the pass's change.
            self._scale(deployment, new, min(deployment.spec.replicas, self._room(deployment)))
        return new

    # Rolling

    def _roll(self, deployment: DeploymentState, new: ReplicaSetState, old: list[ReplicaSetState]) -> None:
        """One change a pass: the new ReplicaSet grows as far as the surge allows, or else old ones shrink."""
        desired = deployment.spec.replicas
        wanted = min(desired, new.desired + self._room(deployment)) if new.desired < desired else desired
        if wanted != new.desired:
            self._scale(deployment, new, wanted)
        else:
            self._shrink_old(deployment, desired - deployment.spec.fence_posts()[1], new, old)

    def _room(self, deployment: DeploymentState) -> int:
        """How many pods more the surge allows."""
        most = deployment.spec.replicas + self._surge(deployment)
        return max(0, most - sum(replica_set.desired for replica_set in deployment.replica_sets))

    def _shrink_old(
        self, deployment: DeploymentState, least: int, new: ReplicaSetState, old: list[ReplicaSetState]
    ) -> None:
        """Takes away old pods that are not needed to keep `least` available: first those that are not available."""
        total = new.desired + sum(replica_set.desired for replica_set in old)
        room = total - least - (new.desired - new.available)
        if room <= 0:
            return
        for replica_set in old:
            unhealthy = min(room, replica_set.desired - replica_set.available)
            if unhealthy > 0:
                self._scale(deployment, replica_set, replica_set.desired - unhealthy)
                room -= unhealthy
        spare = new.available + sum(replica_set.available for replica_set in old) - least
        for replica_set in old:
            count = min(spare, replica_set.desired)
            if count > 0:
                self._scale(deployment, replica_set, replica_set.desired - count)
                spare -= count

    def _recreate(self, deployment: DeploymentState, new: ReplicaSetState, old: list[ReplicaSetState]) -> None:
        for replica_set in old:
            self._scale(deployment, replica_set, 0)
        if not any(replica_set.objects for replica_set in old):
            self._scale(deployment, new, deployment.spec.replicas)

    # Scaling

    def _scale(self, deployment: DeploymentState, replica_set: ReplicaSetState, replicas: int) -> None:
        replica_set.annotated_desired = deployment.spec.replicas
        replica_set.annotated_max = deployment.spec.replicas + self._surge(deployment)
        self._state.workloads.scale(replica_set, replicas, deployment.cause)

    def _surge(self, deployment: DeploymentState) -> int:
        return 0 if deployment.spec.strategy is StrategyType.RECREATE else deployment.spec.fence_posts()[0]

    def _scale_all(self, deployment: DeploymentState, new: ReplicaSetState | None) -> None:
        """spec.replicas changed: one ReplicaSet takes it all, several in the middle of a rollout share it."""
        desired = deployment.spec.replicas
        active = [replica_set for replica_set in deployment.replica_sets if replica_set.desired > 0]
        if len(active) <= 1:
            # With none active the newest takes it; without any there is nothing to scale.
            for replica_set in active or deployment.replica_sets[-1:]:
                self._scale(deployment, replica_set, desired)
        elif new is not None and new.desired == new.annotated_desired == new.available == desired:
            for replica_set in active:
                if replica_set is not new:
                    self._scale(deployment, replica_set, 0)
        elif deployment.spec.strategy is StrategyType.ROLLING_UPDATE:
            self._share(deployment, active)

    def _share(self, deployment: DeploymentState, active: list[ReplicaSetState]) -> None:
        """Each gets its part of the difference, by size; what rounding leaves goes to the largest."""
        desired = deployment.spec.replicas
        allowed = desired + self._surge(deployment) if desired > 0 else 0
        left = allowed - sum(replica_set.desired for replica_set in active)
        newer_first = sorted(active, key=lambda r: r.index, reverse=left > 0)
        by_size = sorted(newer_first, key=lambda r: r.desired, reverse=True)
        shares = []
        for replica_set in by_size:
            share = 0
            if left != 0:
                base = replica_set.annotated_max or deployment.spec.replicas
                share = _round(Fraction(replica_set.desired * allowed, base)) - replica_set.desired
                share = min(share, left) if left > 0 else max(share, left)
            shares.append(share)
            left -= share
        shares[0] += left
        for replica_set, share in zip(by_size, shares, strict=True):
            self._scale(deployment, replica_set, max(0, replica_set.desired + share))

    # Progress

    def _judge(self, deployment: DeploymentState, new: ReplicaSetState | None, reason: Rollout) -> None:
        """Whether the rollout got on since the last pass, or has been at a standstill for too long."""
        progress, now = deployment.progress, self._kernel.now
        everything = deployment.replica_sets
        updated = len(new.pods) if new is not None else 0
        old = sum(len(replica_set.pods) for replica_set in everything) - updated
        ready = sum(replica_set.ready for replica_set in everything)
        available = sum(replica_set.available for replica_set in everything)
        moved = (
            updated > progress.updated or old < progress.old or ready > progress.ready or available > progress.available
        )
        deadline = progress.since + deployment.spec.progress_deadline_seconds
        if progress.reason is Rollout.PAUSED and reason is not Rollout.PAUSED:
            progress.reason, progress.since = Rollout.RESUMED, now
        elif moved or reason is Rollout.PAUSED or progress.reason is Rollout.UNKNOWN:
            progress.reason, progress.since = reason, now
        elif progress.reason is not Rollout.AVAILABLE and now >= deadline:
            progress.reason = Rollout.DEADLINE_EXCEEDED
        progress.updated, progress.old, progress.ready, progress.available = updated, old, ready, available

    def _complete(self, deployment: DeploymentState, new: ReplicaSetState, old: list[ReplicaSetState]) -> None:
        desired = deployment.spec.replicas
        if len(new.pods) != desired or new.available != desired or any(r.pods or r.desired for r in old):
            return
        deployment.progress.reason = Rollout.AVAILABLE
        self._state.workloads.set_status(deployment, Kind.DEPLOYMENT_COMPLETE, True, deployment.cause)
        empty = sorted((r for r in old if not r.objects), key=lambda replica_set: replica_set.revision)
        for replica_set in empty[: max(0, len(old) - deployment.spec.revision_history_limit)]:
            deployment.replica_sets.remove(replica_set)
            self._state.workloads.remove_replica_set(replica_set)


def _round(value: Fraction) -> int:
    """Half away from zero, as Go rounds."""
    return int(value + Fraction(1, 2)) if value >= 0 else -int(-value + Fraction(1, 2))

"""Deployments: how a new version of a job comes to all its allocations, and what becomes of one that is no good.

Source: nomad/deploymentwatcher, scheduler/reconciler (computeUnderProvisionedBy). So many are replaced at once as
max_parallel leaves, with those that are not healthy yet; none as soon as one is unhealthy. One without another healthy
allocation for progress_deadline has failed; the last stable version comes back only with auto_revert.
"""

from collections.abc import Callable
from dataclasses import replace

from models.deployment import NO_DEADLINE
from simulator.component import Component
from simulator.log import Kind
from simulator.nomad.allocations import Allocation, Pace, Status, TaskGroup, VersionDeployment
from simulator.nomad.health import AllocationHealth
from simulator.nomad.options import Migrate, Update
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodClass


class Deployments:
    """Says which allocations get a new version now, and judges how that goes.

    `wake` has a group evaluated; `is_reschedulable` says whether an unhealthy allocation will be replaced.
    """

    def __init__(self, servers: Component, state: ClusterState, update: Update, migrate: Migrate) -> None:
        self._servers = servers
        self._state = state
        self._update = update
        self._migrate = migrate
        self.wake: Callable[[TaskGroup], object] = lambda group: None
        self.is_reschedulable: Callable[[Allocation], bool] = lambda allocation: True
        self.health = AllocationHealth(servers, state, self._law, self._judged)

    def _pace(self, group: TaskGroup) -> Pace:
        return Pace.of(self._update, group)

    def _law(self, allocation: Allocation) -> tuple[float, float]:
        if allocation.is_migration:
            return self._migrate.min_healthy_time, self._migrate.healthy_deadline
        owner = allocation.pod.owner
        assert isinstance(owner, TaskGroup)
        pace = self._pace(owner)
        return pace.min_healthy_time, pace.healthy_deadline

    def begin(self, group: TaskGroup, pod_class: PodClass, cause: int) -> None:
        """Another version of the job, or the first, is to come; the deployment before, if any, is given up."""
        if group.deployment.deadline is not None:
            group.deployment.deadline.cancel()
        group.deployment = VersionDeployment(pod_class, cause)
        self._set_failed(group, False)
        self._state.workloads.set_status(group.record, Kind.DEPLOYMENT_ABORTED, False, cause)
        self._await_progress(group)

    def _set_failed(self, group: TaskGroup, failed: bool) -> None:
        cause = group.deployment.cause
        self._state.workloads.set_status(group.record, Kind.DEPLOYMENT_PROGRESSING, not failed, cause)

    def _await_progress(self, group: TaskGroup) -> None:
        """The progress deadline begins anew."""
        deployment, deadline = group.deployment, self._pace(group).progress_deadline
        if deployment.deadline is not None:
            deployment.deadline.cancel()
            deployment.deadline = None
        if 0 < deadline < NO_DEADLINE:
            deployment.deadline = self._servers.timer(deadline, lambda: self._fail(group, deployment))

    # A step

    def outdated(self, group: TaskGroup, placed: int) -> list[Allocation]:
        """The allocations that get the new version now, when `placed` new ones are placed anyway."""
        deployment = group.deployment
        if deployment.status is Status.FAILED:
            return []
        holding = group.holding()
        old = [each for each in holding if each.pod.pod_class is not deployment.pod_class]
        limit = self._pace(group).max_parallel
        if not limit:
            return old
        for each in holding:
            if each.deployment is deployment:
                if each.healthy is False:
                    return []
                limit -= each.healthy is None
        return old[: max(0, limit)]

    def settle(self, group: TaskGroup) -> None:
        """The deployment is over once as many as there are to be are of its version, and healthy."""
        deployment, holding = group.deployment, group.holding()
        if deployment.status is Status.FAILED or len(holding) != group.count:
            return
        if all(each.pod.pod_class is deployment.pod_class and each.healthy for each in holding):
            if deployment.deadline is not None:
                deployment.deadline.cancel()
                deployment.deadline = None
            deployment.status = Status.SUCCESSFUL
            group.stable = deployment.pod_class.template
            self._state.workloads.set_status(group.record, Kind.DEPLOYMENT_COMPLETE, True, deployment.cause)

    # What comes of it

    def _judged(self, allocation: Allocation) -> None:
        group = allocation.pod.owner
        if not isinstance(group, TaskGroup):
            return
        deployment = group.deployment
        if allocation.deployment is deployment and deployment.status is Status.RUNNING:
            if allocation.healthy:
                self._await_progress(group)
            else:
                if allocation.ended is None:
                    allocation.ended = self._servers.now
                if not self._pace(group).progress_deadline or not self.is_reschedulable(allocation):
                    self._fail(group, deployment)
        self.wake(group)

    def _fail(self, group: TaskGroup, deployment: VersionDeployment) -> None:
        """The job goes back to its last stable version, if it is to; else it stays mixed."""
        if deployment is not group.deployment or deployment.status is not Status.RUNNING:
            return
        deployment.status = Status.FAILED
        self._set_failed(group, True)
        record, stable = group.record, group.stable
        if self._update.auto_revert and stable is not None and stable != record.spec.template:
            self._state.workloads.set_status(record, Kind.DEPLOYMENT_ABORTED, True, deployment.cause)
            self._state.workloads.update(record, replace(record.spec, template=stable), deployment.cause)

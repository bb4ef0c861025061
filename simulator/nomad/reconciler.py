"""The reconciler: what servers do about allocations that are missing, failed, lost, unknown, or too many.

Source: scheduler/reconciler (reconcile.go, filters.go), nomad/structs/alloc.go. Lost allocations are replaced at once,
failed ones after the delay of their reschedule policy, unknown ones as well. What a job's evaluation finds is done in
one plan: a replacement has its node at once, and waits there for what it replaces (`Predecessors`).
"""

from collections.abc import Callable

from simulator.component import Component
from simulator.controllers.workqueue import WorkQueue
from simulator.log import Kind
from simulator.nomad.allocations import Allocation, Status, TaskGroup
from simulator.nomad.deployments import Deployments
from simulator.nomad.latencies import ALLOC_SYNC, EVALUATION
from simulator.nomad.options import Reschedule
from simulator.nomad.predecessors import Predecessors
from simulator.nomad.rescheduling import next_delay
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE
from simulator.state.objects import DeploymentState, Phase, PodClass, PodState

DUE = 1.0
"""Seconds before its time that a reschedule counts as due."""


class Reconciler:
    """Keeps every service job's group at its count; `migrates` is called with a group after all else."""

    def __init__(
        self,
        servers: Component,
        state: ClusterState,
        reschedule: Reschedule,
        deployments: Deployments,
        predecessors: Predecessors,
        make_pod_class: Callable[[DeploymentState], PodClass],
    ) -> None:
        self._servers = servers
        self._state = state
        self._reschedule_policy = reschedule
        self._deployments = deployments
        self._predecessors = predecessors
        self._make_pod_class = make_pod_class
        self._groups: dict[DeploymentState, TaskGroup] = {}
        self.migrates: Callable[[TaskGroup], object] = lambda group: None
        self._queue: WorkQueue[TaskGroup] = WorkQueue(servers, EVALUATION, self._evaluate)
        deployments.wake = self.wake
        deployments.is_reschedulable = lambda each: self._delay(each) is not None
        state.listen(Kind.DEPLOYMENT_GENERATION, self._spec_changed)
        state.listen(Kind.POD_PHASE, self._phase_changed, TaskGroup)
        state.listen(Kind.POD_DELETING, self._deleting, TaskGroup)

    def wake(self, group: TaskGroup) -> None:
        """The group is evaluated."""
        self._queue.add(group)

    @staticmethod
    def allocation(pod: PodState) -> Allocation | None:
        """What servers have on record of a pod; None: it is of no group."""
        return pod.owner.allocations.get(pod.uid) if isinstance(pod.owner, TaskGroup) else None

    # What wakes an evaluation

    def _spec_changed(self, record: DeploymentState, generation: int, cause: int) -> None:
        self._state.workloads.set_status(record, Kind.DEPLOYMENT_COMPLETE, False, cause)
        group = self._groups.get(record)
        if group is None:
            group = self._groups[record] = TaskGroup(record, self._make_pod_class(record))
            self._deployments.begin(group, group.deployment.pod_class, cause)
        elif group.deployment.pod_class.template != record.spec.template:
            self._deployments.begin(group, self._version(group), cause)
        group.cause = cause
        self.wake(group)

    def _version(self, group: TaskGroup) -> PodClass:
        """That of the job as it is now; one that was there before is the same."""
        template = group.record.spec.template
        found = next((each for each in group.versions if each.template == template), None)
        if found is None:
            found = self._make_pod_class(group.record)
            group.versions.append(found)
        return found

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        allocation = self.allocation(pod)
        if allocation is None:
            return
        if phase == Phase.ABSENT:
            assert isinstance(pod.owner, TaskGroup)
            del pod.owner.allocations[pod.uid]
            if allocation.counts:  # taken away by force
                pod.owner.vacant.append(allocation)
                self.wake(pod.owner)
        elif pod.is_over and not pod.deleting:
            ended = self._servers.now
            self._servers.timer(ALLOC_SYNC, lambda: self._failed(allocation, ended))

    def _failed(self, allocation: Allocation, ended: float) -> None:
        if allocation.pod.deleting or allocation.pod.uid not in self._state.pods:
            return
        allocation.ended = ended
        self._deployments.health.judge(allocation, False)
        self.wake(self._group(allocation))

    @staticmethod
    def _group(allocation: Allocation) -> TaskGroup:
        owner = allocation.pod.owner
        assert isinstance(owner, TaskGroup)
        return owner

    def _deleting(self, pod: PodState, new: int, cause: int) -> None:
        """Whoever stopped it: it leaves its place, unless that is another's already."""
        allocation = self.allocation(pod)
        if allocation is None:
            return
        group = self._group(allocation)
        if not allocation.is_replaced:
            group.vacant.append(allocation)
        self.wake(group)

    # Evaluation

    def _evaluate(self, group: TaskGroup) -> None:
        now = self._servers.now
        for allocation in group.holding():
            if allocation.ended is not None:
                self._consider(group, allocation)
        if now < group.blocked_until:
            return
        missing = group.count - len(group.holding())
        for _ in range(missing):
            prior = group.vacant.pop(0) if group.vacant else None
            self._place(group, prior)
        if missing <= 0:
            group.vacant.clear()
        for allocation in group.holding()[group.count :]:
            allocation.is_replaced = True
            self._state.pods.mark_deleting(allocation.pod, group.cause)
        for allocation in self._deployments.outdated(group, max(0, missing)):
            self.replace(group, allocation, group.deployment.cause)
        self._deployments.settle(group)
        self.migrates(group)

    def _delay(self, allocation: Allocation) -> float | None:
        ran = self._servers.now if allocation.ended is None else allocation.ended
        return next_delay(self._reschedule_policy, allocation.delays, ran - allocation.pod.created)

    def _consider(self, group: TaskGroup, allocation: Allocation) -> None:
        """It is replaced now, or looked at again when it may be, or stays as it is."""
        deployment = group.deployment
        if deployment.status is Status.FAILED and allocation.deployment is deployment and not allocation.unknown:
            return
        delay = self._delay(allocation)
        if delay is None or allocation.ended is None:
            return
        left = allocation.ended + delay - self._servers.now
        if left > DUE:
            if allocation.follow_up is None:
                allocation.follow_up = self._servers.timer(left, lambda: self._follow_up(group, allocation))
            return
        penalty = allocation.penalty
        if not allocation.unknown:
            penalty |= {allocation.pod.node}
        allocation.is_replaced = True
        if not allocation.unknown:  # its slot is free then for the one that replaces it
            self._state.pods.mark_deleting(allocation.pod, allocation.pod.cause)
        allocation.replacement = self._place(group, allocation, (*allocation.delays, delay), penalty)

    def _follow_up(self, group: TaskGroup, allocation: Allocation) -> None:
        allocation.follow_up = None
        self.wake(group)

    def _place(
        self,
        group: TaskGroup,
        prior: Allocation | None,
        delays: tuple[float, ...] | None = None,
        penalty: frozenset[int] | None = None,
    ) -> Allocation:
        """A new allocation, in the place of another one or not, which waits for that one if it runs on a live node."""
        cause = group.cause if prior is None else prior.pod.cause
        pod = self._state.pods.create(group.deployment.pod_class, group, cause)
        new = group.allocations[pod.uid] = Allocation(pod, group.deployment)
        if prior is not None:
            new.delays = prior.delays if delays is None else delays
            new.penalty = prior.penalty if penalty is None else penalty
            node = prior.pod.node
            if node >= 0 and self._state.nodes.ready[node] == TRUE:
                self._predecessors.await_end(pod, prior.pod)
        return new

    def replace(self, group: TaskGroup, allocation: Allocation, cause: int, is_migration: bool = False) -> None:
        """It is stopped, and another one placed, in one plan."""
        allocation.is_replaced = True
        self._state.pods.mark_deleting(allocation.pod, cause)
        new = allocation.replacement = self._place(group, allocation, (), frozenset())
        new.is_migration = is_migration

"""The Progressing condition of Deployments: whether a rollout gets on, is complete, or has stood still for too long.

Source: pkg/controller/deployment (progress.go; checkPausedConditions of sync.go). The condition changes nothing else: a
rollout that is late goes on as soon as it can.
"""

import math
from collections.abc import Callable, Iterable

from models.deployment import NO_DEADLINE
from simulator.component import Component
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import DeploymentState, PodState, ReplicaSetState, Rollout

_UNDER_WAY = (Rollout.CREATED, Rollout.FOUND, Rollout.UPDATED, Rollout.RESUMED)
"""While one of these is the reason of the condition, the deadline counts."""


class RolloutProgress:
    """Judges rollouts at every pass of their controller, and once more a second after their deadline."""

    def __init__(
        self, kernel: Component, state: ClusterState, of_template: Callable[[DeploymentState], ReplicaSetState | None]
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._of_template = of_template
        self._deadlines: dict[int, tuple[float, Timer]] = {}
        """By index of the Deployment, if it waits to be judged without a pass: when."""
        state.listen(Kind.POD_READY, self._readiness_changed, ReplicaSetState)

    def created(self, deployment: DeploymentState) -> None:
        """To be called when the Deployment has got a new ReplicaSet: the clock starts anew."""
        self._set(deployment, Rollout.CREATED, since=self._kernel.now)

    def pause_or_resume(self, deployment: DeploymentState, paused: bool) -> None:
        """To be called before a pass: a paused rollout is not judged, a resumed one has all its time again.

        One that was late before stays late.
        """
        reason = deployment.progress.reason
        if reason is Rollout.DEADLINE_EXCEEDED or deployment.spec.progress_deadline_seconds == NO_DEADLINE:
            return
        if paused is not (reason is Rollout.PAUSED):
            self._set(deployment, Rollout.PAUSED if paused else Rollout.RESUMED, since=self._kernel.now)

    def look(self, deployment: DeploymentState, new: ReplicaSetState | None, in_use: Iterable[ReplicaSetState]) -> bool:
        """Takes the status in; whether it is ahead of what it was at the last look."""
        progress = deployment.progress
        updated = len(new.pods) if new is not None else 0
        pods = ready = available = 0
        for replica_set in in_use:
            pods += len(replica_set.pods)
            ready += replica_set.ready
            available += replica_set.available
        old = pods - updated
        moved = (
            updated > progress.updated or old < progress.old or ready > progress.ready or available > progress.available
        )
        progress.updated, progress.old, progress.ready, progress.available = updated, old, ready, available
        return moved

    def judge(
        self, deployment: DeploymentState, new: ReplicaSetState | None, in_use: Iterable[ReplicaSetState]
    ) -> None:
        """To be called after a pass, unless the Deployment is paused; `new` is its template's ReplicaSet, if any."""
        progress, now = deployment.progress, self._kernel.now
        moved = self.look(deployment, new, in_use)
        if deployment.spec.progress_deadline_seconds == NO_DEADLINE:
            self._set(deployment, Rollout.UNKNOWN)
        elif progress.reason is Rollout.AVAILABLE and progress.old == 0:
            pass  # no rollout is under way: the Deployment is only scaled
        elif new is not None and is_complete(deployment, new, in_use):
            self._set(deployment, Rollout.AVAILABLE)
        elif moved or progress.reason is Rollout.UNKNOWN:
            self._set(deployment, Rollout.UPDATED if moved else Rollout.FOUND, since=now)
        elif progress.reason in _UNDER_WAY and now > _deadline(deployment):
            self._set(deployment, Rollout.DEADLINE_EXCEEDED)
        if progress.reason in _UNDER_WAY:
            self._await_deadline(deployment)

    def _set(self, deployment: DeploymentState, reason: Rollout, since: float | None = None) -> None:
        if since is not None:
            deployment.progress.since = since
        deployment.progress.reason = reason
        on_time = reason is not Rollout.DEADLINE_EXCEEDED
        self._state.workloads.set_status(deployment, Kind.DEPLOYMENT_PROGRESSING, on_time, deployment.cause)

    # Between passes

    def _await_deadline(self, deployment: DeploymentState) -> None:
        """Has the rollout judged a second after its deadline, unless it will be before (requeueStuckDeployment).

        What gets on meanwhile does not move the timer: when it fires, it waits for what is left.
        """
        due = _deadline(deployment) + 1.0
        waiting = self._deadlines.get(deployment.index)
        if waiting is not None:
            if waiting[0] <= due:
                return
            waiting[1].cancel()
        timer = self._kernel.timer(due - self._kernel.now, lambda: self._deadline_passed(deployment))
        self._deadlines[deployment.index] = due, timer

    def _deadline_passed(self, deployment: DeploymentState) -> None:
        del self._deadlines[deployment.index]
        self._judge_between_passes(deployment)

    def _readiness_changed(self, pod: PodState, new: int, cause: int) -> None:
        """A pod that is ready is progress already while minReadySeconds keep it from being available."""
        owner = pod.owner
        if isinstance(owner, ReplicaSetState) and owner.min_ready and owner.deployment is not None:
            self._judge_between_passes(owner.deployment)

    def _judge_between_passes(self, deployment: DeploymentState) -> None:
        """Where a pass would judge and do nothing else; but it would hurry what waits in the controller's queue."""
        if deployment.spec.paused or deployment.progress.reason not in (*_UNDER_WAY, Rollout.DEADLINE_EXCEEDED):
            return
        self.judge(deployment, self._of_template(deployment), deployment.in_use())


def is_complete(deployment: DeploymentState, new: ReplicaSetState, in_use: Iterable[ReplicaSetState]) -> bool:
    """As many pods of the template as desired, all of them available, and no others (util.DeploymentComplete)."""
    if not len(new.pods) == deployment.spec.replicas == new.available:
        return False
    return not any(r.pods or r.desired for r in in_use if r is not new)


def _deadline(deployment: DeploymentState) -> float:
    """When a rollout that does not get on any more is late; the API keeps the time of a condition in whole seconds."""
    return math.floor(deployment.progress.since) + deployment.spec.progress_deadline_seconds

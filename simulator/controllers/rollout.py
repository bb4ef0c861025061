"""The controller of Argo Rollouts: canaries in steps, and blue-green.

Source: argoproj/argo-rollouts (rollout/canary.go, rollout/bluegreen.go, utils/replicaset/canary.go). A Rollout is
kept as a Deployment that has a progression: the Deployment controller makes its ReplicaSets, and hands it over.
The active Service of a blue-green Rollout selects pods by their pod-template-hash: here each pod says whether it is
selected.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from models.release import Shows
from models.rollout import Analysis, BlueGreen, Canary, Pause
from simulator.component import Component
from simulator.controllers.progress import RolloutProgress
from simulator.kernel import Timer
from simulator.log import Kind, Phase
from simulator.state.cluster import ClusterState
from simulator.state.objects import DeploymentState, PodState, ReplicaSetState

_BACKGROUND = "background"
"""The analysis that holds up nothing."""

Scale = Callable[[DeploymentState, ReplicaSetState, int], None]


@dataclass(eq=False)
class Progress:
    """How far one Rollout is."""

    new: ReplicaSetState | None = None
    """Of the template."""
    stable: ReplicaSetState | None = None
    """The last that was promoted wholly; None before the first is."""
    active: ReplicaSetState | None = None
    """Blue-green: which one the Service selects."""
    step: int = 0
    """Canary: index of the step; so many as there are once all are done."""
    done: set[str] = field(default_factory=set)
    """What has been waited for: a pause, an analysis."""
    timers: dict[str, Timer] = field(default_factory=dict)
    """What is being waited for."""
    leaving: dict[ReplicaSetState, Timer] = field(default_factory=dict)
    """Blue-green: those that are about to be taken away."""


class RolloutController:
    """Moves every Rollout on."""

    def __init__(
        self,
        kernel: Component,
        state: ClusterState,
        progress: RolloutProgress,
        scale: Scale,
        wake: Callable[[DeploymentState], None],
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._judged = progress
        self._scale = scale
        self._wake = wake
        self._of: dict[DeploymentState, Progress] = {}
        state.listen(Kind.POD_PHASE, self._pod_made, ReplicaSetState)
        state.listen(Kind.DEPLOYMENT_PROGRESSING, self._late)

    def sync(self, rollout: DeploymentState, new: ReplicaSetState) -> bool:
        """One pass; what it changes wakes it again. Whether nothing is left to be waited for."""
        at = self._of.setdefault(rollout, Progress())
        if at.new is not new:
            self._begin(rollout, at, new)
        progression = rollout.spec.progression
        if isinstance(progression, Canary):
            self._canary(rollout, at, new, progression)
        elif isinstance(progression, BlueGreen):
            self._blue_green(rollout, at, new, progression)
        is_paused = any(what != _BACKGROUND for what in at.timers)
        self._judged.pause_or_resume(rollout, is_paused)
        if not is_paused:
            self._judged.judge(rollout, new, rollout.in_use())
        return not at.timers and not rollout.aborted

    def _begin(self, rollout: DeploymentState, at: Progress, new: ReplicaSetState) -> None:
        """Another template: steps and analyses begin anew."""
        _cancel(at)
        at.new, at.step = new, 0
        at.done.clear()
        self._state.workloads.set_status(rollout, Kind.DEPLOYMENT_ABORTED, False, rollout.cause)

    # Waiting

    def _wait(self, rollout: DeploymentState, at: Progress, what: str, seconds: float) -> bool:
        """Whether so many seconds have passed since this was asked for first."""
        if what in at.done or seconds <= 0:
            return True
        if what not in at.timers:
            if self._kernel.now + seconds > self._kernel.end:
                at.timers[what] = Timer(lambda: None)  # never, as far as this run goes
            else:
                at.timers[what] = self._kernel.timer(seconds, lambda: self._waited(rollout, at, what))
        return False

    def _waited(self, rollout: DeploymentState, at: Progress, what: str) -> None:
        del at.timers[what]
        at.done.add(what)
        self._wake(rollout)

    def _analysed(
        self, rollout: DeploymentState, at: Progress, new: ReplicaSetState, what: str, analysis: Analysis
    ) -> bool:
        """Whether the analysis has succeeded; one that fails aborts the rollout."""
        if not _fails_requests(new):
            return self._wait(rollout, at, what, analysis.succeeds_after)
        if self._wait(rollout, at, what, analysis.fails_after):
            self._abort(rollout, at)
        return False

    def _abort(self, rollout: DeploymentState, at: Progress) -> None:
        _cancel(at)
        self._state.workloads.set_status(rollout, Kind.DEPLOYMENT_ABORTED, True, rollout.cause)
        self._wake(rollout)

    def _late(self, rollout: DeploymentState, progressing: int, cause: int) -> None:
        """Beyond progressDeadlineSeconds it is Degraded, and aborted if it asks for that."""
        if not progressing and rollout in self._of and rollout.spec.aborts_at_deadline:
            self._abort(rollout, self._of[rollout])

    # Canary

    def _canary(self, rollout: DeploymentState, at: Progress, new: ReplicaSetState, canary: Canary) -> None:
        """Replicas for the weight of the step; once they are there, what follows."""
        while True:
            stable = at.stable if at.stable is not new else None
            weight = 100 if stable is None else 0 if rollout.aborted else canary.weight(at.step)
            if stable is not None and not rollout.aborted and self._fails_in_background(rollout, at, new, canary):
                self._abort(rollout, at)
                return
            there = self._weigh(rollout, new, stable, weight, canary)
            if rollout.aborted or not there:
                return
            if stable is None or at.step >= len(canary.steps):
                if not any(other.pods or other.desired for other in rollout.replica_sets if other is not new):
                    at.stable = new
                    _cancel(at)
                return
            step = canary.steps[at.step]
            if isinstance(step, Pause) and not self._wait(rollout, at, f"step {at.step}", step.duration):
                return
            if isinstance(step, Analysis) and not self._analysed(rollout, at, new, f"step {at.step}", step):
                return
            at.step += 1

    def _fails_in_background(
        self, rollout: DeploymentState, at: Progress, new: ReplicaSetState, canary: Canary
    ) -> bool:
        """Whether the background analysis has failed by now; it counts from the first replica that gets requests."""
        if canary.analysis is None or at.step < canary.starting_step or not new.available or not _fails_requests(new):
            return False
        return self._wait(rollout, at, _BACKGROUND, canary.analysis.fails_after)

    def _weigh(
        self,
        rollout: DeploymentState,
        new: ReplicaSetState,
        stable: ReplicaSetState | None,
        weight: int,
        canary: Canary,
    ) -> bool:
        """Scales towards the weight, within maxSurge and maxUnavailable; whether all replicas are there."""
        replicas = rollout.spec.replicas
        surge, unavailable = rollout.fence_posts
        wanted_new = math.ceil(replicas * weight / 100)
        wanted_stable = replicas if canary.keeps_stable and weight < 100 else math.ceil(replicas * (100 - weight) / 100)
        if stable is None:
            wanted_new, wanted_stable = replicas, 0
        uneven = wanted_new + wanted_stable > replicas and not canary.keeps_stable
        room = math.inf if canary.keeps_stable else replicas + surge + uneven
        for replica_set, wanted in ((stable, wanted_stable), (new, wanted_new)):
            total = sum(each.desired for each in rollout.replica_sets)
            if replica_set is not None and replica_set.desired < wanted and room > total:
                self._scale(rollout, replica_set, int(min(wanted, replica_set.desired + room - total)))
        spare = sum(min(each.desired, each.available) for each in rollout.replica_sets) - (replicas - unavailable)
        others = [each for each in rollout.replica_sets if each not in (new, stable)]
        for replica_set, wanted in (*((each, 0) for each in others), (new, wanted_new), (stable, wanted_stable)):
            if replica_set is None or replica_set.desired <= wanted:
                continue
            unready = replica_set.desired - min(replica_set.desired, replica_set.available)
            fewer = min(replica_set.desired - wanted, unready + max(0, spare))
            spare -= max(0, fewer - unready)
            if fewer:
                self._scale(rollout, replica_set, replica_set.desired - fewer)
        return all(
            replica_set is None or replica_set.desired == wanted == replica_set.available
            for replica_set, wanted in ((new, wanted_new), (stable, wanted_stable))
        )

    # Blue-green

    def _blue_green(self, rollout: DeploymentState, at: Progress, new: ReplicaSetState, how: BlueGreen) -> None:
        replicas = rollout.spec.replicas
        if at.active is None:
            at.active = at.stable = new
        if at.active is not new and not rollout.aborted and self._may_switch(rollout, at, new, how):
            self._switch(rollout, at, new, how)
        if rollout.aborted and at.stable is not None and at.active is not at.stable:
            self._keep(at, at.stable)
            self._scale(rollout, at.stable, replicas)
            if at.stable.available >= replicas:
                self._switch(rollout, at, at.stable, how)
        if at.active is new and at.stable is not new and not rollout.aborted:
            is_well = how.after is None or self._analysed(rollout, at, new, "after", how.after)
            at.stable = new if is_well else at.stable
        self._scale(rollout, at.active, replicas)
        for other in rollout.replica_sets:
            is_preview = other is new and not rollout.aborted
            if other.desired and other is not at.active and other not in at.leaving and not is_preview:
                self._leave(rollout, at, other, how.abort_scale_down_delay if other is new else how.scale_down_delay)

    def _may_switch(self, rollout: DeploymentState, at: Progress, new: ReplicaSetState, how: BlueGreen) -> bool:
        """Whether the new version is available as a whole, analysed, and promoted."""
        replicas = rollout.spec.replicas
        self._keep(at, new)
        wanted = replicas
        if how.preview_replicas is not None and "promotion" not in at.done and how.preview_replicas < replicas:
            wanted = how.preview_replicas
        self._scale(rollout, new, max(wanted, new.desired))
        if new.available < wanted:
            return False
        if new is not at.stable:  # what was promoted before needs no other look
            if how.before is not None and not self._analysed(rollout, at, new, "before", how.before):
                return False
            after = how.auto_promotion_after if how.auto_promotion or how.auto_promotion_after else math.inf
            if not self._wait(rollout, at, "promotion", after):
                return False
        at.done.add("promotion")
        self._scale(rollout, new, replicas)
        return new.available >= replicas

    def _switch(self, rollout: DeploymentState, at: Progress, new: ReplicaSetState, how: BlueGreen) -> None:
        """From now on the Service selects the pods of this version, and no others."""
        before, at.active = at.active, new
        self._keep(at, new)
        for replica_set in sorted(rollout.replica_sets, key=lambda each: each is not new):
            for pod in list(replica_set.objects.values()):
                self._state.pods.set_selected(pod, replica_set is new, rollout.cause)
        if before is not None:
            self._leave(rollout, at, before, how.scale_down_delay)

    def _leave(self, rollout: DeploymentState, at: Progress, replica_set: ReplicaSetState, delay: float) -> None:
        self._keep(at, replica_set)
        at.leaving[replica_set] = self._kernel.timer(delay, lambda: self._left(rollout, at, replica_set))

    def _left(self, rollout: DeploymentState, at: Progress, replica_set: ReplicaSetState) -> None:
        del at.leaving[replica_set]
        self._scale(rollout, replica_set, 0)

    @staticmethod
    def _keep(at: Progress, replica_set: ReplicaSetState) -> None:
        """It is not taken away after all."""
        timer = at.leaving.pop(replica_set, None)
        if timer is not None:
            timer.cancel()

    def _pod_made(self, pod: PodState, phase: int, cause: int) -> None:
        """A pod of any but the active version is selected by no Service."""
        if phase != Phase.PENDING or not isinstance(pod.owner, ReplicaSetState):
            return
        rollout = pod.owner.deployment
        if rollout is None or not isinstance(rollout.spec.progression, BlueGreen):
            return
        active = self._of[rollout].active if rollout in self._of else None
        if active is not None and pod.owner is not active:
            self._state.pods.set_selected(pod, False, cause)


def _cancel(at: Progress) -> None:
    for timer in at.timers.values():
        timer.cancel()
    at.timers.clear()


def _fails_requests(replica_set: ReplicaSetState) -> bool:
    """Whether an analysis of the version would see errors, or answers that come too late."""
    defect = replica_set.pod_class.template.defect
    return defect is not None and defect.shows in (Shows.ERRORS, Shows.SLOW)

"""The StatefulSet controller: pods with names that stay, made, updated and taken away one after the other.

Source: pkg/controller/statefulset (stateful_set_control.go, stateful_set_utils.go). A pod is replaced only once its
object is gone, so one that is stuck on a dead node holds its ordinal for ever. The gate MaxUnavailableStatefulSet is
off, as by default. Volumes play no part.
"""

from collections.abc import Callable, Mapping

from models.pod import PodTemplate
from models.statefulset import PodManagementPolicy
from models.timing import Timing
from simulator.controllers.availability import Availability
from simulator.controllers.workqueue import WorkQueue
from simulator.kernel import Kernel
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import REVISION_LABEL, Phase, PodClass, PodState, Revision, StatefulSetState, Workload

MakePodClass = Callable[[Workload, PodTemplate, Mapping[str, str]], PodClass]
_FINISHED = (Phase.FAILED, Phase.SUCCEEDED)


class StatefulSetController:
    """Brings every StatefulSet to its replicas and its template."""

    def __init__(self, kernel: Kernel, state: ClusterState, timing: Timing, make_pod_class: MakePodClass) -> None:
        self._state = state
        self._make_pod_class = make_pod_class
        self._availability = Availability(kernel, state)
        self._queue: WorkQueue[StatefulSetState] = WorkQueue(kernel, timing.controller_latency, self._sync)
        state.listen(Kind.STATEFULSET_GENERATION, self._spec_changed)
        state.listen(Kind.POD_PHASE, self._phase_changed)
        state.listen(Kind.POD_READY, self._ready_changed)
        state.listen(Kind.POD_AVAILABLE, self._available_changed)

    def _spec_changed(self, stateful_set: StatefulSetState, new: int, cause: int) -> None:
        for pod in stateful_set.pods.values():
            self._availability.judge(pod, stateful_set.spec.min_ready_seconds, cause)
        self._queue.add(stateful_set)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        owner = pod.owner
        if not isinstance(owner, StatefulSetState):
            return
        if phase == Phase.ABSENT:
            owner.lost[pod.ordinal] = cause
            self._state.pods.set_available(pod, False, cause)
            self._queue.add(owner)
        elif phase in _FINISHED:
            self._queue.add(owner)

    def _ready_changed(self, pod: PodState, ready: int, cause: int) -> None:
        if isinstance(pod.owner, StatefulSetState):
            self._availability.judge(pod, pod.owner.spec.min_ready_seconds, cause)
            self._queue.add(pod.owner)

    def _available_changed(self, pod: PodState, available: int, cause: int) -> None:
        if isinstance(pod.owner, StatefulSetState):
            self._queue.add(pod.owner)

    def _sync(self, stateful_set: StatefulSetState) -> None:
        spec = stateful_set.spec
        update = self._update_revision(stateful_set)
        ordered = spec.pod_management_policy is PodManagementPolicy.ORDERED_READY
        pods = {pod.ordinal: pod for pod in stateful_set.objects.values()}
        done = self._fill(stateful_set, update, pods, ordered) and self._shrink(stateful_set, pods, ordered)
        if done and not spec.on_delete:
            self._update(stateful_set, update, pods)
        self._complete(stateful_set, update)

    # Revisions

    def _update_revision(self, stateful_set: StatefulSetState) -> Revision:
        history = stateful_set.history
        known = len(history.revisions)
        update = history.adopt(stateful_set.spec.template)
        if stateful_set.current is None:
            stateful_set.current = update
        if len(history.revisions) > known:
            live = {pod.pod_class.labels[REVISION_LABEL] for pod in stateful_set.objects.values()}
            live |= {update.hash, stateful_set.current.hash}
            history.truncate(live, stateful_set.spec.revision_history_limit)
        return update

    def _complete(self, stateful_set: StatefulSetState, update: Revision) -> None:
        """Once all pods are updated and ready, the update revision is the current one."""
        pods = stateful_set.objects.values()
        if (
            stateful_set.current is not update
            and not stateful_set.spec.on_delete
            and len(pods) == stateful_set.spec.replicas
            and all(pod.ready and not pod.deleting and update.made(pod) for pod in pods)
        ):
            stateful_set.current = update

    def _pod_class(self, stateful_set: StatefulSetState, update: Revision, ordinal: int) -> PodClass:
        """A pod below the partition comes back as it was, the others are of the update revision."""
        spec, revision = stateful_set.spec, update
        if stateful_set.current is not None and not spec.on_delete and ordinal < spec.start + spec.partition:
            revision = stateful_set.current
        known = revision.classes.get(ordinal)
        if known is None:
            labels = {**spec.identity_labels(ordinal), REVISION_LABEL: revision.hash}
            known = self._make_pod_class(stateful_set.workload, revision.template, labels)
            revision.classes[ordinal] = known
        return known

    # A pass: each step says whether the next may follow

    def _fill(self, stateful_set: StatefulSetState, update: Revision, pods: dict[int, PodState], ordered: bool) -> bool:
        """Makes what is missing; in order, each pod waits for those before it to be available."""
        for ordinal in stateful_set.spec.ordinals:
            pod = pods.get(ordinal)
            if pod is None:
                cause = stateful_set.lost.pop(ordinal, stateful_set.cause)
                pod_class = self._pod_class(stateful_set, update, ordinal)
                pod = pods[ordinal] = self._state.pods.create(pod_class, stateful_set, cause, ordinal)
            elif pod.phase in _FINISHED and not pod.deleting:
                self._state.pods.mark_deleting(pod, pod.cause)
            if ordered and _unavailable(pod):
                return False
        return True

    def _shrink(self, stateful_set: StatefulSetState, pods: dict[int, PodState], ordered: bool) -> bool:
        """Takes away what is too much; in order, one from the top, and the lowest sick one before healthy ones."""
        surplus = sorted((pod for pod in pods.values() if pod.ordinal not in stateful_set.spec.ordinals), key=_ordinal)
        first_unavailable = next((pod for pod in surplus if _unavailable(pod)), None)
        for pod in reversed(surplus):
            if ordered and (pod.deleting or (_unavailable(pod) and pod is not first_unavailable)):
                return False
            if not pod.deleting:
                self._state.pods.mark_deleting(pod, stateful_set.cause)
                if ordered:
                    return False
        return True

    def _update(self, stateful_set: StatefulSetState, update: Revision, pods: dict[int, PodState]) -> None:
        """Deletes the highest pod that is of an old revision, once all above it are available."""
        ordinals = stateful_set.spec.ordinals
        for ordinal in reversed(ordinals[stateful_set.spec.partition :]):
            pod = pods[ordinal]
            if not update.made(pod) and not pod.deleting:
                self._state.pods.mark_deleting(pod, stateful_set.cause)
                return
            if _unavailable(pod):
                return


def _unavailable(pod: PodState) -> bool:
    return pod.deleting or not pod.available


def _ordinal(pod: PodState) -> int:
    return pod.ordinal

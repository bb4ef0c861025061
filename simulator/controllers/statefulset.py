"""The StatefulSet controller: pods with names that stay, made, updated and taken away one after the other.

Source: pkg/controller/statefulset (stateful_set_control.go, stateful_set_utils.go). A pod is replaced only once its
object is gone, so one that is stuck on a dead node holds its ordinal for ever. The gate MaxUnavailableStatefulSet is
off, as by default. Claims are made before the pods that use them, and stay unless whenScaled is Delete.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from models.pod import PodTemplate
from models.statefulset import PodManagementPolicy
from models.timing import Timing
from simulator.component import Component
from simulator.controllers.availability import Availability
from simulator.controllers.pod_control import PodControl
from simulator.controllers.workqueue import WorkQueue
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import REVISION_LABEL, Phase, PodClass, PodState, Revision, StatefulSetState, Workload

MakePodClass = Callable[[Workload, PodTemplate, Mapping[str, str]], PodClass]
_FINISHED = (Phase.FAILED, Phase.SUCCEEDED)


class StatefulSetController:
    """Brings every StatefulSet to its replicas and its template."""

    def __init__(self, kernel: Component, state: ClusterState, timing: Timing, make_pod_class: MakePodClass) -> None:
        self._state = state
        self._make_pod_class = make_pod_class
        self._availability = Availability(kernel, state)
        self._queue: WorkQueue[StatefulSetState] = WorkQueue(kernel, timing.controller_latency, self._sync)
        waits = timing.create_backoff_initial, timing.create_backoff_max
        self._pod_control: PodControl[StatefulSetState] = PodControl(
            kernel, state, waits, self._queue.add, self._queue.add
        )
        state.listen(Kind.STATEFULSET_GENERATION, self._spec_changed)
        state.listen(Kind.POD_PHASE, self._phase_changed, StatefulSetState)
        state.listen(Kind.POD_READY, self._ready_changed, StatefulSetState)
        state.listen(Kind.POD_AVAILABLE, self._available_changed, StatefulSetState)

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
            if not owner.spec.keeps_claims_when_scaled and pod.ordinal not in owner.spec.ordinals:
                self._delete_claims(pod, owner, cause)
            self._state.pods.set_available(pod, False, cause)
            self._queue.add(owner)
        elif phase in _FINISHED:
            self._queue.add(owner)

    def _delete_claims(self, pod: PodState, owner: StatefulSetState, cause: int) -> None:
        """WhenScaled Delete: the claims of a pod that was scaled away go after it."""
        volumes = self._state.volumes
        for claim in owner.spec.claims(pod.ordinal):
            volumes.delete(volumes.claim(claim), cause)

    def _ready_changed(self, pod: PodState, ready: int, cause: int) -> None:
        if isinstance(pod.owner, StatefulSetState):
            self._availability.judge(pod, pod.owner.spec.min_ready_seconds, cause)
            self._queue.add(pod.owner)

    def _available_changed(self, pod: PodState, available: int, cause: int) -> None:
        if isinstance(pod.owner, StatefulSetState):
            self._queue.add(pod.owner)

    def _sync(self, stateful_set: StatefulSetState) -> None:
        spec = stateful_set.spec
        update_revision = self._get_revisions(stateful_set)
        monotonic = spec.pod_management_policy is PodManagementPolicy.ORDERED_READY
        pods = {pod.ordinal: pod for pod in stateful_set.objects.values()}
        done = self._process_replicas(stateful_set, update_revision, pods, monotonic)
        done = done and self._process_condemned(stateful_set, pods, monotonic)
        if done and not spec.on_delete:
            self._rolling_update(stateful_set, update_revision, pods)
        self._pod_control.settle(stateful_set)
        self._complete_rolling_update(stateful_set, update_revision)
        if not stateful_set.complete and _is_rolled_out(stateful_set, update_revision):
            self._state.workloads.set_status(stateful_set, Kind.STATEFULSET_COMPLETE, True, stateful_set.cause)

    # Revisions

    def _get_revisions(self, stateful_set: StatefulSetState) -> Revision:
        """The update revision, that of the template, entered into the history; the first is the current one too."""
        history = stateful_set.history
        count = len(history.revisions)
        update_revision = history.adopt(stateful_set.spec.template)
        if stateful_set.current is None:
            stateful_set.current = update_revision
        if len(history.revisions) > count:
            live = {pod.pod_class.labels[REVISION_LABEL] for pod in stateful_set.objects.values()}
            live |= {update_revision.hash, stateful_set.current.hash}
            history.truncate(live, stateful_set.spec.revision_history_limit)
        return update_revision

    def _complete_rolling_update(self, stateful_set: StatefulSetState, update_revision: Revision) -> None:
        """Once all pods are updated and ready, the update revision is the current one."""
        pods = stateful_set.objects.values()
        if (
            stateful_set.current is not update_revision
            and not stateful_set.spec.on_delete
            and len(pods) == stateful_set.spec.replicas
            and all(pod.ready and not pod.deleting and update_revision.made(pod) for pod in pods)
        ):
            stateful_set.current = update_revision

    def _versioned_pod_class(self, stateful_set: StatefulSetState, update_revision: Revision, ordinal: int) -> PodClass:
        """A pod below the partition comes back as it was, the others are of the update revision."""
        spec, revision = stateful_set.spec, update_revision
        if stateful_set.current is not None and not spec.on_delete and ordinal < spec.start + spec.partition:
            revision = stateful_set.current
        pod_class = revision.classes.get(ordinal)
        if pod_class is None:
            labels = {**spec.identity_labels(ordinal), REVISION_LABEL: revision.hash}
            template = _with_claims(revision.template, [claim.name for claim in spec.claims(ordinal)])
            pod_class = self._make_pod_class(stateful_set.workload, template, labels)
            revision.classes[ordinal] = pod_class
        return pod_class

    # A pass: each step says whether the next may follow

    def _process_replicas(
        self, stateful_set: StatefulSetState, update_revision: Revision, pods: dict[int, PodState], monotonic: bool
    ) -> bool:
        """Makes what is missing; in order, each pod waits for those before it to be available.

        Pods that have finished are deleted, and nothing else happens in a pass that meets one.
        """
        finished = False
        spec = stateful_set.spec
        for ordinal in spec.ordinals:
            pod = pods.get(ordinal)
            if pod is None:
                pod_class = self._versioned_pod_class(stateful_set, update_revision, ordinal)
                for claim in spec.claims(ordinal):
                    self._state.volumes.claim(claim)
                cause = stateful_set.lost.get(ordinal, stateful_set.cause)
                pod = self._pod_control.create(pod_class, stateful_set, cause, ordinal)
                if pod is None:
                    return False
                pods[ordinal] = pod
                stateful_set.lost.pop(ordinal, None)
            elif pod.phase in _FINISHED:
                finished = True
                if not pod.deleting:
                    self._state.pods.mark_deleting(pod, pod.cause)
            if monotonic and _unavailable(pod):
                return False
        return not finished

    def _process_condemned(self, stateful_set: StatefulSetState, pods: dict[int, PodState], monotonic: bool) -> bool:
        """Takes away what is too much; in order, one from the top, and the lowest sick one before healthy ones."""
        ordinals = stateful_set.spec.ordinals
        condemned = sorted((pod for pod in pods.values() if pod.ordinal not in ordinals), key=lambda pod: pod.ordinal)
        first_unhealthy = next((pod for pod in condemned if _unavailable(pod)), None)
        for pod in reversed(condemned):
            if monotonic and (pod.deleting or (_unavailable(pod) and pod is not first_unhealthy)):
                return False
            if not pod.deleting:
                self._state.pods.mark_deleting(pod, stateful_set.cause)
                if monotonic:
                    return False
        return True

    def _rolling_update(
        self, stateful_set: StatefulSetState, update_revision: Revision, pods: dict[int, PodState]
    ) -> None:
        """Deletes the highest pod that is of an old revision, once all above it are available."""
        ordinals = stateful_set.spec.ordinals
        for ordinal in reversed(ordinals[stateful_set.spec.partition :]):
            pod = pods[ordinal]
            if not update_revision.made(pod) and not pod.deleting:
                self._state.pods.mark_deleting(pod, stateful_set.cause)
                return
            if _unavailable(pod):
                return


def _with_claims(template: PodTemplate, claims: Sequence[str]) -> PodTemplate:
    """The template with further claims among its volumes (stateful_set_utils.go, updateStorage)."""
    if not claims:
        return template
    return replace(template, spec=replace(template.spec, claims=(*template.spec.claims, *claims)))


def _unavailable(pod: PodState) -> bool:
    return pod.deleting or not pod.available


def _is_rolled_out(stateful_set: StatefulSetState, update_revision: Revision) -> bool:
    """Every replica is there and ready, and from the partition on of the update revision.

    As `kubectl rollout status` judges it (polymorphichelpers/rollout_status.go).
    """
    spec = stateful_set.spec
    staying = {pod.ordinal: pod for pod in stateful_set.objects.values() if pod.ready and not pod.deleting}
    return all(ordinal in staying for ordinal in spec.ordinals) and all(
        update_revision.made(staying[ordinal]) for ordinal in spec.ordinals[spec.partition :]
    )

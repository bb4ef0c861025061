"""The pods, and all that can happen to one."""

from simulator.kernel import Kernel
from simulator.log import Configured, Hold, Kind
from simulator.state.nodes import NodeTable
from simulator.state.objects import Disruption, Phase, PodClass, PodOwner, PodState, Stuck, VolumeWait
from simulator.state.transitions import Transitions

# What changes most, looked up once: before Python 3.12, each look-up of a member costs more than a call.
_POD_PHASE, _POD_CONTAINERS, _POD_ANSWERING = Kind.POD_PHASE, Kind.POD_CONTAINERS, Kind.POD_ANSWERING
_POD_READY, _POD_AVAILABLE = Kind.POD_READY, Kind.POD_AVAILABLE
_ABSENT, _PENDING, _RUNNING = Phase.ABSENT, Phase.PENDING, Phase.RUNNING


class Pods(dict[int, PodState]):
    """Those that exist, by uid, in order of creation; they change by the verbs below alone."""

    def __init__(self, kernel: Kernel, nodes: NodeTable, transitions: Transitions) -> None:
        super().__init__()
        self._kernel = kernel
        self._nodes = nodes
        self._emit = transitions.emit
        self._finalizing: set[int] = set()
        """Those, by uid, whose finalizer somebody will remove."""
        self.names: list[tuple[PodOwner | None, PodClass, int]] = []
        """By uid, what names a pod, also one that is gone: its owner, its class, its ordinal."""
        transitions.listen(Kind.NODE_REACHABLE, lambda node, new, cause: self._reachable_changed(node, cause))

    def _reachable_changed(self, node: int, cause: int) -> None:
        for pod in list(self._nodes.running[node].values()):
            self.set_answering(pod, pod.serving, cause)

    def create(
        self,
        pod_class: PodClass,
        owner: PodOwner | None,
        cause: int,
        ordinal: int | None = None,
        only_node: int | None = None,
    ) -> PodState:
        """A new pod, Pending and unbound.

        With an `ordinal` it takes that slot and is named by it. With `only_node` it goes to that node or nowhere, and
        takes the slot of that number, or the one so many nodes on while its predecessor is there.
        """
        uid = len(self.names)
        workload = pod_class.workload
        if ordinal is not None:
            slot = workload.take_slot_number(ordinal)
        elif only_node is not None:
            number = only_node
            while not workload.has_free(number):
                number += len(self._nodes)
            slot = workload.take_slot_number(number)
        else:
            slot = workload.take_slot()
        if ordinal is None:
            ordinal = 0 if owner is None else owner.created_pods
        pod = PodState(uid, ordinal, pod_class, owner, slot, self._kernel.now)
        pod.only_node = only_node
        pod.cause = cause
        pod.phase = _PENDING
        self[uid] = pod
        self.names.append((owner, pod_class, ordinal))
        if owner is not None:
            owner.created_pods += 1
            owner.pods[uid] = owner.objects[uid] = pod
        self._emit(_POD_PHASE, pod, uid, _ABSENT, _PENDING, cause, type(pod.owner))
        return pod

    def set_scheduling_gates(self, pod: PodState, gates: tuple[str, ...], cause: int) -> None:
        """The scheduling gates that are left of the pod's; none can be added (pkg/apis/core/validation)."""
        old, pod.scheduling_gates = pod.scheduling_gates, gates
        if old != gates:
            self._emit(Kind.POD_SCHEDULING_GATES, pod, pod.uid, len(old), len(gates), cause, type(pod.owner))

    def set_awaiting_node(self, pod: PodState) -> None:
        """A node was asked for because the pod fits nowhere (the event TriggeredScaleUp)."""
        if not pod.awaiting_node:
            pod.awaiting_node = True
            self._emit(Kind.POD_AWAITING_NODE, pod, pod.uid, 0, 1, pod.cause, type(pod.owner))

    def bind(self, pod: PodState, node: int) -> None:
        """Puts the pod on a node; its requests count there until it is removed."""
        pod.node = node
        pod.start_time = self._kernel.now
        self._nodes.running[node][pod.uid] = pod
        self._nodes.use(node, pod.pod_class, 1)
        self._emit(Kind.POD_NODE, pod, pod.uid, -1, node, pod.cause, type(pod.owner))

    def set_labels(self, pod: PodState, pod_class: PodClass, cause: int) -> None:
        """Gives the pod other labels: those of a class of its own, which else is like the one it was made of."""
        self._emit(Kind.POD_METADATA, pod, pod.uid, 1, 0, cause, type(pod.owner))
        pod.pod_class = pod_class
        self._emit(Kind.POD_METADATA, pod, pod.uid, 0, 1, cause, type(pod.owner))

    def set_owner(self, pod: PodState, owner: PodOwner | None, cause: int) -> None:
        """Another owner, or none, has the pod; it must not be being deleted, and keeps its name and its slot."""
        self._emit(Kind.POD_METADATA, pod, pod.uid, 1, 0, cause, type(pod.owner))
        if pod.owner is not None:
            del pod.owner.pods[pod.uid], pod.owner.objects[pod.uid]
        pod.owner = owner
        if owner is not None:
            owner.pods[pod.uid] = owner.objects[pod.uid] = pod
        self._emit(Kind.POD_METADATA, pod, pod.uid, 0, 1, cause, type(pod.owner))

    def set_running(self, pod: PodState) -> None:
        """Pending to Running."""
        pod.phase = _RUNNING
        self._emit(_POD_PHASE, pod, pod.uid, _PENDING, _RUNNING, pod.cause, type(pod.owner))

    def set_held(self, pod: PodState, hold: Hold, cause: int) -> None:
        """Why the control plane lets the pod, which could start, wait."""
        old, pod.held = pod.held, hold
        if old is not hold:
            self._emit(Kind.POD_HELD, pod, pod.uid, old, hold, cause, type(pod.owner))

    def set_pulling(self, pod: PodState, pulling: bool, cause: int) -> None:
        """Whether the pod waits for images."""
        if pod.pulling is not pulling:
            pod.pulling = pulling
            self._emit(Kind.POD_PULLING, pod, pod.uid, not pulling, pulling, cause, type(pod.owner))

    def set_volume_wait(self, pod: PodState, wait: VolumeWait, cause: int) -> None:
        """What the pod's volumes keep it waiting for."""
        old, pod.volume_wait = pod.volume_wait, wait
        if old is not wait:
            self._emit(Kind.POD_VOLUMES, pod, pod.uid, old, wait, cause, type(pod.owner))

    def set_containers(self, pod: PodState, running: int, cause: int) -> None:
        """The number of the pod's containers that run."""
        old = pod.running
        if old != running:
            pod.running = running
            if old == 0:
                pod.running_since = self._kernel.now
            self._emit(_POD_CONTAINERS, pod, pod.uid, old, running, cause, type(pod.owner))

    def set_answering(self, pod: PodState, answering: bool, cause: int) -> None:
        """Whether the pod can answer requests that reach it; none do while its node is cut off from users."""
        pod.serving = answering
        answering = answering and self._nodes.reachable[pod.node]
        if pod.answering is not answering:
            pod.answering = answering
            self._emit(_POD_ANSWERING, pod, pod.uid, not answering, answering, cause, type(pod.owner))

    def set_selected(self, pod: PodState, selected: bool, cause: int) -> None:
        """Whether the Services in front of the pod select it."""
        if pod.selected is not selected:
            pod.selected = selected
            self._emit(Kind.POD_SELECTED, pod, pod.uid, not selected, selected, cause, type(pod.owner))

    def set_failing(self, pod: PodState, failing: int, cause: int) -> None:
        """How many of a million requests to the pod it fails though it answers; negative: it answers too late."""
        old, pod.failing = pod.failing, failing
        if old != failing:
            self._emit(Kind.POD_FAILING, pod, pod.uid, old, failing, cause, type(pod.owner))

    def set_configuration(self, pod: PodState, configuration: Configured, cause: int) -> None:
        """What is the matter with the ConfigMaps and Secrets that the pod reads, or with its release."""
        old, pod.configuration = pod.configuration, configuration
        if old is not configuration:
            self._emit(Kind.POD_CONFIGURATION, pod, pod.uid, old, configuration, cause, type(pod.owner))

    def set_ready(self, pod: PodState, ready: bool, cause: int) -> None:
        """The pod's Ready condition."""
        if pod.ready is not ready:
            pod.ready = ready
            pod.ready_since = self._kernel.now
            self._emit(_POD_READY, pod, pod.uid, not ready, ready, cause, type(pod.owner))

    def set_late(self, pod: PodState, milliseconds: int, cause: int) -> None:
        """A request to it waits longer than clients do whose time-out is this long; 0: none does."""
        old = pod.late
        if old != milliseconds:
            pod.late = milliseconds
            self._emit(Kind.POD_LATE, pod, pod.uid, old, milliseconds, cause, type(pod.owner))

    def set_available(self, pod: PodState, available: bool, cause: int) -> None:
        """Whether the pod's ReplicaSet counts it as available."""
        if pod.available is not available:
            pod.available = available
            self._emit(_POD_AVAILABLE, pod, pod.uid, not available, available, cause, type(pod.owner))

    def set_deletion_cost(self, pod: PodState, deletion_cost: int, cause: int) -> None:
        """The pod's controller.kubernetes.io/pod-deletion-cost."""
        old, pod.deletion_cost = pod.deletion_cost, deletion_cost
        if old != deletion_cost:
            self._emit(Kind.POD_DELETION_COST, pod, pod.uid, old, deletion_cost, cause, type(pod.owner))

    def set_disruption_target(self, pod: PodState, reason: Disruption, cause: int) -> None:
        """The pod is about to be disrupted, by whom."""
        if pod.disruption is not reason:
            old, pod.disruption = pod.disruption, reason
            self._emit(Kind.POD_DISRUPTION_TARGET, pod, pod.uid, old, reason, cause, type(pod.owner))

    def mark_deleting(self, pod: PodState, cause: int) -> None:
        """Gives the pod a deletionTimestamp: its owner stops counting it, its slot is free for the next."""
        pod.deleting = True
        pod.cause = cause
        if not pod.is_over:
            self._leave(pod)
        self._emit(Kind.POD_DELETING, pod, pod.uid, 0, 1, cause, type(pod.owner))

    def fail(self, pod: PodState, cause: int) -> None:
        """The pod's containers are down for good, or its kubelet refuses it: it turns Failed and holds no resources.

        Its owner stops counting it, its slot is free for the next.
        """
        self._finish(pod, Phase.FAILED, cause)

    def succeed(self, pod: PodState) -> None:
        """All its containers have done what they were to do: as when it fails, but it turns Succeeded."""
        self._finish(pod, Phase.SUCCEEDED, pod.cause)

    def _finish(self, pod: PodState, phase: Phase, cause: int) -> None:
        old, pod.phase = pod.phase, phase
        if not pod.deleting:
            self._leave(pod)
        if pod.node >= 0:
            del self._nodes.running[pod.node][pod.uid]
            self._nodes.use(pod.node, pod.pod_class, -1)
        self._emit(_POD_PHASE, pod, pod.uid, old, phase, cause, type(pod.owner))

    def _await_finalizer(self, pod: PodState, stuck: Stuck) -> None:
        """Its containers are down, and nobody has removed its finalizer."""
        self._finalizing.add(pod.uid)
        self.begin_stuck(pod, stuck)
        if not pod.is_over:
            self._finish(pod, Phase.FAILED, pod.cause)

        def removed() -> None:
            self._finalizing.discard(pod.uid)
            pod.stuck = None
            self.remove(pod)

        self._kernel.timer(stuck.seconds, removed)

    @staticmethod
    def _leave(pod: PodState) -> None:
        """The pod is no longer active."""
        pod.pod_class.workload.free_slot(pod.slot)
        if pod.owner is not None:
            del pod.owner.pods[pod.uid]

    def begin_stuck(self, pod: PodState, stuck: Stuck) -> None:
        """The pod should be gone, and is not."""
        pod.cause = stuck.cause
        self._emit(Kind.POD_STUCK, pod, pod.uid, 0, 1, stuck.cause, type(pod.owner))

    def remove(self, pod: PodState) -> None:
        """The pod, which is being deleted, is gone; one with a finalizer is only when that is removed."""
        if pod.stuck is not None and pod.stuck.finalizer:
            if pod.uid not in self._finalizing:
                self._await_finalizer(pod, pod.stuck)
            return
        was_over = pod.is_over
        old, pod.phase = pod.phase, _ABSENT
        if pod.node >= 0 and not was_over:
            del self._nodes.running[pod.node][pod.uid]
            self._nodes.use(pod.node, pod.pod_class, -1)
        del self[pod.uid]
        if pod.owner is not None:
            del pod.owner.objects[pod.uid]
        self._emit(_POD_PHASE, pod, pod.uid, old, _ABSENT, pod.cause, type(pod.owner))

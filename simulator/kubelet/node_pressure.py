"""Node-pressure eviction: a kubelet whose node runs short of memory or disk throws out pods, one after the other.

Source: pkg/kubelet/eviction (eviction_manager.go, helpers.go, defaults_linux.go). The kubelet looks every 10 s. While a
threshold is crossed, and 5 min from then on, its node has the condition, and so a NoSchedule taint. Of disk it first
deletes all images that no pod uses. Then it evicts the first pod in its rank: those that use more than they request
before others, then by priority, then by how much more. It waits for its end, 30 s at most, and looks again at once.
Static pods and critical ones are passed over; budgets are not asked. Pods get a grace period of 1 s.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from models.node import Taint, TaintEffect
from models.priority import CRITICAL
from models.qos import QosClass, qos_class
from simulator.kernel import Event, Kernel, Order, Story
from simulator.kubelet.hang import Hang
from simulator.kubelet.images import Images
from simulator.kubelet.termination import Termination
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import Disruption, Phase, PodState

MONITORING_PERIOD = 10.0
"""Seconds from one look at the node to the next (pkg/kubelet: evictionMonitoringPeriod)."""
TRANSITION_PERIOD = 300.0
"""Seconds for which a condition stays after the threshold was last crossed (evictionPressureTransitionPeriod)."""
HARD_GRACE = 1.0
"""The grace period of a pod that is evicted since a hard threshold is crossed (immediateEvictionGracePeriodSeconds)."""
CLEANUP_TIMEOUT = 30.0
"""Seconds for which the end of an evicted pod is waited for, at most (podCleanupTimeout)."""


class Signal(StrEnum):
    """What a node runs short of."""

    MEMORY = "node.kubernetes.io/memory-pressure"
    DISK = "node.kubernetes.io/disk-pressure"

    @property
    def taint(self) -> Taint:
        """The taint of the node meanwhile."""
        return Taint(self.value, TaintEffect.NO_SCHEDULE)


class Usage(NamedTuple):
    """What a pod has of a resource, in bytes."""

    used: int
    requested: int


@dataclass(frozen=True)
class Shortage:
    """A node lacks so much of something until pods that use it are gone."""

    signal: Signal
    amount: int
    """Bytes below the threshold."""
    usage: Callable[[PodState], Usage]
    image_size: int = 0
    """Bytes of an image of which the node does not say how large it is."""


@dataclass(eq=False, slots=True)
class _Case:
    node: int
    shortage: Shortage
    cause: int
    is_seen: bool = False
    """The kubelet has found out."""
    is_over: bool = False
    """The threshold is not crossed any more."""


class NodePressure:
    """The nodes that are short of something, and what their kubelets do about it."""

    def __init__(
        self, kernel: Kernel, state: ClusterState, images: Images, termination: Termination, hang: Hang
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._images = images
        self._termination = termination
        self._hang = hang
        self._cases: dict[tuple[int, object], _Case] = {}
        self._conditions: dict[tuple[int, Signal], set[_Case]] = {}
        """Why a node has the condition."""
        self._ends: dict[int, Event] = {}
        """By uid: who waits for the end of a pod."""
        self._idle: dict[_Case, Event] = {}
        """Those with nobody to evict, which wait for a pod to run."""
        self._refused: dict[int, PodState] = {}
        self._listens = False
        self.admit: Callable[[PodState], object] = lambda pod: None
        """Told of a pod that was refused, once it is not any more."""

    def begin(self, node: int, owner: object, cause: int, shortage: Shortage, seen_after: float) -> None:
        """The threshold is crossed from now on; the kubelet looks in `seen_after` seconds."""
        if not self._listens:
            self._listens = True
            self._state.listen(Kind.POD_PHASE, self._phase_changed)
            self._state.listen(Kind.POD_CONTAINERS, lambda pod, running, cause: self._runs(pod) if running else None)
            self._state.listen(Kind.NODE_POWER, lambda node, up, cause: self._booted(node) if up else None)
        case = self._cases[node, owner] = _Case(node, shortage, cause)
        self._kernel.tell(self._story(case, seen_after))

    def end(self, node: int, owner: object) -> None:
        """Whatever took it has given it back."""
        case = self._cases.pop((node, owner))
        self._relieve(case)
        self._look_again(case)

    def refuses(self, pod: PodState) -> bool:
        """Whether the kubelet does not admit a pod that is bound to its node; `admit` is told when it does.

        Short of memory it refuses pods of class BestEffort, unless they tolerate the taint, and else all but critical
        ones. They would fail, and be made again, over and over.
        """
        spec = pod.pod_class.spec
        if not self._conditions or spec.priority >= CRITICAL:
            return False
        refused = (pod.node, Signal.DISK) in self._conditions
        if (pod.node, Signal.MEMORY) in self._conditions and qos_class(spec) is QosClass.BEST_EFFORT:
            refused = refused or not any(each.tolerates(Signal.MEMORY.taint) for each in spec.tolerations)
        if refused:
            self._refused[pod.uid] = pod
        return refused

    # What the kubelet does

    def _story(self, case: _Case, seen_after: float) -> Story:
        yield self._kernel.sleep(seen_after, Order.KUBELET)
        left = case.shortage.amount
        while left > 0 and not case.is_over:
            if not self._acts(case.node):
                yield self._kernel.sleep(MONITORING_PERIOD, Order.KUBELET)
                continue
            if not case.is_seen:
                self._set_condition(case)
                left -= self._delete_images(case)
                continue
            victim = self._victim(case)
            if victim is None:
                yield from self._until_a_pod_runs(case)
                continue
            left -= case.shortage.usage(victim).used
            ended = self._ends[victim.uid] = self._kernel.event()
            self._evict(victim, case.cause)
            yield ended | self._kernel.sleep(CLEANUP_TIMEOUT, Order.KUBELET)
        self._relieve(case)

    def _until_a_pod_runs(self, case: _Case) -> Story:
        """To the first look at which there may be somebody to evict: the looks before it would find nobody."""
        looked = self._kernel.now
        idle = self._idle[case] = self._kernel.event()
        yield idle
        yield self._kernel.sleep(MONITORING_PERIOD - (self._kernel.now - looked) % MONITORING_PERIOD, Order.KUBELET)

    def _runs(self, pod: PodState) -> None:
        for case in [case for case in self._idle if case.node == pod.node]:
            self._look_again(case)

    def _look_again(self, case: _Case) -> None:
        idle = self._idle.pop(case, None)
        if idle is not None:
            idle.succeed()

    def _acts(self, node: int) -> bool:
        return self._state.nodes.powered[node] and not self._hang.holds(node)

    def _delete_images(self, case: _Case) -> int:
        """The bytes of the images that no pod of the node uses, which are deleted."""
        if case.shortage.signal is not Signal.DISK:
            return 0
        nodes, node = self._state.nodes, case.node
        used = {image for pod in nodes.running[node].values() for image in pod.pod_class.images}
        deleted = self._images.delete_unused(node, used)
        return sum(nodes.images[node].get(image, case.shortage.image_size) for image in deleted)

    def _victim(self, case: _Case) -> PodState | None:
        """The first pod of the rank that may be evicted."""
        pods = [
            pod
            for pod in self._state.nodes.running[case.node].values()
            if not (pod.deleting or pod.stopping or pod.pod_class.template.is_static)
            and pod.pod_class.spec.priority < CRITICAL
            and pod.running
        ]

        def rank(pod: PodState) -> tuple[bool, int, int, int]:
            usage = case.shortage.usage(pod)
            excess = usage.used - usage.requested
            return excess <= 0, pod.pod_class.spec.priority, -excess, pod.uid

        return min(pods, key=rank, default=None)

    def _evict(self, pod: PodState, cause: int) -> None:
        self._state.pods.set_disruption_target(pod, Disruption.TERMINATION_BY_KUBELET, cause)
        pod.cause = cause
        self._termination.end(pod, HARD_GRACE)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if phase in (Phase.PENDING, Phase.RUNNING):
            return
        self._refused.pop(pod.uid, None)
        if (ended := self._ends.pop(pod.uid, None)) is not None:
            ended.succeed()

    # The condition

    def _set_condition(self, case: _Case) -> None:
        case.is_seen = True
        self._conditions.setdefault((case.node, case.shortage.signal), set()).add(case)
        self._state.nodes.set_taints(case.node, self._taints(case) | {case.shortage.signal.taint}, case.cause)

    def _relieve(self, case: _Case) -> None:
        if not case.is_over:
            case.is_over = True
            if case.is_seen:
                self._kernel.timer(TRANSITION_PERIOD, lambda: self._lift_condition(case), Order.KUBELET)

    def _lift_condition(self, case: _Case) -> None:
        """With the last reason for it."""
        key = case.node, case.shortage.signal
        cases = self._conditions.get(key, set())
        cases.discard(case)
        if key not in self._conditions or cases:
            return
        del self._conditions[key]
        self._state.nodes.set_taints(case.node, self._taints(case) - {case.shortage.signal.taint}, case.cause)
        for pod in [pod for pod in self._refused.values() if pod.node == case.node]:
            if not self.refuses(pod):
                del self._refused[pod.uid]
                self.admit(pod)

    def _taints(self, case: _Case) -> frozenset[Taint]:
        return self._state.nodes.taints_of(case.node)

    def _booted(self, node: int) -> None:
        """Memory is free again, and a fresh kubelet knows nothing of the last one's thresholds."""
        cases = self._conditions.get((node, Signal.MEMORY), set())
        seen = {*cases, *(case for (where, _), case in self._cases.items() if where == node)}
        for case in sorted(seen, key=lambda case: case.cause):
            if case.shortage.signal is Signal.MEMORY:
                case.is_over = True
                self._lift_condition(case)

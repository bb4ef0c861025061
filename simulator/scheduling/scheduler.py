"""The scheduler: takes waiting pods one at a time and binds them.

Source: pkg/scheduler (schedule_one.go). A pod that fits nowhere waits until something happens that may help; back-off
plays no part (`queue.py`). Pods for which others were preempted are nominated to their node and wait for it, each by
itself.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from models.arrays import Ints
from models.timing import Timing
from simulator.component import Component
from simulator.kernel import Order
from simulator.log import Kind
from simulator.scheduling.binder import VolumeBinder
from simulator.scheduling.choosing import Chooser, CycleState
from simulator.scheduling.counts import PodCounts
from simulator.scheduling.framework import Profile
from simulator.scheduling.preemption import Evaluator
from simulator.scheduling.queue import SchedulingQueue
from simulator.scheduling.snapshot import Snapshot
from simulator.scheduling.storage import StorageView
from simulator.scheduling.ties import Ties
from simulator.scheduling.views import ClusterView, PodView
from simulator.state.cluster import ClusterState
from simulator.state.objects import Disruption, Phase, PodClass, PodState, VolumeWait


class Scheduler:
    """Binds pods to nodes by a profile."""

    def __init__(self, kernel: Component, state: ClusterState, timing: Timing, profile: Profile, ties: Ties) -> None:
        self._kernel = kernel
        self._state = state
        self._latency = timing.scheduler_latency
        self._profile = profile
        self._counts = counts = PodCounts(state)
        self._snapshot = Snapshot(state, counts)
        self._prepared: list[PodClass] = []
        """Templates that the plugins have been asked about."""
        self._post_filters = profile.post_filters
        self._cluster, self.chooser = self._views()
        self._binder = VolumeBinder(kernel, state, timing, counts, state.pods.bind, self._queue_again)
        self._ties = ties
        self._queue = SchedulingQueue(self._wake)
        self._nominated: dict[PodState, int] = {}
        """Pods that wait for others to be gone from a node, or are meant for one."""
        self._meant_for: dict[str, int] = {}
        self._settled: set[PodState] = set()
        """Nominated pods that go where they are meant to be whatever the plugins say."""
        self._lowest_priority = 2**31
        self._armed = False
        state.listen(Kind.POD_PHASE, self._phase_changed)
        state.listen(Kind.POD_SCHEDULING_GATES, lambda pod, left, cause: self._enqueue(pod))
        state.listen(Kind.POD_METADATA, lambda pod, changed, cause: self._metadata_changed(pod))
        state.listen(Kind.POD_NODE, lambda pod, node, cause: self._moved(pod))
        state.listen(Kind.POD_DELETING, lambda pod, new, cause: self._deleting(pod))
        state.listen(Kind.NODE_TAINTS, lambda node, new, cause: self._retainted(node))
        state.listen(Kind.NODE_UNSCHEDULABLE, lambda node, new, cause: self._retainted(node))
        for kind in (Kind.CLAIM_PHASE, Kind.VOLUME_PHASE):
            state.listen(kind, lambda subject, phase, cause: self._storage_changed())
        state.listen(Kind.CLAIM_NODE, lambda claim, node, cause: self._storage_changed() if node < 0 else None)
        state.listen(Kind.VOLUME_ATTACHED, lambda volume, count, cause: self._volume_moved())
        state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: self._nodes_changed())

    def _views(self) -> tuple[ClusterView, Chooser]:
        nodes = self._state.nodes
        cluster = ClusterView(nodes, self._counts, StorageView(nodes, self._state.volumes))
        return cluster, Chooser(self._profile, nodes, cluster)

    def settle(self, nodes: Mapping[str, int]) -> None:
        """The next pod of each of these slots is bound to this node, and no plugin is asked about it.

        For pods that are known to have been there: a rolling update, say, leaves replicas where no new one would be
        let, as it counts those that go.
        """
        self._meant_for |= nodes

    # What may let waiting pods in

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if phase == Phase.PENDING:
            self._lowest_priority = min(self._lowest_priority, pod.pod_class.spec.priority)
            self._enqueue(pod)
        elif phase != Phase.RUNNING and pod.node >= 0:
            self._gone(pod)

    def _enqueue(self, pod: PodState) -> None:
        """To be tried, unless it is gated (plugins/schedulinggates, PreEnqueue), names its node, or waits for ever.

        A claim that is not there is never made during a run, so no try would end otherwise.
        """
        asks = pod.pod_class.spec.node_name is None and not pod.pod_class.template.absences.unschedulable
        if asks and not pod.scheduling_gates:
            if self._meant_for and (node := self._meant_for.pop(pod.slot.name, None)) is not None:
                self._nominated[pod] = node
                self._settled.add(pod)
            self._queue.add(pod)

    def _metadata_changed(self, pod: PodState) -> None:
        """Other labels may help the pod itself, or those that wait for the sake of where it is, or is not."""
        if pod.node < 0:
            self._enqueue(pod)
        else:
            self._room_appeared()

    def _deleting(self, pod: PodState) -> None:
        """It holds no room any more for which it waited, or in which its volumes were being bound."""
        held_room = pod in self._nominated or pod in self._binder
        self._nominated.pop(pod, None)
        self._settled.discard(pod)
        self._binder.forget(pod)
        if held_room:
            self._room_appeared()
        else:
            self._moved(pod)

    def _moved(self, pod: PodState) -> None:
        """A pod came or goes: that may help those that wait for the sake of where such pods are."""
        self._queue.activate_where(lambda waiting, _: self.cycle_state(waiting).answers.is_helped_by(pod.pod_class))

    def _gone(self, pod: PodState) -> None:
        """A pod is over: that may help those for which its node had no room, or which it kept away (QueueingHints)."""

        def helps(waiting: PodClass, only: int | None) -> bool:
            cycle_state = self.cycle_state(waiting)
            answers = cycle_state.answers
            # The only node of a pod is asked without the cache; beside nominated pods there may be room now.
            if self._nominated or only == pod.node or cycle_state.cache.lacks_room(pod.node) or answers.pre_filters:
                return True
            kept_away = answers.is_helped_by_absence(pod.pod_class)
            return kept_away or (not pod.deleting and answers.is_helped_by(pod.pod_class))

        self._try_again(helps)

    def _retainted(self, node: int) -> None:
        """A node has other taints, or is cordoned or not: that may help those that it was closed to."""

        def helps(waiting: PodClass, only: int | None) -> bool:
            cycle_state = self.cycle_state(waiting)
            answers = cycle_state.answers
            if self._nominated or only == node or answers.counts_by_taints or answers.pre_filters:
                return True
            return cycle_state.cache.is_kept_from(node)

        self._try_again(helps)

    def _try_again(self, helps: Callable[[PodClass, int | None], bool]) -> None:
        self._queue.activate_where(helps)
        self._try_nominated()

    def _try_nominated(self) -> None:
        for pod in self._nominated:
            self._queue.add(pod)

    def _storage_changed(self) -> None:
        self._queue.activate_where(lambda pod_class, _: pod_class.has_volumes)

    def _volume_moved(self) -> None:
        """One that is taken from a node makes room for another, where nodes take so many."""
        if self._cluster.nodes.has_volume_limits:
            self._storage_changed()

    def _queue_again(self, pod: PodState) -> None:
        """The claims of the pod were not bound in time, or its node is gone."""
        self._queue.add(pod)
        self._room_appeared()

    def _room_appeared(self) -> None:
        self._queue.activate_all()
        self._try_nominated()

    def _nodes_changed(self) -> None:
        """A node came or went: what was worked out from the columns of all nodes is worked out anew."""
        nodes = self._state.nodes
        self._binder.nodes_changed()
        self._counts.nodes_changed(self._state.pods.values())
        self._binder.recount()
        self._cluster, self.chooser = self._views()
        for pod_class in self._prepared:
            pod_class.scheduling = None
        self._prepared.clear()
        for pod, node in list(self._nominated.items()):
            if not nodes.exists[node]:
                del self._nominated[pod]
                self._queue.add(pod)
        self._room_appeared()

    def _wake(self) -> None:
        if not self._armed:
            self._armed = True
            self._kernel.timer(self._latency, self._schedule_all, Order.CONTROL)

    # One pod after the other

    def _schedule_all(self) -> None:
        self._armed = False
        queue = self._queue
        while (pod := queue.pop()) is not None:
            if pod.deleting or pod.node >= 0 or pod in self._binder:
                queue.activate_next(pod)
            elif queue.is_rejected(pod) and pod not in self._nominated:
                queue.add_unschedulable(pod)
            else:
                node = self._choose(pod)
                if node is None and not self.makes_room(pod):
                    queue.reject(pod)
                    self._note_volumes(pod)
                    continue
                if node is not None:
                    self.bind(pod, node)
                queue.activate_next(pod)

    def _choose(self, pod: PodState) -> int | None:
        if pod in self._settled and (there := self._nominated.get(pod)) is not None:
            return there
        feasible = self.feasible(pod)
        if len(feasible) == 0:
            return None
        best = self.chooser.best(self.cycle_state(pod.pod_class), feasible)
        return best.item(0) if len(best) == 1 else self._ties.choose(best)

    def feasible(self, pod: PodState) -> Ints:
        """The nodes that the pod may be bound to now, as far as they are looked at."""
        cycle_state = self.cycle_state(pod.pod_class)
        only = self._nominated.get(pod) if pod.only_node is None else pod.only_node
        if only is not None:
            alone = np.array([only] if self.chooser.fits(cycle_state, only) else [], dtype=np.int64)
            alone = self._beside_nominated(pod, cycle_state, alone)
            if pod.only_node is not None or len(alone):
                return alone
        feasible = self.chooser.feasible(cycle_state)
        return self._beside_nominated(pod, cycle_state, feasible) if self._nominated else feasible

    def bind(self, pod: PodState, node: int) -> None:
        """Puts the pod on the node."""
        waited_for = self._nominated.pop(pod, node)
        self._settled.discard(pod)
        if waited_for != node:
            self._room_appeared()
        if pod.pod_class.has_volumes:
            self._state.pods.set_volume_wait(pod, VolumeWait.NOTHING, pod.cause)
            if self._binder.reserve(pod, node, self._cluster.storage):
                return
        self._state.pods.bind(pod, node)

    def _note_volumes(self, pod: PodState) -> None:
        """Whether it is for the sake of its volumes that a pod fits nowhere."""
        if pod.pod_class.has_volumes:
            claims = self._state.volumes.of_pod(pod)
            wait = VolumeWait.NOTHING
            if self.cycle_state(pod.pod_class).answers.refusal():
                wait = VolumeWait.BINDING
            elif not all(self._cluster.storage.is_everywhere(c.volume) for c in claims if c.volume is not None):
                wait = VolumeWait.OUT_OF_REACH
            self._state.pods.set_volume_wait(pod, wait, pod.cause)

    def cycle_state(self, pod_class: PodClass) -> CycleState:
        """What the plugins worked out for this template; they are asked at the first call."""
        cycle_state = pod_class.scheduling
        if cycle_state is None:
            cycle_state = pod_class.scheduling = self.chooser.prepare(PodView(pod_class))
            self._prepared.append(pod_class)
        assert isinstance(cycle_state, CycleState)
        return cycle_state

    def unschedulable(self) -> list[PodState]:
        """The pods that fitted nowhere when they were last tried, or whose equals did, in order of arrival."""
        return sorted(self._queue.unschedulable(), key=lambda pod: pod.uid)

    def reason(self, pod: PodState) -> str:
        """Why a waiting pod is not placed, in Kubernetes' words; "" if its volumes are being bound."""
        if pod in self._binder:
            return ""
        if pod.scheduling_gates:
            gates = " ".join(pod.scheduling_gates)
            return f"SchedulingGated: Scheduling is blocked due to non-empty scheduling gates [{gates}]"
        if unschedulable := pod.pod_class.template.absences.unschedulable:
            return f"0/{sum(self._state.nodes.exists)} nodes are available: {unschedulable}."
        return self.chooser.reasons(self.cycle_state(pod.pod_class), pod.only_node)

    @property
    def latency(self) -> float:
        """Seconds from a pod's being active to its being tried."""
        return self._latency

    # Preemption

    def _beside_nominated(self, pod: PodState, cycle_state: CycleState, nodes: Ints) -> Ints:
        """The nodes of `nodes` where the pod fits even with the pods that are nominated to them.

        As upstream (RunFilterPluginsWithNominatedPods), only pods of at least its priority count.
        """
        priority = pod.pod_class.spec.priority
        full = []
        asked = set(nodes.tolist())
        for node in asked.intersection(self._nominated.values()):
            nominated = [
                other.pod_class
                for other, theirs in self._nominated.items()
                if theirs == node and other is not pod and other.pod_class.spec.priority >= priority
            ]
            if nominated:
                with self._snapshot.with_pods(node, nominated):
                    if not self.chooser.fits(cycle_state, node):
                        full.append(node)
        return nodes[~np.isin(nodes, full)] if full else nodes

    def makes_room(self, pod: PodState) -> bool:
        """Whether the pod waits for a node from which others have to go; has them deleted, if need be."""
        if not pod.pod_class.spec.preempts or pod.pod_class.spec.priority <= self._lowest_priority:
            return False
        if self._waits_for_victims(pod):
            return True
        cycle_state = self.cycle_state(pod.pod_class)
        evaluator = Evaluator(pod, cycle_state, self._state, self.chooser, self._snapshot, self._ties)
        for plugin in self._post_filters:
            nomination = plugin.post_filter(cycle_state.pod, evaluator)
            if nomination is not None:
                self._preempt(pod, *nomination)
                return True
        if self._nominated.pop(pod, None) is not None:
            self._room_appeared()
        return False

    def _waits_for_victims(self, pod: PodState) -> bool:
        node = self._nominated.get(pod)
        return node is not None and any(
            other.deleting
            and other.disruption is Disruption.PREEMPTION_BY_SCHEDULER
            and other.pod_class.spec.priority < pod.pod_class.spec.priority
            for other in self._state.nodes.running[node].values()
        )

    def _preempt(self, pod: PodState, node: int, victims: Sequence[int]) -> None:
        priority = pod.pod_class.spec.priority
        for other, theirs in list(self._nominated.items()):
            if theirs == node and other.pod_class.spec.priority < priority:
                del self._nominated[other]
                self._queue.add(other)
        self._nominated[pod] = node
        cause = self._state.cause("preemption")
        for uid in victims:
            victim = self._state.pods[uid]
            self._state.pods.set_disruption_target(victim, Disruption.PREEMPTION_BY_SCHEDULER, cause)
            if not victim.deleting:
                self._state.pods.mark_deleting(victim, cause)

"""The taint eviction controller: deletes the pods of a node with NoExecute taints when their toleration runs out.

Source: pkg/controller/tainteviction. Budgets are not asked. A pod whose timer runs keeps it when taints are swapped;
timers are cancelled when the node has no NoExecute taint left.
"""

import math
from collections import defaultdict

from models.node import Taint, TaintEffect
from simulator.component import Component
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import Disruption, PodClass, PodState

NOT_TOLERATED = -1.0
"""In place of a time: the pod goes at once, whatever timer runs for it."""


class TaintEviction:
    """One timer a node and distinct toleration time, whatever the number of pods."""

    def __init__(self, kernel: Component, state: ClusterState) -> None:
        self._kernel = kernel
        self._state = state
        self._tainted_nodes: dict[int, frozenset[Taint]] = {}
        """NoExecute taints, of nodes that have any."""
        self._causes: dict[int, int] = {}
        """By node: why its NoExecute taints last changed, if they did in the run."""
        self._taint_eviction_queue: dict[int, Timer] = {}
        """Per pod, the timer that will delete it (pods of one node share one)."""
        self._toleration_times: dict[tuple[PodClass, frozenset[Taint]], float] = {}
        for node in range(len(state.nodes)):
            self._note_taints(node)
        state.listen(Kind.NODE_TAINTS, self._taints_changed)
        state.listen(Kind.POD_NODE, self._pod_bound)
        state.listen(Kind.NODE_EXISTS, self._joined_or_gone)
        kernel.on_restart(self._restarted)

    def _restarted(self) -> None:
        """A new process knows of no timer: every toleration begins anew, however old the taint is."""
        self._taint_eviction_queue.clear()
        for node in self._tainted_nodes:
            self._process_pods(node, list(self._state.nodes.running[node].values()), self._causes.get(node, 0))

    def _note_taints(self, node: int) -> None:
        taints = frozenset(t for t in self._state.nodes.taints_of(node) if t.effect is TaintEffect.NO_EXECUTE)
        if taints:
            self._tainted_nodes[node] = taints
        else:
            self._tainted_nodes.pop(node, None)

    def _joined_or_gone(self, node: int, exists: int, cause: int) -> None:
        """The pods of a node that is gone keep their timers."""
        if exists:
            self._note_taints(node)
        else:
            self._tainted_nodes.pop(node, None)

    def _taints_changed(self, node: int, new: int, cause: int) -> None:
        before = self._tainted_nodes.get(node)
        self._note_taints(node)
        if self._tainted_nodes.get(node) != before:
            self._causes[node] = cause
            self._process_pods(node, list(self._state.nodes.running[node].values()), cause)

    def _pod_bound(self, pod: PodState, node: int, cause: int) -> None:
        if node in self._tainted_nodes:
            self._process_pods(node, [pod], cause)

    def _process_pods(self, node: int, pods: list[PodState], cause: int) -> None:
        """A pod that nothing limits any more is let off; one whose timer runs keeps it; the others get one."""
        taints = self._tainted_nodes.get(node)
        by_time: defaultdict[float, list[PodState]] = defaultdict(list)
        for pod in pods:
            seconds = math.inf if taints is None else self._min_toleration_time(pod.pod_class, taints)
            if seconds == math.inf:
                self._taint_eviction_queue.pop(pod.uid, None)
            elif seconds == NOT_TOLERATED or pod.uid not in self._taint_eviction_queue:
                by_time[max(0.0, seconds)].append(pod)
        for seconds, group in sorted(by_time.items(), key=lambda item: item[0]):
            timer = self._kernel.timer(seconds, lambda: None)
            timer.call = lambda group=group, timer=timer: self._evict(group, timer, cause)
            for pod in group:
                self._taint_eviction_queue[pod.uid] = timer

    def _evict(self, pods: list[PodState], timer: Timer, cause: int) -> None:
        for pod in pods:
            if self._taint_eviction_queue.get(pod.uid) is timer:
                del self._taint_eviction_queue[pod.uid]
                if not pod.deleting and pod.uid in self._state.pods:
                    self._state.pods.set_disruption_target(pod, Disruption.DELETION_BY_TAINT_MANAGER, cause)
                    self._state.pods.mark_deleting(pod, cause)

    def _min_toleration_time(self, pod_class: PodClass, taints: frozenset[Taint]) -> float:
        """Seconds that such pods stay: infinite if nothing limits it, `NOT_TOLERATED` if they may not."""
        time = self._toleration_times.get((pod_class, taints))
        if time is None:
            time = math.inf
            # The copy of a static pod is made again at once, and its containers never noticed.
            for taint in () if pod_class.template.is_static else sorted(taints):
                matching = next((t for t in pod_class.spec.tolerations if t.tolerates(taint)), None)
                if matching is None:
                    time = NOT_TOLERATED
                elif matching.seconds is not None and time != NOT_TOLERATED:
                    time = min(time, max(0.0, matching.seconds))
            self._toleration_times[pod_class, taints] = time
        return time

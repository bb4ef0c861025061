"""The taint eviction controller: deletes the pods of a node with NoExecute taints when their toleration runs out.

Source: pkg/controller/tainteviction. Budgets are not asked. A pod whose timer runs keeps it when taints are swapped;
timers are cancelled when the node has no NoExecute taint left.
"""

import math
from collections import defaultdict

from models.node import Taint, TaintEffect
from simulator.kernel import Kernel, Timer
from simulator.log import Kind
from simulator.objects import PodClass, PodState
from simulator.state import ClusterState


class TaintEviction:
    """One timer a node and distinct toleration time, whatever the number of pods."""

    def __init__(self, kernel: Kernel, state: ClusterState) -> None:
        self._kernel = kernel
        self._state = state
        self._tainted: dict[int, frozenset[Taint]] = {}
        """NoExecute taints, of nodes that have any."""
        self._timers: dict[int, list[Timer]] = {}
        self._tolerated: dict[tuple[PodClass, frozenset[Taint]], float] = {}
        state.listen(Kind.NODE_TAINTS, self._taints_changed)
        state.listen(Kind.POD_NODE, self._pod_bound)

    def _taints_changed(self, node: int, new: int, cause: int) -> None:
        taints = frozenset(t for t in self._state.nodes.taints_of(node) if t.effect is TaintEffect.NO_EXECUTE)
        if not taints:
            self._tainted.pop(node, None)
            for timer in self._timers.pop(node, ()):
                timer.cancel()
        elif node not in self._tainted:
            self._tainted[node] = taints
            self._evict_later(node, list(self._state.nodes.running[node].values()), cause)

    def _pod_bound(self, pod: PodState, node: int, cause: int) -> None:
        if node in self._tainted:
            self._evict_later(node, [pod], cause)

    def _evict_later(self, node: int, pods: list[PodState], cause: int) -> None:
        by_time: defaultdict[float, list[PodState]] = defaultdict(list)
        for pod in pods:
            by_time[self._tolerates_for(pod.pod_class, self._tainted[node])].append(pod)
        for seconds, group in sorted(by_time.items(), key=lambda item: item[0]):
            if seconds < math.inf:
                timer = self._kernel.timer(seconds, lambda group=group: self._evict(group, cause))  # type: ignore[misc]
                self._timers.setdefault(node, []).append(timer)

    def _evict(self, pods: list[PodState], cause: int) -> None:
        for pod in pods:
            if not pod.deleting and pod.uid in self._state.pods:
                self._state.mark_deleting(pod, cause)

    def _tolerates_for(self, pod_class: PodClass, taints: frozenset[Taint]) -> float:
        """Seconds that such pods stay: 0 with a taint they do not tolerate, infinite if nothing limits it."""
        known = self._tolerated.get((pod_class, taints))
        if known is None:
            known = math.inf
            for taint in sorted(taints):
                matching = next((t for t in pod_class.spec.tolerations if t.tolerates(taint)), None)
                if matching is None:
                    known = 0.0
                elif matching.seconds is not None:
                    known = min(known, max(0.0, matching.seconds))
            self._tolerated[pod_class, taints] = known
        return known

"""The pod garbage collector: pods that nobody is left to remove.

Source: pkg/controller/podgc (gc_controller.go). Every 20 s it force-deletes terminating pods of nodes that are not
Ready and carry the out-of-service taint. The tick that finds one is computed when it becomes one.
"""

import math

from models.node import OUT_OF_SERVICE
from models.timing import Timing
from simulator.kernel import Kernel
from simulator.log import Kind
from simulator.phases import Phases
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE
from simulator.state.objects import PodState


class PodGC:
    """Removes terminating pods from nodes that are out of service."""

    def __init__(self, kernel: Kernel, state: ClusterState, timing: Timing, phases: Phases) -> None:
        self._kernel = kernel
        self._state = state
        self._period = timing.pod_gc_period
        self._phase = phases.pod_gc
        state.listen(Kind.POD_DELETING, lambda pod, new, cause: self._deleting(pod))
        state.listen(Kind.NODE_TAINTS, lambda node, new, cause: self._tainted(node))

    def _deleting(self, pod: PodState) -> None:
        if pod.node >= 0 and self._out_of_service(pod.node):
            self._collect_later(pod.node)

    def _tainted(self, node: int) -> None:
        if self._out_of_service(node):
            self._collect_later(node)

    def _out_of_service(self, node: int) -> bool:
        nodes = self._state.nodes
        return nodes.ready[node] != TRUE and any(taint.key == OUT_OF_SERVICE for taint in nodes.taints_of(node))

    def _collect_later(self, node: int) -> None:
        now = self._kernel.now
        tick = self._phase + (math.floor((now - self._phase) / self._period) + 1) * self._period
        self._kernel.timer(tick - now, lambda: self._collect(node))

    def _collect(self, node: int) -> None:
        if self._out_of_service(node):
            for pod in list(self._state.nodes.running[node].values()):
                if pod.deleting:
                    self._state.pods.remove(pod)

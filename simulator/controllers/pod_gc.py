"""The pod garbage collector: pods that nobody is left to remove.

Source: pkg/controller/podgc (gc_controller.go). Every 20 s it force-deletes terminating pods of nodes that are not
Ready and carry the out-of-service taint, and all pods of nodes that do not exist, which it waits for 40 s from when it
first misses them. The ticks at which it does so are computed when a node becomes such a one.
"""

import math

from models.node import OUT_OF_SERVICE
from models.timing import Timing
from simulator.component import Component
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.phases import Phases
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE
from simulator.state.objects import Disruption, PodState

QUARANTINE = 40.0
"""Seconds from the tick at which a node is missed; its pods go at the first tick after them (quarantineTime)."""


class PodGC:
    """Removes terminating pods from nodes that are out of service, and all pods of nodes that are gone."""

    def __init__(self, kernel: Component, state: ClusterState, timing: Timing, phases: Phases) -> None:
        self._kernel = kernel
        self._state = state
        self._period = timing.pod_gc_period
        self._phase = phases.pod_gc
        self._missing: dict[int, tuple[Timer, int]] = {}
        """Nodes that are gone and whose pods wait for that: when it is over, and why they are gone."""
        state.listen(Kind.POD_DELETING, lambda pod, new, cause: self._deleting(pod))
        state.listen(Kind.NODE_TAINTS, lambda node, new, cause: self._tainted(node))
        state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: None if exists else self._missed_later(node, cause))
        kernel.on_restart(self._restarted)

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
        self._kernel.timer(self._tick_after(now) - now, lambda: self._collect(node))

    def _tick_after(self, time: float) -> float:
        return self._phase + (math.floor((time - self._phase) / self._period) + 1) * self._period

    def _missed_later(self, node: int, cause: int) -> None:
        """Its pods wait for the tick that misses the node, the quarantine, and the tick after that."""
        now = self._kernel.now
        collected = self._tick_after(self._tick_after(now) + QUARANTINE)
        timer = self._kernel.timer(collected - now, lambda: self._collect_orphans(node, cause))
        self._missing[node] = timer, cause

    def _restarted(self) -> None:
        """A new process misses them for the first time."""
        for node, (timer, cause) in list(self._missing.items()):
            timer.cancel()
            self._missed_later(node, cause)

    def _collect_orphans(self, node: int, cause: int) -> None:
        del self._missing[node]
        pods = self._state.pods
        for pod in [pod for pod in pods.values() if pod.node == node]:
            if not pod.is_over:
                pods.fail(pod, cause)
            pods.set_disruption_target(pod, Disruption.DELETION_BY_POD_GC, cause)
            if pod.deleting:
                pods.remove(pod)
            else:
                pods.mark_deleting(pod, cause)  # a pod that is over goes at once

    def _collect(self, node: int) -> None:
        if self._out_of_service(node):
            for pod in list(self._state.nodes.running[node].values()):
                if pod.deleting:
                    self._state.pods.remove(pod)

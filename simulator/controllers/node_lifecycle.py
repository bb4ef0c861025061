"""The node lifecycle controller: from a silent or unwell node to its taints.

Source: pkg/controller/nodelifecycle. The kubelet renews its lease every 10 s, the controller looks every 5 s, and marks
a node Unknown when the last renewal that it saw is 50 s old. Neither loop runs here: the phases of both are drawn once
a run, and the time at which they would find out is computed when the node falls silent.
"""

import math
from functools import partial
from itertools import groupby

from models.node import NOT_READY, UNREACHABLE, Taint, TaintEffect
from models.timing import Timing
from simulator.component import Component
from simulator.controllers.zone_eviction import ZoneEviction
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.phases import Phases
from simulator.state.cluster import ClusterState
from simulator.state.nodes import FALSE, TRUE, UNKNOWN

_KEYS = {FALSE: NOT_READY, UNKNOWN: UNREACHABLE}
NO_SCHEDULE = {ready: Taint(key, TaintEffect.NO_SCHEDULE) for ready, key in _KEYS.items()}
NO_EXECUTE = {ready: Taint(key, TaintEffect.NO_EXECUTE) for ready, key in _KEYS.items()}
_ALL_NO_SCHEDULE = frozenset(NO_SCHEDULE.values())
_ALL_NO_EXECUTE = frozenset(NO_EXECUTE.values())
_ROUNDING = 1e-9


class NodeLifecycle:
    """Marks silent nodes Unknown and their pods unready, taints them, zone by zone, and takes it back on return."""

    def __init__(self, kernel: Component, state: ClusterState, timing: Timing, phases: Phases) -> None:
        self._kernel = kernel
        self._state = state
        self._timing = timing
        self._phases = phases
        self._leases = list(phases.leases)
        self._silent: dict[int, Timer] = {}
        """Nodes that are silent but not Unknown yet, and when they will be."""
        self._causes = [0] * len(state.nodes)
        order = sorted(range(len(state.nodes)), key=lambda node: (state.nodes.regions_and_zones[node], node))
        zones = [list(nodes) for _, nodes in groupby(order, key=lambda node: state.nodes.regions_and_zones[node])]
        self._eviction = ZoneEviction(kernel, state, timing, zones, self._taint, self._untaint_all, self.next_pass)
        state.listen(Kind.NODE_REPORTING, self._reporting_changed)
        state.listen(Kind.NODE_HEALTHY, self._health_changed)
        state.listen(Kind.NODE_EXISTS, self._joined_or_gone)
        kernel.on_restart(self._restarted)
        kernel.on_return(self._returned)

    def _joined_or_gone(self, node: int, exists: int, cause: int) -> None:
        """A kubelet renews its lease from when it joins; nobody looks for a node whose object is gone."""
        nodes = self._state.nodes
        if exists:
            self._causes.append(cause)
            self._leases.append(self._kernel.now)
            zone = nodes.regions_and_zones[node]
            others = (n for n in reversed(range(node)) if nodes.exists[n] and nodes.regions_and_zones[n] == zone)
            self._eviction.join(node, next(others, None))
        else:
            if (waiting := self._silent.pop(node, None)) is not None:
                waiting.cancel()
            self._eviction.leave(node)
            self._eviction.handle_disruption()

    # Finding out

    def _reporting_changed(self, node: int, reporting: int, cause: int) -> None:
        if not reporting:
            self._causes[node] = cause
            delay = self.detection_time(node, self._kernel.now) - self._kernel.now
            self._silent[node] = self._kernel.timer(delay, lambda: self._mark_unknown(node))
            return
        waiting = self._silent.pop(node, None)
        if waiting is not None:
            waiting.cancel()
        self._post(node, cause)

    def _health_changed(self, node: int, healthy: int, cause: int) -> None:
        if self._state.nodes.reporting[node]:
            self._causes[node] = cause
            self._post(node, cause)

    def _post(self, node: int, cause: int) -> None:
        """The kubelet posts its status: what the controller makes of it shows at its next pass."""
        ready = TRUE if self._state.nodes.healthy[node] else FALSE
        if ready != self._state.nodes.ready[node]:
            self._set_condition(node, ready, cause)
            now = self._kernel.now
            self._kernel.timer(self.next_pass(now) - now, lambda: self._process_taint_based_eviction(node, cause))

    def _process_taint_based_eviction(self, node: int, cause: int) -> None:
        """A pass meets a node whose kubelet posted another condition since the last."""
        if self._state.nodes.ready[node] == TRUE:
            self._eviction.mark_as_reachable(node)
            self._state.nodes.set_taints(node, self._state.nodes.taints_of(node) - _ALL_NO_EXECUTE, cause)
        else:
            self._eviction.mark_for_tainting(node)
        self._eviction.handle_disruption()

    def detection_time(self, node: int, silent_since: float) -> float:
        """When a node whose kubelet fell silent at `silent_since` is marked Unknown."""
        seen = self.last_seen(node, silent_since)
        return max(self.next_pass(seen + self._timing.node_monitor_grace_period), self.next_pass(silent_since))

    def last_seen(self, node: int, silent_since: float) -> float:
        """The pass at which the last renewal before `silent_since` is seen."""
        return self.next_pass(_tick_before(silent_since, self._timing.lease_renew_period, self._leases[node]))

    def next_pass(self, time: float) -> float:
        """The first pass over all nodes at or after `time`."""
        return _tick_after(time, self._timing.node_monitor_period, self._phases.node_monitor)

    def _mark_unknown(self, node: int) -> None:
        del self._silent[node]
        state, cause = self._state, self._causes[node]
        was_ready = state.nodes.ready[node] == TRUE
        self._set_condition(node, UNKNOWN, cause)
        self._eviction.mark_for_tainting(node)
        if was_ready:
            # A node whose kubelet said so itself (Ready False) does not get here: its pods' kubelet is alive.
            for pod in list(state.nodes.running[node].values()):
                state.pods.set_ready(pod, False, cause)
        self._eviction.handle_disruption()

    # After an absence

    def _restarted(self) -> None:
        """A new process takes the first status that it sees for new: who is silent has another grace period."""
        now, nodes = self._kernel.now, self._state.nodes
        again = self.next_pass(now + self._timing.node_monitor_grace_period) - now
        for node, waiting in list(self._silent.items()):
            waiting.cancel()
            # Why it fell silent may be over: it was the API server that was away.
            reasons = (*nodes.down_causes[node].values(), *nodes.silent_causes[node].values())
            self._causes[node] = next(iter(reasons), self._causes[node])
            self._silent[node] = self._kernel.timer(again, partial(self._mark_unknown, node))

    def _returned(self) -> None:
        """The taints are those of the conditions that kubelets posted meanwhile."""
        for node, ready in enumerate(self._state.nodes.ready):
            if self._state.nodes.exists[node]:
                self._taint_by_condition(node, ready, self._causes[node])

    # Taints

    def _set_condition(self, node: int, ready: int, cause: int) -> None:
        """The Ready condition, its NoSchedule taint, and a NoExecute taint of the other condition swapped at once."""
        self._state.nodes.set_ready(node, ready, cause)
        if not self._kernel.is_down:
            self._taint_by_condition(node, ready, cause)

    def _taint_by_condition(self, node: int, ready: int, cause: int) -> None:
        state = self._state
        taints = state.nodes.taints_of(node)
        evicting = taints & _ALL_NO_EXECUTE
        taints = taints - _ALL_NO_SCHEDULE
        if ready != TRUE:
            taints |= {NO_SCHEDULE[ready]}
            if evicting:
                taints = (taints - _ALL_NO_EXECUTE) | {NO_EXECUTE[ready]}
        state.nodes.set_taints(node, taints, cause)

    def _taint(self, node: int) -> None:
        """Its turn has come: the node gets the NoExecute taint, unless it is well by now."""
        ready = self._state.nodes.ready[node]
        if ready != TRUE and self._timing.pod_eviction_timeout is None:
            taints = self._state.nodes.taints_of(node) | {NO_EXECUTE[ready]}
            self._state.nodes.set_taints(node, taints, self._causes[node])

    def _untaint_all(self) -> None:
        for node in range(len(self._state.nodes)):
            self._state.nodes.set_taints(node, self._state.nodes.taints_of(node) - _ALL_NO_EXECUTE, self._causes[node])


def _tick_after(time: float, period: float, phase: float) -> float:
    """The first tick of a loop at or after `time`."""
    return phase + math.ceil((time - phase) / period - _ROUNDING) * period


def _tick_before(time: float, period: float, phase: float) -> float:
    """The last tick of a loop at or before `time`."""
    return phase + math.floor((time - phase) / period + _ROUNDING) * period

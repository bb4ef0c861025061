"""The node lifecycle controller: from a silent node to its taints.

Source: pkg/controller/nodelifecycle. The kubelet renews its lease every 10 s, the controller looks every 5 s, and marks
a node Unknown when the last renewal that it saw is 50 s old. Neither loop runs here: the phases of both are drawn once
a run, and the time at which they would find out is computed when the node goes down.
"""

import math
from collections import deque
from itertools import groupby

import numpy as np

from models.node import UNREACHABLE, Taint, TaintEffect
from models.timing import Timing
from simulator.kernel import Kernel, Timer
from simulator.log import Kind
from simulator.state import ClusterState
from simulator.streams import Streams

NO_SCHEDULE = Taint(UNREACHABLE, TaintEffect.NO_SCHEDULE)
NO_EXECUTE = Taint(UNREACHABLE, TaintEffect.NO_EXECUTE)
_ROUNDING = 1e-9


class _Zone:
    """The queue of nodes of one zone that wait for their NoExecute taint, with a token bucket of burst 1."""

    def __init__(self, nodes: list[int], rate: float) -> None:
        self.nodes = nodes
        self.rate = rate
        self.queue: deque[int] = deque()
        self.next_token = -math.inf
        self.timer: Timer | None = None

    def change_rate(self, rate: float, now: float) -> None:
        """The new bucket holds a token only if the old one did (RateLimitedTimedQueue.SwapLimiter)."""
        had_token = self.rate > 0 and now >= self.next_token
        self.rate = rate
        if rate > 0:
            self.next_token = now if had_token else now + 1 / rate


class NodeLifecycle:
    """Marks silent nodes Unknown and their pods unready, taints them, zone by zone, and takes it back on return."""

    def __init__(self, kernel: Kernel, state: ClusterState, timing: Timing, streams: Streams) -> None:
        self._kernel = kernel
        self._state = state
        self._timing = timing
        self._monitor_phase = timing.node_monitor_period * streams.stream("phase/node-monitor").random()
        self._lease_phase = timing.lease_renew_period * np.array(
            [streams.stream(f"phase/lease/{name}").random() for name in state.nodes.names]
        )
        self._silent: dict[int, Timer] = {}
        """Nodes that are down but not Unknown yet, and when they will be."""
        self._causes = [0] * len(state.nodes)
        zones = sorted(range(len(state.nodes)), key=lambda node: (state.nodes.regions_and_zones[node], node))
        self._zones = [
            _Zone(list(nodes), timing.node_eviction_rate)
            for _, nodes in groupby(zones, key=lambda node: state.nodes.regions_and_zones[node])
        ]
        self._zone_of = {node: zone for zone in self._zones for node in zone.nodes}
        self._all_down = False
        self._review: Timer | None = None
        state.listen(Kind.NODE_POWER, self._power_changed)

    def _power_changed(self, node: int, up: int, cause: int) -> None:
        if up:
            self._returned(node, cause)
            return
        self._causes[node] = cause
        delay = self.detection_time(node, self._kernel.now) - self._kernel.now
        self._silent[node] = self._kernel.timer(delay, lambda: self._mark_unknown(node))

    def detection_time(self, node: int, silent_since: float) -> float:
        """When a node whose kubelet stopped at `silent_since` is marked Unknown."""
        timing = self._timing
        last_renewal = _tick_before(silent_since, timing.lease_renew_period, self._lease_phase[node])
        seen = self._next_pass(last_renewal)
        return max(self._next_pass(seen + timing.node_monitor_grace_period), self._next_pass(silent_since))

    def _next_pass(self, time: float) -> float:
        return _tick_after(time, self._timing.node_monitor_period, self._monitor_phase)

    def _mark_unknown(self, node: int) -> None:
        del self._silent[node]
        state, cause = self._state, self._causes[node]
        state.set_node_ready(node, 2, cause)
        state.set_taints(node, state.nodes.taints_of(node) | {NO_SCHEDULE}, cause)
        self._enqueue(node)
        for pod in list(state.nodes.running[node].values()):
            state.set_ready(pod, False, cause)
        self._review_at_end_of_pass()

    def _returned(self, node: int, cause: int) -> None:
        """The kubelet posts Ready at once; NoExecute taints go with the next pass."""
        waiting = self._silent.pop(node, None)
        if waiting is not None:
            waiting.cancel()
            return
        state = self._state
        state.set_node_ready(node, 1, cause)
        state.set_taints(node, state.nodes.taints_of(node) - {NO_SCHEDULE}, cause)
        now = self._kernel.now
        self._kernel.timer(self._next_pass(now) - now, lambda: self._untaint(node, cause))

    def _untaint(self, node: int, cause: int) -> None:
        if self._state.nodes.ready[node] != 1:
            return
        zone = self._zone_of[node]
        if node in zone.queue:
            zone.queue.remove(node)
        self._state.set_taints(node, self._state.nodes.taints_of(node) - {NO_EXECUTE}, cause)
        self._review_at_end_of_pass()

    # Rate-limited tainting

    def _enqueue(self, node: int) -> None:
        zone = self._zone_of[node]
        if node not in zone.queue:
            zone.queue.append(node)
            self._serve(zone)

    def _serve(self, zone: _Zone) -> None:
        """Taints the next node of the zone when the bucket has a token; one timer a zone, none at rate 0."""
        if zone.timer is not None:
            zone.timer.cancel()
            zone.timer = None
        while zone.queue and zone.rate > 0 and not self._all_down:
            now = self._kernel.now
            if now < zone.next_token:
                zone.timer = self._kernel.timer(zone.next_token - now, lambda: self._serve(zone))
                return
            zone.next_token = now + 1 / zone.rate
            node = zone.queue.popleft()
            if self._state.nodes.ready[node] != 1:
                taints = self._state.nodes.taints_of(node) | {NO_EXECUTE}
                self._state.set_taints(node, taints, self._causes[node])

    # Zone states

    def _review_at_end_of_pass(self) -> None:
        """States are worked out at the end of a pass, after it queued nodes: once, whatever it found."""
        if self._review is None:
            self._review = self._kernel.timer(0.0, self._review_zones)

    def _review_zones(self) -> None:
        self._review = None
        all_down = True
        for zone in self._zones:
            dead = sum(self._state.nodes.ready[node] != 1 for node in zone.nodes)
            all_down = all_down and dead == len(zone.nodes)
            rate = self._rate(dead, len(zone.nodes))
            if rate != zone.rate:
                zone.change_rate(rate, self._kernel.now)
        if all_down and not self._all_down:
            self._enter_all_down()
        elif self._all_down and not all_down:
            self._leave_all_down()
        for zone in self._zones:
            self._serve(zone)

    def _rate(self, dead: int, size: int) -> float:
        """Nodes per second that may be tainted in a zone of this size with this many dead."""
        timing = self._timing
        partial = dead < size and dead > 2 and dead / size >= timing.unhealthy_zone_threshold
        if not partial:
            return timing.node_eviction_rate
        return timing.secondary_node_eviction_rate if size > timing.large_cluster_size_threshold else 0.0

    def _enter_all_down(self) -> None:
        """Every zone is down: it may well be the control plane's own fault, so nobody is evicted."""
        self._all_down = True
        for node in range(len(self._state.nodes)):
            self._state.set_taints(node, self._state.nodes.taints_of(node) - {NO_EXECUTE}, self._causes[node])
        for zone in self._zones:
            zone.queue.clear()

    def _leave_all_down(self) -> None:
        """Who is still dead gets another grace period, from now."""
        self._all_down = False
        now = self._kernel.now
        again = self._next_pass(now + self._timing.node_monitor_grace_period) - now
        for node in range(len(self._state.nodes)):
            if self._state.nodes.ready[node] != 1:
                self._kernel.timer(again, lambda node=node: self._still_dead(node))  # type: ignore[misc]

    def _still_dead(self, node: int) -> None:
        if self._state.nodes.ready[node] != 1 and NO_EXECUTE not in self._state.nodes.taints_of(node):
            self._enqueue(node)


def _tick_after(time: float, period: float, phase: float) -> float:
    """The first tick of a loop at or after `time`."""
    return phase + math.ceil((time - phase) / period - _ROUNDING) * period


def _tick_before(time: float, period: float, phase: float) -> float:
    """The last tick of a loop at or before `time`."""
    return phase + math.floor((time - phase) / period + _ROUNDING) * period

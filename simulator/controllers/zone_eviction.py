"""How fast nodes are tainted for eviction, zone by zone, and when not at all.

Source: pkg/controller/nodelifecycle (handleDisruption, RateLimitedTimedQueue). Each zone has a queue and a token bucket
of burst 1. A zone in which most nodes are dead is suspected rather than evicted, and when every zone is dead the
controller suspects itself.
"""

import math
from collections import defaultdict, deque
from collections.abc import Callable, Sequence

from models.timing import Timing
from simulator.component import Component
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE


class _Zone:
    """The queue of nodes of one zone that wait for their NoExecute taint."""

    def __init__(self, nodes: list[int], rate: float) -> None:
        self.nodes = nodes
        self.dead = 0
        """How many of them are not Ready."""
        self.rate = rate
        self.queue: deque[int] = deque()
        self.next_token = -math.inf
        self.timer: Timer | None = None

    def swap_limiter(self, rate: float, now: float) -> None:
        """The new bucket holds a token only if the old one did (RateLimitedTimedQueue)."""
        had_token = self.rate > 0 and now >= self.next_token
        self.rate = rate
        if rate > 0:
            self.next_token = now if had_token else now + 1 / rate


class ZoneEviction:
    """The queues of all zones."""

    def __init__(
        self,
        kernel: Component,
        state: ClusterState,
        timing: Timing,
        zones: Sequence[list[int]],
        taint: Callable[[int], None],
        untaint_all: Callable[[], None],
        next_pass: Callable[[float], float],
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._timing = timing
        self._zones = [_Zone(nodes, timing.node_eviction_rate) for nodes in zones]
        self._zone_of = {node: zone for zone in self._zones for node in zone.nodes}
        self._taint = taint
        self._untaint_all = untaint_all
        self._next_pass = next_pass
        self._full_disruption = False
        self._disruption_pending = False
        self._dead: defaultdict[int, bool] = defaultdict(bool)
        state.listen(Kind.NODE_READY, self._ready_changed)

    def _ready_changed(self, node: int, ready: int, cause: int) -> None:
        dead = ready != TRUE
        self._zone_of[node].dead += dead - self._dead[node]
        self._dead[node] = dead

    def join(self, node: int, beside: int | None) -> None:
        """A node is in the zone of `beside`, or in a zone of its own."""
        if beside is None:
            self._zones.append(_Zone([], self._timing.node_eviction_rate))
        zone = self._zones[-1] if beside is None else self._zone_of[beside]
        zone.nodes.append(node)
        self._zone_of[node] = zone

    def leave(self, node: int) -> None:
        """The node is gone, and counts no more."""
        self.mark_as_reachable(node)
        zone = self._zone_of[node]
        zone.nodes.remove(node)
        zone.dead -= self._dead.pop(node, False)
        if not zone.nodes:
            self._zones.remove(zone)

    def mark_for_tainting(self, node: int) -> None:
        """The node waits for its taint; its turn comes at the end of the pass."""
        zone = self._zone_of[node]
        if self._state.nodes.exists[node] and node not in zone.queue:
            zone.queue.append(node)

    def mark_as_reachable(self, node: int) -> None:
        """The node is well again and waits no longer."""
        zone = self._zone_of[node]
        if node in zone.queue:
            zone.queue.remove(node)

    def handle_disruption(self) -> None:
        """Works the states of all zones out at the end of the pass: once, however often it is called until then."""
        if not self._disruption_pending:
            self._disruption_pending = True
            self._kernel.timer(0.0, self._handle_disruption)

    def _handle_disruption(self) -> None:
        self._disruption_pending = False
        fully_disrupted = bool(self._zones)
        for zone in self._zones:
            fully_disrupted = fully_disrupted and zone.dead == len(zone.nodes)
            rate = self._rate(zone.dead, len(zone.nodes))
            if rate != zone.rate:
                zone.swap_limiter(rate, self._kernel.now)
        if fully_disrupted and not self._full_disruption:
            self._enter_full_disruption()
        elif self._full_disruption and not fully_disrupted:
            self._leave_full_disruption()
        for zone in self._zones:
            self._do_tainting_pass(zone)

    def _rate(self, dead: int, size: int) -> float:
        """Nodes per second that may be tainted in a zone of this size with this many dead."""
        timing = self._timing
        partial_disruption = dead < size and dead > 2 and dead / size >= timing.unhealthy_zone_threshold
        if not partial_disruption:
            return timing.node_eviction_rate
        return timing.secondary_node_eviction_rate if size > timing.large_cluster_size_threshold else 0.0

    def _do_tainting_pass(self, zone: _Zone) -> None:
        """Taints the next node of the zone when the bucket has a token; one timer a zone, none at rate 0."""
        if zone.timer is not None:
            zone.timer.cancel()
            zone.timer = None
        while zone.queue and zone.rate > 0 and not self._full_disruption:
            now = self._kernel.now
            if now < zone.next_token:
                zone.timer = self._kernel.timer(zone.next_token - now, lambda: self._do_tainting_pass(zone))
                return
            zone.next_token = now + 1 / zone.rate
            self._taint(zone.queue.popleft())

    def _enter_full_disruption(self) -> None:
        """Every zone is down: it may well be the control plane's own fault, so nobody is evicted."""
        self._full_disruption = True
        self._untaint_all()
        for zone in self._zones:
            zone.queue.clear()

    def _leave_full_disruption(self) -> None:
        """Who is still dead gets another grace period, from now."""
        self._full_disruption = False
        now = self._kernel.now
        again = self._next_pass(now + self._timing.node_monitor_grace_period) - now
        not_ready = [node for zone in self._zones for node in zone.nodes if self._state.nodes.ready[node] != TRUE]
        self._kernel.timer(again, lambda: self._still_dead(not_ready))

    def _still_dead(self, nodes: Sequence[int]) -> None:
        for node in nodes:
            if self._state.nodes.ready[node] != TRUE:
                self.mark_for_tainting(node)
        self.handle_disruption()

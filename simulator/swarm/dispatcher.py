"""The dispatcher: from an agent that falls silent to its node being DOWN, and back.

Source: swarmkit manager/dispatcher (dispatcher.go, period.go, nodes.go), agent/agent.go. An agent sends its next
heartbeat p after the last reply, p drawn from the period -0.5 to +0.5 s; the manager waits 3 p for it. Nothing polls:
when it would give up is drawn when the agent falls silent, from where it stands in its period then.
"""

import math
from collections.abc import Callable

import numpy as np

from simulator.component import Component
from simulator.kernel import Kernel, Order, Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE, UNKNOWN
from simulator.streams import Streams, StreamsOf

EPSILON = 0.5
"""Seconds by which a period may be longer or shorter."""
GRACE = 3
"""Periods that a manager waits for a heartbeat."""
GRACE_AFTER_ELECTION = 6
"""As `GRACE`, for nodes that a new leader knows nothing of yet."""
RPC_TIMEOUT = 5.0
"""Seconds until a heartbeat without a reply has failed."""
BACKOFF = 0.1, 8.0
"""Seconds of the first, and of the longest bound on the wait before an agent registers again: 0.1 + 2 x the last."""
ORPHANED_AFTER = 86_400.0
"""Seconds that the tasks of a node that is DOWN are on record."""


class Dispatcher:
    """Says which nodes are READY, as their Ready condition, and which are DOWN (Unknown)."""

    def __init__(
        self,
        kernel: Kernel,
        manager: Component,
        state: ClusterState,
        streams: Streams,
        period: float,
        lost: Callable[[int, int], None],
        registered: Callable[[int, int], None],
        orphaned: Callable[[int], None],
    ) -> None:
        """`lost`, `registered` and `orphaned` are told of a node: DOWN, in touch again (and why), DOWN for a day."""
        self._kernel = kernel
        self._manager = manager
        self._state = state
        self._rngs = StreamsOf(streams, "swarm/heartbeat")
        self._shortest, self._longest = max(0.0, period - EPSILON), period + EPSILON
        self._lost, self._registered, self._orphaned = lost, registered, orphaned
        self._silent: dict[int, Timer] = {}
        """When a node that is silent will be DOWN."""
        self._since: dict[int, tuple[float, bool]] = {}
        """Since when a node is silent, and whether it has lost power since."""
        self._causes: dict[int, int] = {}
        state.listen(Kind.NODE_REPORTING, self._reporting_changed)
        state.listen(Kind.NODE_POWER, self._power_changed)
        manager.on_restart(self._new_leader)

    def _rng(self, node: int) -> np.random.Generator:
        return self._rngs[self._state.nodes.names[node]]

    def _reporting_changed(self, node: int, reporting: int, cause: int) -> None:
        if reporting or node in self._since:  # it has not registered since it was lost
            return
        self._since[node] = self._kernel.now, not self._state.nodes.powered[node]
        self._causes[node] = cause
        self._expect(node, self.detection_time(self._rng(node)))

    def _power_changed(self, node: int, up: int, cause: int) -> None:
        if not up and node in self._since:
            self._since[node] = self._since[node][0], True

    def detection_time(self, rng: np.random.Generator) -> float:
        """Seconds from a moment at random to DOWN: three periods since the last heartbeat."""
        a, b = self._shortest, self._longest
        # A period that a moment at random falls into is found the more often the longer it is.
        period = math.sqrt(a * a + (b * b - a * a) * rng.random())
        return float(GRACE * period - period * rng.random())

    def _expect(self, node: int, seconds: float) -> None:
        if (waiting := self._silent.pop(node, None)) is not None:
            waiting.cancel()
        self._silent[node] = self._manager.timer(seconds, lambda: self._down(node))

    def _down(self, node: int) -> None:
        del self._silent[node]
        self._state.nodes.set_ready(node, UNKNOWN, self._causes[node])
        self._lost(node, self._causes[node])
        since, _ = self._since[node]
        self._manager.timer(ORPHANED_AFTER, lambda: self._orphan(node, since))

    def _orphan(self, node: int, since: float) -> None:
        """Unless it has been in touch since: what it lost then, it lost later."""
        if node in self._since and self._since[node][0] == since:
            self._orphaned(node)

    def _new_leader(self) -> None:
        """All nodes that are not DOWN are UNKNOWN to it: their tasks are left alone, for longer than usual."""
        for node in list(self._silent):
            rng = self._rng(node)
            period = self._shortest + (self._longest - self._shortest) * rng.random()
            self._expect(node, GRACE_AFTER_ELECTION * period)

    # In touch again

    def back_after(self, node: int) -> float:
        """Seconds until an agent whose way to the managers is free again has registered; it has then.

        A daemon that has just been started does so at once, one that was cut off once its present wait is over.
        """
        since, booted = self._since.get(node, (self._kernel.now, True))
        delay = 0.0 if booted else self._left_of_backoff(node, self._kernel.now - since)
        if delay > 0:
            self._kernel.timer(delay, lambda: self._register(node), Order.KUBELET)
        else:
            self._register(node)
        return delay

    def _left_of_backoff(self, node: int, away: float) -> float:
        """What is left of the wait, after so many seconds of trying again and again."""
        rng = self._rng(node)
        passed = self._longest * rng.random() + RPC_TIMEOUT
        if away < passed:
            return 0.0  # the heartbeat that is under way comes through
        bound, most = BACKOFF
        while passed <= away:
            passed += bound * rng.random()
            bound = min(BACKOFF[0] + 2 * bound, most)
        return passed - away

    def _register(self, node: int) -> None:
        if not self._state.nodes.reporting[node]:
            return
        if self._manager.is_down:
            self._manager.timer(0.0, lambda: self._register(node))
            return
        cause = self._causes.get(node, 0)
        self._since.pop(node, None)
        if (waiting := self._silent.pop(node, None)) is not None:
            waiting.cancel()
        self._state.nodes.set_ready(node, TRUE, cause)
        self._registered(node, cause)

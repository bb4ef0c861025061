"""Heartbeats: from a client that falls silent to its node being down, and back.

Source: nomad/heartbeat.go, helper/cluster.go (RateScaledInterval), client/client.go. Servers answer each heartbeat with
a time to live, TTL, drawn uniformly from B to 2B, where B = max(min_heartbeat_ttl, nodes / max_heartbeats_per_second);
the client sends the next one when it is over, and the servers wait for it `heartbeat_grace` longer. Nothing polls: when
they would give up is drawn when the client falls silent. A new leader gives every node `failover_heartbeat_ttl`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from simulator.component import Component
from simulator.kernel import Kernel, Order, Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE, UNKNOWN
from simulator.streams import Streams, StreamsOf

RETRIES_FOLLOWED = 600.0
"""Seconds of a client's retries that are followed one by one: after so long each takes 25 to 30 s anyway."""


@dataclass(frozen=True)
class HeartbeatOptions:
    """The server block of agents."""

    min_heartbeat_ttl: float = 10.0
    max_heartbeats_per_second: int = 50
    heartbeat_grace: float = 10.0
    failover_heartbeat_ttl: float = 300.0

    def base(self, nodes: int) -> float:
        """The shortest time to live."""
        return max(self.min_heartbeat_ttl, nodes / self.max_heartbeats_per_second)


@dataclass(slots=True, eq=False)
class _Silence:
    """Of a client that is not in touch."""

    last: float
    """When its last heartbeat was answered."""
    ttl: float
    cause: int
    booted: bool
    """Its node has lost power since: it registers as soon as it runs."""
    timer: Timer | None = field(default=None)


class Heartbeats:
    """Says which nodes are ready, as their Ready condition, and which are down or disconnected (Unknown)."""

    def __init__(
        self,
        kernel: Kernel,
        servers: Component,
        state: ClusterState,
        streams: Streams,
        options: HeartbeatOptions,
    ) -> None:
        self._kernel = kernel
        self._servers = servers
        self._state = state
        self._rngs = StreamsOf(streams, "nomad/heartbeat")
        self._options = options
        self._silent: dict[int, _Silence] = {}
        self._elected = -math.inf
        """When the last new leader began."""
        self._silenced: list[Callable[[int, float], object]] = []
        self._expired: list[Callable[[int, int], object]] = []
        self._registered: list[Callable[[int], object]] = []
        state.listen(Kind.NODE_REPORTING, self._reporting_changed)
        state.listen(Kind.NODE_POWER, self._power_changed)
        state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: None if exists else self._forget(node))
        servers.on_restart(self._new_leader)

    def on_silence(self, call: Callable[[int, float], object]) -> None:
        """Calls `call(node, last)` when a client falls silent; `last` is when its last heartbeat was answered."""
        self._silenced.append(call)

    def on_expiry(self, call: Callable[[int, int], object]) -> None:
        """Calls `call(node, cause)` when the time of a node is over."""
        self._expired.append(call)

    def on_registration(self, call: Callable[[int], object]) -> None:
        """Calls `call(node)` when a client that was silent is in touch again."""
        self._registered.append(call)

    def _rng(self, node: int) -> np.random.Generator:
        return self._rngs[self._state.nodes.names[node]]

    def _draw(self, node: int) -> tuple[float, float]:
        """(TTL that a moment at random falls into, which is the more likely the longer it is; what of it is over)."""
        base, rng = self._options.base(sum(self._state.nodes.exists)), self._rng(node)
        ttl = base * math.sqrt(1.0 + 3.0 * rng.random())
        return ttl, ttl * rng.random()

    # Silence

    def last_of(self, node: int) -> float | None:
        """When the last heartbeat of a client that is silent was answered; None: it is in touch."""
        silence = self._silent.get(node)
        return None if silence is None else silence.last

    def _reporting_changed(self, node: int, reporting: int, cause: int) -> None:
        if reporting or node in self._silent:
            return
        ttl, passed = self._draw(node)
        now = self._kernel.now
        silence = self._silent[node] = _Silence(now - passed, ttl, cause, not self._state.nodes.powered[node])
        if silence.last < self._elected:
            self._expect(node, silence, self._elected + self._options.failover_heartbeat_ttl - now)
        else:
            self._expect(node, silence, silence.last + ttl + self._options.heartbeat_grace - now)
        for call in self._silenced:
            call(node, silence.last)

    def _power_changed(self, node: int, up: int, cause: int) -> None:
        if not up and node in self._silent:
            self._silent[node].booted = True

    def _expect(self, node: int, silence: _Silence, seconds: float) -> None:
        if silence.timer is not None:
            silence.timer.cancel()
        silence.timer = self._servers.timer(max(0.0, seconds), lambda: self._expire(node, silence))

    def _expire(self, node: int, silence: _Silence) -> None:
        silence.timer = None
        self._state.nodes.set_ready(node, UNKNOWN, silence.cause)
        for call in self._expired:
            call(node, silence.cause)

    def _new_leader(self) -> None:
        """It knows nothing of heartbeats: who is not down yet has more time."""
        self._elected = self._kernel.now
        for node, silence in self._silent.items():
            if self._state.nodes.ready[node] == TRUE:
                self._expect(node, silence, self._options.failover_heartbeat_ttl)

    def _forget(self, node: int) -> None:
        silence = self._silent.get(node)
        if silence is not None and silence.timer is not None:
            silence.timer.cancel()
        if self._state.nodes.ready[node] == TRUE:
            # `nomad node purge`, or an autoscaler's node that is drained and gone.
            cause = 0 if silence is None else silence.cause
            self._state.nodes.set_ready(node, UNKNOWN, cause)
            for call in self._expired:
                call(node, cause)

    # In touch again

    def back_after(self, node: int) -> float:
        """Seconds until a client whose way to the servers is free again has sent a heartbeat; it is registered then."""
        silence = self._silent.get(node)
        delay = 0.0 if silence is None or silence.booted else self._until_retry(node, silence)
        if delay > 0:
            self._kernel.timer(delay, lambda: self._register(node), Order.KUBELET)
        else:
            self._register(node)
        return delay

    def _until_retry(self, node: int, silence: _Silence) -> float:
        """What is left of the wait until the next heartbeat: retries are uniform in what is left, or over, of the TTL.

        They are 1 to 2 s apart at least, and 25 to 30 s at most.
        """
        away, rng = self._kernel.now - silence.last, self._rng(node)
        at = max(silence.ttl, away - RETRIES_FOLLOWED)
        while at < away:
            wait = abs(silence.ttl - at) * rng.random()
            if wait < 1.0:
                wait = 1.0 + rng.random()
            elif wait > 30.0:
                wait = 25.0 + 5.0 * rng.random()
            at += wait
        return at - away

    def _register(self, node: int) -> None:
        if not self._state.nodes.reporting[node]:
            return
        if self._servers.is_down:
            self._servers.timer(0.0, lambda: self._register(node), Order.KUBELET)
            return
        silence = self._silent.pop(node, None)
        if silence is None:
            return
        if silence.timer is not None:
            silence.timer.cancel()
        self._state.nodes.set_ready(node, TRUE, silence.cause)
        for call in self._registered:
            call(node)

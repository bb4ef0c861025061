"""HAProxy on the load balancer hosts: which servers are UP, whatever becomes of their hosts otherwise.

Source: HAProxy src/check.c, include/haproxy/defaults.h. A server is checked every `inter`, in a phase of its own. A
check of a process that is down is refused at once, one of a host that says nothing fails when its time is out. `fall`
failures in a row take a server out of use, `rise` successes in a row bring it back. Both load balancers see the same.

Nothing polls: the checks of a stretch of time in which nothing happens to a server are counted at its end, and the one
that decides is worked out when it begins.
"""

import math

from simulator.hosts.options import Checks
from simulator.kernel import Kernel, Order, Timer
from simulator.log import Kind, Phase
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE, UNKNOWN
from simulator.state.objects import PodState


class _Server:
    """One server line, and what its checks have found."""

    __slots__ = ("count", "drained", "good", "phase", "since", "timer", "up")

    def __init__(self, phase: float, now: float) -> None:
        self.phase = phase
        self.since = now
        """When `good` changed last."""
        self.good = False
        """Whether checks pass now."""
        self.up = False
        self.drained = False
        """Its weight is 0."""
        self.count = 0
        """Checks in a row, until `since`, that have contradicted `up`."""
        self.timer: Timer | None = None


class Haproxy:
    """The servers of all Services: a pod is Ready while its server is UP, and has a weight."""

    def __init__(self, kernel: Kernel, state: ClusterState, checks: Checks) -> None:
        self._kernel = kernel
        self._state = state
        self._checks = checks
        self._servers: dict[int, _Server] = {}
        """By uid of the unit behind it."""
        self._phases: dict[str, float] = {}
        """By slot: where its checks stand."""
        self.vip: object = None
        """Who cuts users off from all hosts while no load balancer answers: that does not keep checks from hosts."""
        state.listen(Kind.POD_CONTAINERS, lambda pod, new, cause: self.look(pod))
        state.listen(Kind.POD_PHASE, lambda pod, phase, cause: self._forget(pod) if phase != Phase.RUNNING else None)
        state.listen(Kind.NODE_POWER, lambda node, up, cause: self._look_at_node(node))
        state.listen(Kind.NODE_REACHABLE, lambda node, up, cause: self._look_at_node(node))
        state.listen(Kind.NODE_REPORTING, lambda node, up, cause: self._look_at_node(node))

    def look(self, pod: PodState) -> None:
        """Something happened to the unit: from now on checks may find it otherwise."""
        if pod.phase is not Phase.RUNNING:
            return
        server, good = self._server(pod), self._passes(pod)
        if good is not server.good:
            self._count(server)
            server.good = good
            self._expect(pod, server)

    def drain(self, pod: PodState, cause: int) -> None:
        """Its weight is 0 from now on, at both load balancers."""
        if pod.uid not in self._state.pods:
            return  # it went at once
        self._server(pod).drained = True
        if pod.node >= 0:
            self._state.pods.set_ready(pod, False, cause)

    def _server(self, pod: PodState) -> _Server:
        server = self._servers.get(pod.uid)
        if server is None:
            server = self._servers[pod.uid] = _Server(self._phase(pod), self._kernel.now)
        return server

    def _phase(self, pod: PodState) -> float:
        """The line of a host stays the same, whatever unit is behind it."""
        slot = pod.slot
        phase = self._phases.get(slot.name)
        if phase is None:
            phase = self._phases[slot.name] = slot.stream("check-phase").random() * self._checks.inter
        return phase

    # What checks meet

    def _passes(self, pod: PodState) -> bool:
        has_process = pod.running == len(pod.containers) and not pod.without_sandbox
        return has_process and pod.has_ready_containers() and not self._is_silent(pod.node)

    def _is_silent(self, node: int) -> bool:
        """Whether a host says nothing to the load balancers, not even that a port is closed."""
        nodes = self._state.nodes
        return not nodes.powered[node] or any(owner is not self.vip for owner in nodes.unreachable_causes[node])

    def _look_at_node(self, node: int) -> None:
        if not self._is_silent(node) and self._state.nodes.reporting[node]:
            self._state.nodes.set_ready(node, TRUE, 0)
        for pod in list(self._state.nodes.running[node].values()):
            self.look(pod)

    # What they come to

    def _count(self, server: _Server) -> None:
        """Takes note of the checks since `since`."""
        first = self._next_check(server, server.since)
        number = max(0, math.ceil((self._kernel.now - first) / self._checks.inter))
        if number:
            server.count = 0 if server.good is server.up else server.count + number
        server.since = self._kernel.now

    def _next_check(self, server: _Server, time: float) -> float:
        inter = self._checks.inter
        return server.phase + math.ceil((time - server.phase) / inter) * inter

    def _expect(self, pod: PodState, server: _Server) -> None:
        if server.timer is not None:
            server.timer.cancel()
            server.timer = None
        if server.good is server.up:
            return
        needed = (self._checks.fall if server.up else self._checks.rise) - server.count
        last = self._next_check(server, self._kernel.now) + (max(needed, 1) - 1) * self._checks.inter
        server.timer = self._kernel.timer(last - self._kernel.now, lambda: self._last_check(pod, server), Order.KUBELET)

    def _last_check(self, pod: PodState, server: _Server) -> None:
        """The check that decides has begun: a host that says nothing is waited for."""
        if not server.good and self._is_silent(pod.node) and self._checks.timeout:
            wait = self._checks.timeout
            server.timer = self._kernel.timer(wait, lambda: self._decided(pod, server), Order.KUBELET)
        else:
            self._decided(pod, server)

    def _decided(self, pod: PodState, server: _Server) -> None:
        server.timer = None
        server.up, server.count, server.since = server.good, 0, self._kernel.now
        if not server.up and self._is_silent(pod.node):
            self._state.nodes.set_ready(pod.node, UNKNOWN, pod.cause)
        if not server.drained:
            self._state.pods.set_ready(pod, server.up, pod.cause)

    def _forget(self, pod: PodState) -> None:
        server = self._servers.pop(pod.uid, None)
        if server is not None and server.timer is not None:
            server.timer.cancel()

"""keepalived on the two load balancer hosts: who has the address of all Services.

Source: keepalived vrrp/vrrp.h, RFC 5798. The MASTER advertises every `advert_int`; a BACKUP that has not heard for
three of them and its skew takes the address, one that is told that the MASTER goes does so after the skew. Both have
the same priority: one that comes back is a BACKUP. Until somebody has the address no user reaches anything, while the
checks of HAProxy, which each of the hosts makes for itself, go on.

The hosts are two of the nodes, by name, or a pair of their own. A failure mode of a process of the control plane takes
the one that is MASTER, whichever process that is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.distributions import Distribution, Fixed
from simulator.hosts.options import Vrrp
from simulator.kernel import Kernel, Order, Timer
from simulator.log import Kind
from simulator.processes import Process
from simulator.state.cluster import ClusterState
from simulator.streams import Streams


@dataclass(frozen=True, eq=False)
class HostLost:
    """A reason for which a load balancer host does nothing."""

    host: int
    cause: int


class Keepalived:
    """The pair of load balancer hosts, 0 and 1, and which of them is MASTER."""

    election: Distribution = Fixed(0.0)
    """A host that comes back has nothing to wait for; what a takeover takes follows from VRRP."""

    def __init__(
        self, kernel: Kernel, state: ClusterState, streams: Streams, options: Vrrp, nodes: Sequence[int]
    ) -> None:
        """`nodes`: the two that the load balancers are on; none: hosts of their own."""
        self._kernel = kernel
        self._state = state
        self._rng = streams.stream("hosts/vrrp")
        self._options = options
        self._nodes = list(nodes)
        self._reasons: tuple[dict[object, int], dict[object, int]] = ({}, {})
        """By host, why it does nothing."""
        self._master: int | None = 0
        self._takeovers: dict[int, Timer] = {}
        """By host that is BACKUP, when it takes the address."""
        self._cut_off: list[int] = []
        """Nodes that users do not reach, as nobody has the address."""
        self._cause = 0
        for kind in (Kind.NODE_POWER, Kind.NODE_REACHABLE):
            if self._nodes:
                state.listen(kind, lambda node, new, cause: self._node_changed(node, cause))
        state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: self._joined(node) if exists else None)

    def fail(self, process: Process, cause: str) -> HostLost:
        """The host that has the address is lost, or the one that is left."""
        host = next((host for host in self._in_order() if not self._reasons[host]), 0)
        lost = HostLost(host, self._state.cause(cause))
        self._lose(host, lost, lost.cause, orderly=False)
        return lost

    def repair(self, outage: HostLost, elections: Mapping[Process, float]) -> None:
        """It is back, as a BACKUP."""
        self._regain(outage.host, outage)

    def _in_order(self) -> tuple[int, int]:
        return (1, 0) if self._master == 1 else (0, 1)

    # Hosts that are nodes

    def _node_changed(self, node: int, cause: int) -> None:
        nodes = self._state.nodes
        if node not in self._nodes:
            return
        host = self._nodes.index(node)
        lost = not nodes.powered[node] or any(owner is not self for owner in nodes.unreachable_causes[node])
        if lost and self not in self._reasons[host]:
            self._lose(host, self, cause, orderly=bool(nodes.unschedulable[node]))
        elif not lost and self in self._reasons[host]:
            self._regain(host, self)

    # VRRP

    def _lose(self, host: int, reason: object, cause: int, orderly: bool) -> None:
        self._reasons[host][reason] = cause
        if self._master == host:
            self._master = None
            self._cause = cause
            self._cut_all_off()
            # A crash comes at a moment at random between two advertisements.
            heard = 0.0 if orderly else self._options.advert_interval * self._rng.random()
            self._take_over_after(1 - host, (self._options.skew if orderly else self._options.down) - heard)
        elif host in self._takeovers:
            self._takeovers.pop(host).cancel()

    def _regain(self, host: int, reason: object) -> None:
        del self._reasons[host][reason]
        if self._master is None:
            self._take_over_after(host, self._options.down)

    def _take_over_after(self, host: int, seconds: float) -> None:
        """Unless it does nothing itself."""
        if not self._reasons[host]:
            self._takeovers[host] = self._kernel.timer(seconds, lambda: self._take_over(host), Order.REPAIR)

    def _take_over(self, host: int) -> None:
        for takeover in self._takeovers.values():
            takeover.cancel()
        self._takeovers = {}
        self._master = host
        cut_off, self._cut_off = self._cut_off, []
        for node in cut_off:
            self._state.nodes.remove_unreachable_cause(node, self)

    # The address

    def _cut_all_off(self) -> None:
        for node, exists in enumerate(self._state.nodes.exists):
            if exists:
                self._cut_off_node(node)

    def _joined(self, node: int) -> None:
        if self._master is None:
            self._cut_off_node(node)

    def _cut_off_node(self, node: int) -> None:
        self._cut_off.append(node)
        self._state.nodes.add_unreachable_cause(node, self, self._cause)

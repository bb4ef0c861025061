"""What lies between a Service's callers and its endpoints, as stories see it: kube-proxies, DNS, the pod network.

None is anything that the control plane knows of: what they do to requests is worked out after the run, from the log
(`simulator.traffic`). Pods, endpoints and their counts do not change.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.stories.pod_network import PodNetwork


@dataclass(frozen=True, eq=False)
class ProxyOutage:
    """Nodes whose kube-proxies were stopped together."""

    nodes: tuple[int, ...]
    cause: int


class ServicePath:
    """Which kube-proxies follow changes, and whether names are resolved; outages of both may overlap."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        self._stopped: Counter[int] = Counter()
        self._unresolved = 0
        self.pod_network = PodNetwork(state)
        """What joins pods to one another."""

    def stop_proxies(self, nodes: Collection[int], cause: str) -> ProxyOutage:
        """From now on the nodes go by the rules that they have."""
        outage = ProxyOutage(tuple(nodes), self._state.cause(cause))
        for node in outage.nodes:
            self._stopped[node] += 1
            if self._stopped[node] == 1:
                self._state.transitions.emit(Kind.NODE_PROXY, node, node, 1, 0, outage.cause)
        return outage

    def start_proxies(self, outage: ProxyOutage) -> None:
        """They catch up at once, unless another outage holds them."""
        for node in outage.nodes:
            self._stopped[node] -= 1
            if not self._stopped[node]:
                self._state.transitions.emit(Kind.NODE_PROXY, node, node, 0, 1, outage.cause)

    def stop_resolving(self, cause: str) -> int:
        """From now on no name is resolved in the cluster; returns what `resolve` wants to know."""
        number = self._state.cause(cause)
        self._unresolved += 1
        if self._unresolved == 1:
            self._state.transitions.emit(Kind.DNS_UP, None, 0, 1, 0, number)
        return number

    def resolve(self, number: int) -> None:
        """Names are resolved again, unless another outage forbids it."""
        self._unresolved -= 1
        if not self._unresolved:
            self._state.transitions.emit(Kind.DNS_UP, None, 0, 0, 1, number)

    @property
    def is_well(self) -> bool:
        """Whether nothing is the matter."""
        return self.pod_network.is_well and not self._unresolved and not any(self._stopped.values())

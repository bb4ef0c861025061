"""The host list: on which hosts the units of a workload are, settled once, by hand.

Of the hosts that the manifest's labels allow and that have room, the next unit goes to one with the fewest of its
workload, then of a zone with the fewest, then with the fewest units at all, then to the first of the list. A person
sizes hosts by what units ask for, whether they run or not. Nothing is ever moved.
"""

from collections import Counter, defaultdict

from simulator.state.cluster import ClusterState
from simulator.state.objects import PodClass, Workload


class HostList:
    """Which hosts are there, and what is promised to units on them."""

    def __init__(self, state: ClusterState, reserved: frozenset[int]) -> None:
        """`reserved`: hosts that take no units (those of the load balancers)."""
        self._nodes = state.nodes
        self._reserved = reserved
        self._promised: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._ports: defaultdict[int, Counter[tuple[int, str]]] = defaultdict(Counter)
        self._units: defaultdict[Workload, Counter[int]] = defaultdict(Counter)
        self._total: Counter[int] = Counter()

    def choose(self, pod_class: PodClass) -> int | None:
        """The host of the next unit of a workload; None if none has room."""
        nodes, units = self._nodes, self._units[pod_class.workload]
        in_zone: Counter[tuple[str, str]] = Counter()
        for node, number in units.items():
            in_zone[nodes.regions_and_zones[node]] += number
        fits = [node for node in range(len(nodes)) if self.allows(node, pod_class) and self._has_room(node, pod_class)]
        return min(
            fits,
            key=lambda node: (units[node], in_zone[nodes.regions_and_zones[node]], self._total[node], node),
            default=None,
        )

    def allows(self, node: int, pod_class: PodClass) -> bool:
        """Whether the host is one of those that the manifest means."""
        nodes, spec = self._nodes, pod_class.spec
        if not nodes.exists[node] or node in self._reserved:
            return False
        name = nodes.names[node]
        return spec.node_name in (None, name) and spec.allows_node(nodes.labels[node], name)

    def _has_room(self, node: int, pod_class: PodClass) -> bool:
        there, promised = self._nodes.columns["allocatable"], self._promised[node]
        room = all(promised[name] + amount <= there[name][node] for name, amount in _asked(pod_class).items())
        return room and not any(self._ports[node][port, protocol] for port, protocol, _ in pod_class.host_ports)

    def promise(self, node: int, pod_class: PodClass, units: int = 1) -> None:
        """A unit is to be there from now on, or, with -1, no more."""
        for name, amount in _asked(pod_class).items():
            self._promised[node][name] += units * amount
        for port, protocol, _ in pod_class.host_ports:
            self._ports[node][port, protocol] += units
        self._units[pod_class.workload][node] += units
        self._total[node] += units


def _asked(pod_class: PodClass) -> dict[str, int]:
    requests = pod_class.requests
    asked = {"cpu": requests.cpu, "memory": requests.memory, **requests.other}
    return {name: amount for name, amount in asked.items() if amount > 0}

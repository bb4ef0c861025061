"""The scheduler: the node with the fewest tasks of the service, then with the fewest tasks; counts, not usage.

Source: swarmkit manager/scheduler (scheduler.go: nodeLess; filter.go; decision_tree.go). A node where tasks of the
service keep failing comes last. Placement preferences spread over the values of a label first. What does not fit waits
until something happens to a task or a node. Nothing is ever moved.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence

from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from simulator.component import Component
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE
from simulator.state.objects import Phase, PodClass, PodState, Workload
from simulator.streams import Streams
from simulator.swarm.latencies import ASSIGNMENT, SCHEDULING

FAULTY_AFTER = 5
"""Failures of tasks of one service on a node within `FAULTY_WITHIN` seconds that make the node its last choice."""
FAULTY_WITHIN = 300.0


class TaskScheduler:
    """Puts tasks on nodes."""

    def __init__(self, manager: Component, state: ClusterState, streams: Streams) -> None:
        self._manager = manager
        self._state = state
        self._lots = streams.stream("swarm/lots")
        self._pending: dict[int, PodState] = {}
        """Tasks without a node, by uid, in order of creation."""
        self._failures: defaultdict[tuple[Workload, int], deque[float]] = defaultdict(_last_failures)
        """By service and node: when the last tasks failed there."""
        self._places: dict[str, int] = {}
        """By slot: where its next task goes, whatever the rank."""
        self._due: Timer | None = None
        state.listen(Kind.POD_PHASE, self._phase_changed)
        state.listen(Kind.NODE_READY, lambda node, new, cause: self._wake())
        state.listen(Kind.NODE_EXISTS, lambda node, new, cause: self._wake())
        state.listen(Kind.NODE_UNSCHEDULABLE, lambda node, new, cause: self._wake())

    def place(self, places: Mapping[str, int]) -> None:
        """The next tasks of these slots go to these nodes."""
        self._places |= places

    def failed(self, pod: PodState) -> None:
        """A task failed on its node."""
        if pod.node >= 0:
            self._failures[pod.pod_class.workload, pod.node].append(self._manager.now)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if phase == Phase.PENDING:
            self._pending[pod.uid] = pod
            self._wake()
        elif phase == Phase.ABSENT or pod.is_over:
            self._pending.pop(pod.uid, None)
            if self._pending:
                self._wake()

    def _wake(self) -> None:
        """The agent hears of it an assignment later, which is added here."""
        if self._pending and self._due is None:
            self._due = self._manager.timer(SCHEDULING + ASSIGNMENT, self._schedule)

    def _schedule(self) -> None:
        self._due = None
        tasks = self._tasks()
        for pod in list(self._pending.values()):
            if pod.deleting:
                del self._pending[pod.uid]
            elif (node := self._choose(pod, tasks)) is not None:
                del self._pending[pod.uid]
                tasks[node][pod.pod_class.workload] += 1
                self._state.pods.bind(pod, node)

    def reason(self, pod: PodState) -> str:
        """Why the task has no node."""
        return "" if pod.node >= 0 or self._suitable(pod, self._tasks()) else "no suitable node"

    # Filters

    def _suitable(self, pod: PodState, tasks: Sequence[Counter[Workload]]) -> list[int]:
        return [node for node, on_it in enumerate(tasks) if self._takes(node, pod, on_it)]

    def _takes(self, node: int, pod: PodState, on_it: Counter[Workload]) -> bool:
        nodes, pod_class = self._state.nodes, pod.pod_class
        if pod.only_node is not None and node != pod.only_node:
            return False
        if not nodes.exists[node] or nodes.ready[node] != TRUE or nodes.unschedulable[node]:
            return False
        spec, name = pod_class.spec, nodes.names[node]
        return (
            spec.node_name in (None, name)
            and spec.allows_node(nodes.labels[node], name)
            and self._has_room(node, pod_class)
            and self._has_ports(node, pod_class)
            and not (on_it[pod_class.workload] and _is_alone(pod_class))
        )

    def _has_room(self, node: int, pod_class: PodClass) -> bool:
        nodes, requests = self._state.nodes, pod_class.requests
        asked = {"cpu": requests.cpu, "memory": requests.memory, **requests.other}
        used, there = nodes.columns["used"], nodes.columns["allocatable"]
        return all(amount <= 0 or used[name][node] + amount <= there[name][node] for name, amount in asked.items())

    def _has_ports(self, node: int, pod_class: PodClass) -> bool:
        taken = self._state.nodes.host_ports
        return not any(
            by_ip[node]
            for port, protocol, _ in pod_class.host_ports
            for by_ip in taken.get((port, protocol), {}).values()
        )

    # Ranks

    def _choose(self, pod: PodState, tasks: Sequence[Counter[Workload]]) -> int | None:
        meant = self._places.pop(pod.slot.name, None)
        if meant is not None:
            return meant
        suitable = self._suitable(pod, tasks)
        if len(suitable) < 2:
            return suitable[0] if suitable else None
        workload = pod.pod_class.workload
        for label in _preferences(pod.pod_class):
            suitable = self._branch(label, suitable, workload, tasks)
        lots = self._lots.random(len(suitable)).tolist()

        def rank(choice: tuple[float, int]) -> tuple[bool, int, int, float]:
            lot, node = choice
            return self._is_faulty(workload, node), tasks[node][workload], tasks[node].total(), lot

        return min(zip(lots, suitable, strict=True), key=rank)[1]

    def _branch(
        self, label: str, suitable: list[int], workload: Workload, tasks: Sequence[Counter[Workload]]
    ) -> list[int]:
        """The suitable nodes of the value of a label with the fewest tasks of the service."""
        labels = self._state.nodes.labels
        held: Counter[str] = Counter()
        for node, on_it in enumerate(tasks):
            held[labels[node].get(label, "")] += on_it[workload]
        fewest = min(held[labels[node].get(label, "")] for node in suitable)
        return [node for node in suitable if held[labels[node].get(label, "")] == fewest]

    def _tasks(self) -> list[Counter[Workload]]:
        """By node: how many tasks of each service are to run there."""
        return [
            Counter(pod.pod_class.workload for pod in running.values() if not pod.deleting and not pod.is_over)
            for running in self._state.nodes.running
        ]

    def _is_faulty(self, workload: Workload, node: int) -> bool:
        failures = self._failures.get((workload, node))
        if failures is None or len(failures) < FAULTY_AFTER:
            return False
        return failures[0] >= self._manager.now - FAULTY_WITHIN


def _last_failures() -> deque[float]:
    return deque(maxlen=FAULTY_AFTER)


def _is_alone(pod_class: PodClass) -> bool:
    """Whether no node takes two of its tasks: anti-affinity to its own by host is max_replicas_per_node 1."""
    return any(
        term.topology_key == HOSTNAME_LABEL and (term.selector or LabelSelector()).matches(pod_class.labels)
        for term in pod_class.spec.affinity.pod_anti_required
    )


def _preferences(pod_class: PodClass) -> list[str]:
    """Labels to spread over, the most important first: what the manifest spreads by; tasks count by host anyway."""
    spec = pod_class.spec
    keys = [constraint.topology_key for constraint in spec.topology_spread_constraints]
    keys += [term.topology_key for term in spec.affinity.pod_anti_required]
    keys += [each.term.topology_key for each in sorted(spec.affinity.pod_anti_preferred, key=lambda each: -each.weight)]
    return [key for key in dict.fromkeys(keys) if key != HOSTNAME_LABEL]

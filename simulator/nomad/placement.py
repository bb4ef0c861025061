"""The scheduler: of a few feasible nodes, in random order, the one with the best mean of scores.

Source: scheduler/feasible (stack.go, select.go, rank.go), scheduler/generic_sched.go. A service job looks at
max(2, ceil(log2 N)) nodes that fit, with spreads or affinities at 100 or as many as the group's count; up to three
without a positive score are passed over as long as there are others. What fits nowhere is blocked until a node has more
room, or there are more nodes. Nothing is ever moved, and nothing is preempted.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from models.node import UNSCHEDULABLE, TaintEffect
from simulator.component import Component
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.nomad import scoring
from simulator.nomad.allocations import TaskGroup
from simulator.nomad.latencies import ASSIGNMENT
from simulator.nomad.options import Algorithm
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE
from simulator.state.objects import Phase, PodClass, PodState

MOST_PASSED_OVER = 3
SPREAD_LIMIT = 100
"""How many nodes a job with spreads or affinities looks at, at least."""


@dataclass(frozen=True, slots=True)
class _Option:
    node: int
    score: float


class Placement:
    """Puts allocations on nodes."""

    def __init__(
        self,
        servers: Component,
        state: ClusterState,
        algorithm: Algorithm,
        penalty: Callable[[PodState], frozenset[int]],
        placed: Callable[[PodState, float], object],
    ) -> None:
        """`penalty` says on which nodes those failed that an allocation replaces; `placed` is told its node's score."""
        self._servers = servers
        self._state = state
        self._algorithm = algorithm
        self._penalty = penalty
        self._placed = placed
        self._pending: dict[int, PodState] = {}
        """Allocations without a node, by uid, in order of creation."""
        self._places: dict[str, int] = {}
        """By slot: where its next allocation goes, whatever the scores."""
        self._due: Timer | None = None
        state.listen(Kind.POD_PHASE, self._phase_changed)
        for kind in (Kind.NODE_READY, Kind.NODE_EXISTS, Kind.NODE_UNSCHEDULABLE, Kind.NODE_HEALTHY):
            state.listen(kind, lambda node, new, cause: self._wake())
        state.listen(Kind.POD_DELETING, lambda pod, new, cause: self._wake())

    def place(self, places: Mapping[str, int]) -> None:
        """The next allocations of these slots go to these nodes."""
        self._places |= places

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if phase == Phase.PENDING:
            self._pending[pod.uid] = pod
            self._wake()
        elif phase == Phase.ABSENT or pod.is_over:
            self._pending.pop(pod.uid, None)
            self._wake()

    def _wake(self) -> None:
        if self._pending and self._due is None:
            self._due = self._servers.timer(ASSIGNMENT, self._schedule)

    def _schedule(self) -> None:
        self._due = None
        for pod in list(self._pending.values()):
            if pod.deleting or pod.uid not in self._pending:
                self._pending.pop(pod.uid, None)
            elif (option := self._choose(pod)) is not None:
                del self._pending[pod.uid]
                self._placed(pod, option.score)
                self._state.pods.bind(pod, option.node)

    def reason(self, pod: PodState) -> str:
        """Why the allocation has no node, in Nomad's words; "" if that is a matter of time."""
        if any(self._fits(node, pod) for node in range(len(self._state.nodes))):
            return ""
        return "Placement Failure: no node is eligible, or has room"

    # Feasible

    def _fits(self, node: int, pod: PodState) -> bool:
        nodes, pod_class = self._state.nodes, pod.pod_class
        if pod.only_node is not None and node != pod.only_node:
            return False
        if not (nodes.exists[node] and nodes.ready[node] == TRUE and nodes.healthy[node]) or nodes.unschedulable[node]:
            return False
        return self.suits(node, pod_class) and self._has_room(node, pod_class) and self._is_distinct(node, pod)

    def suits(self, node: int, pod_class: PodClass) -> bool:
        """Whether constraints allow the node, eligible or not: selectors, required affinity, taints of its own."""
        nodes, spec = self._state.nodes, pod_class.spec
        name = nodes.names[node]
        return (
            spec.node_name in (None, name)
            and spec.allows_node(nodes.labels[node], name)
            and all(
                any(toleration.tolerates(taint) for toleration in spec.tolerations)
                for taint in nodes.taints_of(node)
                if taint.effect is not TaintEffect.PREFER_NO_SCHEDULE and taint.key != UNSCHEDULABLE
            )
        )

    def _has_room(self, node: int, pod_class: PodClass) -> bool:
        """What is to be stopped holds nothing any more."""
        nodes = self._state.nodes
        leaving = [pod.pod_class for pod in nodes.running[node].values() if pod.deleting]
        requests = pod_class.requests
        used, there = nodes.columns["used"], nodes.columns["allocatable"]
        for name, amount in {"cpu": requests.cpu, "memory": requests.memory, **requests.other}.items():
            freed = sum(each.requests.amount(name) for each in leaving)
            if amount > 0 and used[name][node] - freed + amount > there[name][node]:
                return False
        ports = Counter((port, protocol) for each in leaving for port, protocol, _ in each.host_ports)
        taken = nodes.host_ports
        return all(
            sum(by_ip[node] for by_ip in taken.get((port, protocol), {}).values()) <= ports[port, protocol]
            for port, protocol, _ in pod_class.host_ports
        )

    def _is_distinct(self, node: int, pod: PodState) -> bool:
        for key in scoring.distinct_keys(pod.pod_class):
            value = self._value(node, key)
            if value is None or self._used(pod, key).get(value, 0):
                return False
        return True

    def _value(self, node: int, key: str) -> str | None:
        nodes = self._state.nodes
        return scoring.value_of(nodes.labels[node], nodes.names[node], key)

    def _used(self, pod: PodState, key: str) -> Counter[str]:
        """How many allocations of its group each value of a label has."""
        used: Counter[str] = Counter()
        for other in () if pod.owner is None else pod.owner.pods.values():
            if other.node >= 0 and (value := self._value(other.node, key)) is not None:
                used[value] += 1
        return used

    # Ranked

    def _choose(self, pod: PodState) -> _Option | None:
        meant = self._places.pop(pod.slot.name, None)
        if meant is not None:
            return _Option(meant, 0.0)
        if pod.only_node is not None:
            return _Option(pod.only_node, 0.0) if self._fits(pod.only_node, pod) else None
        spreads = {key: self._used(pod, key) for key in scoring.spread_keys(pod.pod_class)}
        count = pod.owner.count if isinstance(pod.owner, TaskGroup) else 1
        limit = max(2, math.ceil(math.log2(max(1, sum(self._state.nodes.exists)))))
        if spreads or pod.pod_class.spec.affinity.node_preferred:
            limit = max(count, SPREAD_LIMIT)
        options = self._limited(pod, limit, count, spreads)
        # Of equals, the first that was seen.
        return max(options, key=lambda option: option.score) if options else None

    def _limited(self, pod: PodState, limit: int, count: int, spreads: Mapping[str, Counter[str]]) -> Sequence[_Option]:
        found: list[_Option] = []
        passed_over: list[_Option] = []
        penalty = self._penalty(pod)
        for node in pod.slot.stream("nomad/shuffle").permutation(len(self._state.nodes)).tolist():
            if not self._fits(node, pod):
                continue
            option = _Option(node, self._score(pod, node, count, spreads, node in penalty))
            if option.score <= 0.0 and len(passed_over) < MOST_PASSED_OVER:
                passed_over.append(option)
                continue
            found.append(option)
            if len(found) == limit:
                return found
        return [*found, *passed_over[: limit - len(found)]]

    def _score(
        self, pod: PodState, node: int, count: int, spreads: Mapping[str, Counter[str]], is_penalized: bool
    ) -> float:
        """The mean of the scores that play a part."""
        nodes, pod_class = self._state.nodes, pod.pod_class
        shares = [self._free(node, pod_class, name) for name in ("cpu", "memory")]
        there = sum(other.node == node for other in pod.owner.pods.values()) if pod.owner is not None else 0
        spread = 0.0
        for key, used in spreads.items():
            value = self._value(node, key)
            spread += -1.0 if value is None else scoring.even_spread(used, value)
        scores = [
            scoring.fit(self._algorithm, *shares),
            scoring.anti_affinity(there, count),
            -1.0 if is_penalized else None,
            scoring.affinity(pod_class.spec, nodes.labels[node], nodes.names[node]),
            spread or None,
        ]
        present = [score for score in scores if score is not None]
        return sum(present) / len(present)

    def _free(self, node: int, pod_class: PodClass, resource: str) -> float:
        """The share of a resource that is free on a node with the allocation there."""
        nodes = self._state.nodes
        there = int(nodes.columns["allocatable"][resource][node])
        leaving = [pod for pod in nodes.running[node].values() if pod.deleting]
        used = int(nodes.columns["used"][resource][node])
        used += pod_class.requests.amount(resource) - sum(p.pod_class.requests.amount(resource) for p in leaving)
        return 1.0 - used / there if there else 0.0

"""Consolidation: which nodes Karpenter takes away, or replaces by a cheaper one.

Source: karpenter pkg/controllers/disruption (controller.go, emptiness.go, multinodeconsolidation.go,
singlenodeconsolidation.go, consolidation.go, validation.go, helpers.go).
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.deployment import IntOrPercent, Percent, scaled
from simulator.kernel import Story
from simulator.log import Kind
from simulator.node_autoscaling.expiration import Expiration
from simulator.node_autoscaling.fleet import Fleet, NodeGroup
from simulator.node_autoscaling.moving import pods_to_move
from simulator.node_autoscaling.node_termination import NodeTermination
from simulator.node_autoscaling.provisioner import Provisioner, in_order
from simulator.node_autoscaling.snapshot import ClusterSnapshot
from simulator.node_autoscaling.voluntary import budget_holds, undisrupted_until
from simulator.state.nodes import TRUE
from simulator.state.objects import PodState

VALIDATION = 15.0
"""Seconds after which what was decided is looked at again; it is done if it still holds (consolidationTTL)."""
MOST_AT_ONCE = 100
"""Nodes that are replaced by one at most."""


class ConsolidationPolicy(StrEnum):
    """Which nodes are consolidated."""

    WHEN_EMPTY_OR_UNDERUTILIZED = "WhenEmptyOrUnderutilized"
    WHEN_EMPTY = "WhenEmpty"


@dataclass(frozen=True)
class Budget:
    """How many nodes may go at once."""

    nodes: IntOrPercent
    """So many, or a percentage of all, rounded up; those that go, or are not Ready, are taken off."""


@dataclass(frozen=True)
class Disruption:
    """When nodes are consolidated."""

    consolidation_policy: ConsolidationPolicy = ConsolidationPolicy.WHEN_EMPTY_OR_UNDERUTILIZED
    """Whether only empty nodes go, or those, too, whose pods find room elsewhere or on one cheaper node."""
    consolidate_after: float | None = 0.0
    """How long no pod must have come to a node or gone from it; null: no node is consolidated."""
    budgets: tuple[Budget, ...] = (Budget(Percent(10)),)
    """The strictest of them holds; none: no bound."""


@dataclass(frozen=True)
class _Command:
    """Nodes that go, and what comes in their place."""

    nodes: tuple[int, ...]
    options: tuple[NodeGroup, ...] = ()
    """What would do in their place; none: nothing is needed."""
    empty: bool = False
    """The nodes go because they are empty, each by itself."""


class Consolidation:
    """Finds nodes that are too much, and has them go."""

    def __init__(
        self,
        fleet: Fleet,
        rules: Disruption,
        expiration: Expiration,
        provisioner: Provisioner,
        termination: NodeTermination,
        wake: Callable[[], None],
    ) -> None:
        self._fleet = fleet
        self._state = fleet.state
        self._rules = rules
        self._expiration = expiration
        self._provisioner = provisioner
        self._termination = termination
        self._wake = wake
        self._changed: dict[int, float] = {}
        """When a node joined, or a pod came to it, or went, last."""
        self._validating = False
        self._current: ClusterSnapshot | None = None
        """The cluster at this look, once it is needed."""
        fleet.state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: self._node_changed(node))
        fleet.state.listen(Kind.POD_NODE, lambda pod, node, cause: self._pod_changed(pod))
        fleet.state.listen(Kind.POD_DELETING, lambda pod, new, cause: self._pod_changed(pod))
        fleet.state.listen(Kind.POD_PHASE, lambda pod, phase, cause: self._pod_changed(pod) if pod.is_over else None)

    def _pod_changed(self, pod: PodState) -> None:
        if pod.node >= 0 and pod.pod_class.workload.kind != "DaemonSet":
            self._node_changed(pod.node)

    def _node_changed(self, node: int) -> None:
        self._changed[node] = self._fleet.kernel.now

    def look(self) -> float:
        """Begins to consolidate, if there is what to consolidate; returns when to look again, come what may."""
        if self._validating or self._rules.consolidate_after is None:
            return math.inf
        command = self._find()
        if command is not None:
            self._validating = True
            self._fleet.kernel.tell(self._story(command))
            return math.inf
        return self._next()

    def _next(self) -> float:
        """When a node that is left alone for a while only may be consolidated."""
        now = self._fleet.kernel.now
        times = [time for node in self._nodes() for time in self._left_alone_until(node)]
        return min((time for time in times if time > now), default=math.inf)

    # Which nodes

    def _nodes(self) -> list[int]:
        """Those that Karpenter made, or could have made, and that do not go already."""
        pools = [pool for pool in self._fleet.pools if pool.autoscaled]
        return [node for pool in pools for node in self._fleet.nodes_of(pool) if node not in self._termination.going]

    def _left_alone_until(self, node: int) -> list[float]:
        """Until when it is too soon since a pod came or went, and its pods' annotations hold it."""
        assert self._rules.consolidate_after is not None
        pods = self._state.nodes.running[node].values()
        forbidden = [undisrupted_until(pod) for pod in pods if not pod.deleting]
        return [self._changed.get(node, -math.inf) + self._rules.consolidate_after, *forbidden]

    def _candidates(self) -> list[int]:
        """Nodes that nothing holds, those first that it costs least to disrupt."""
        now, nominated = self._fleet.kernel.now, self._provisioner.nominated()
        found = [node for node in self._nodes() if max(self._left_alone_until(node)) <= now and node not in nominated]
        found = [
            node
            for node in found
            if not any(budget_holds(self._fleet.disruption, pod) for pod in pods_to_move(self._state.nodes, node))
        ]
        return sorted(found, key=lambda node: (self._cost(node), node))

    def _cost(self, node: int) -> float:
        """What it costs to disrupt its pods: an older node is worth less."""
        costs = 0.0
        for pod in pods_to_move(self._state.nodes, node):
            cost = 1.0 + pod.deletion_cost / 2**27 + pod.pod_class.spec.priority / 2**25
            costs += min(10.0, max(-10.0, cost))
        return costs * self._expiration.lifetime_remaining(node)

    def _within_budgets(self, nodes: Sequence[int]) -> list[int]:
        """The first of the nodes, as many as budgets and the pools' minima allow."""
        fleet, ready = self._fleet, self._state.nodes.ready
        every = [node for pool in fleet.pools if pool.autoscaled for node in fleet.nodes_of(pool)]
        disrupted = sum(node in self._termination.going or ready[node] != TRUE for node in every)
        allowed = [scaled(budget.nodes, len(every), round_up=True) - disrupted for budget in self._rules.budgets]
        pools = {node: pool for node in every if (pool := fleet.pool_of(node)) is not None}
        going = Counter(pools[node].name for node in self._termination.going)
        found: list[int] = []
        for node in nodes:
            pool = pools[node]
            if fleet.size(pool) - going[pool.name] > pool.min:
                going[pool.name] += 1
                found.append(node)
        return found[: max(0, min(allowed, default=len(found)))]

    # What to do with them

    def _find(self) -> _Command | None:
        """Empty nodes, else as many as one cheaper node can stand for, else a single one."""
        self._current = None
        candidates = self._candidates()
        empty = self._within_budgets([node for node in candidates if not pods_to_move(self._state.nodes, node)])
        if empty:
            return _Command(tuple(empty), empty=True)
        if self._rules.consolidation_policy is ConsolidationPolicy.WHEN_EMPTY:
            return None
        used = [node for node in candidates if pods_to_move(self._state.nodes, node)]
        return self._find_several(self._within_budgets(used)) or self._find_one(used)

    def _find_several(self, nodes: Sequence[int]) -> _Command | None:
        """The largest number of the first nodes, by bisection, that can go together."""
        found, low, high = None, 2, min(len(nodes), MOST_AT_ONCE)
        while low <= high:
            middle = (low + high) // 2
            command = self._without(nodes[:middle])
            if command is None:
                high = middle - 1
            else:
                found, low = command, middle + 1
        return found

    def _find_one(self, nodes: Sequence[int]) -> _Command | None:
        for node in nodes:
            if self._within_budgets([node]) and (command := self._without([node])) is not None:
                return command
        return None

    def _without(self, nodes: Sequence[int]) -> _Command | None:
        """How to do without these nodes; None: their pods need what is not cheaper."""
        pods = in_order(pod for node in nodes for pod in pods_to_move(self._state.nodes, node))
        pools = [pool for node in nodes if (pool := self._fleet.pool_of(node)) is not None]
        price = sum(pool.price for pool in pools)
        cheaper = [group for group in self._fleet.groups if group.pool.price < price]
        if not self._may_do_without(nodes, pods, cheaper):
            return None
        snapshot = self._as_expected(nodes)
        left = [pod for pod in pods if snapshot.place(pod.pod_class, self._there(snapshot)) is None]
        if not left:
            return _Command(tuple(nodes))
        claims, homeless = self._provisioner.pack(snapshot, left, cheaper, most=1)
        if homeless or not claims:
            return None
        # Of a kind that is among those that go, one more would do no less than letting the others go alone.
        limit = min([price, *(group.pool.price for group in claims[0].options if group.pool in pools)])
        options = tuple(group for group in claims[0].options if group.pool.price < limit)
        return _Command(tuple(nodes), options) if options else None

    def _as_expected(self, without: Sequence[int] = ()) -> ClusterSnapshot:
        """The cluster without the nodes that go, and with all pods that want a place in theirs."""
        snapshot = self._fleet.expected([*self._termination.going, *without])
        for pod in (*self._provisioner.pending(), *self._provisioner.leaving()):
            snapshot.place(pod.pod_class)
        return snapshot

    def _there(self, snapshot: ClusterSnapshot) -> list[str] | None:
        """The nodes that are there, if some are not yet: nobody is moved to those."""
        upcoming = self._fleet.upcoming
        return [name for name in snapshot.nodes.names if name not in upcoming] if upcoming else None

    def _may_do_without(self, nodes: Sequence[int], pods: Sequence[PodState], cheaper: Sequence[NodeGroup]) -> bool:
        """Whether it is worth while to look closer: what is told at once where no pod cares for where others are."""
        if self._current is None:
            self._current = self._as_expected()
        current, scheduler = self._current, self._fleet.scheduler
        if any(scheduler.cycle_state(pod.pod_class).answers.depends_on_pods for pod in pods):
            return True
        with current.without([*(self._state.nodes.names[node] for node in nodes), *self._fleet.upcoming]):
            left = [pod.pod_class.requests for pod in pods if current.place(pod.pod_class) is None]
        cpu, memory = sum(asked.cpu for asked in left), sum(asked.memory for asked in left)
        sizes = [group.pool.template.allocatable for group in cheaper]
        return not left or any(size.cpu >= cpu and size.memory >= memory for size in sizes)

    # Doing it

    def _story(self, command: _Command) -> Story:
        kernel = self._fleet.kernel
        yield kernel.sleep(VALIDATION)
        self._validating = False
        valid = self._validated(command)
        if valid is not None:
            kernel.tell(self._execute(valid))
        self._wake()

    def _validated(self, command: _Command) -> _Command | None:
        """What is left of a decision by now; None: nothing."""
        self._current = None
        candidates = self._candidates()
        nodes = [node for node in command.nodes if node in candidates]
        if command.empty:
            nodes = [node for node in nodes if not pods_to_move(self._state.nodes, node)]
        nodes = self._within_budgets(nodes)
        if command.empty:
            return _Command(tuple(nodes), empty=True) if nodes else None
        if len(nodes) < len(command.nodes):
            return None
        again = self._without(nodes)
        return again if again is not None and bool(again.options) is bool(command.options) else None

    def _execute(self, command: _Command) -> Story:
        names = self._state.nodes.names
        causes = {node: self._state.cause(f"consolidation/{names[node]}") for node in command.nodes}
        for node, cause in causes.items():
            self._termination.mark(node, cause)
        if command.options:
            upcoming = self._provisioner.launch(self._provisioner.cheapest(command.options))
            came = yield upcoming.over
            if not came:
                for node, cause in causes.items():
                    self._termination.unmark(node, cause)
                return
        for node, cause in causes.items():
            self._termination.begin(node, cause)

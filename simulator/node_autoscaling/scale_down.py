"""Scaling down: which nodes are not needed, and how they go.

Source: autoscaler/cluster-autoscaler/core/scaledown (eligibility, planner, unneeded, actuation), drainability.
"""

import math
from collections import Counter
from dataclasses import dataclass

from models.node import Taint, TaintEffect
from models.pod import PodTemplate
from models.units import MINUTE
from simulator.kernel import Order, Story
from simulator.node_autoscaling.fleet import Fleet
from simulator.node_autoscaling.moving import pods_to_move
from simulator.node_autoscaling.snapshot import ClusterSnapshot
from simulator.state.nodes import TRUE
from simulator.state.objects import PodState
from simulator.stories.departures import Departures
from simulator.stories.evictions import Evictions

TO_BE_DELETED = Taint("ToBeDeletedByClusterAutoscaler", TaintEffect.NO_SCHEDULE)
SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict"
SAFE_TO_EVICT_LOCAL_VOLUMES = f"{SAFE_TO_EVICT}-local-volumes"
"""The names of volumes that do not matter, with commas between."""


@dataclass(frozen=True)
class ScaleDownRules:
    """How nodes are taken away."""

    enabled: bool = True
    """Whether they are at all."""
    utilization_threshold: float = 0.5
    """A node is hardly used if the requests on it are below this share of its CPU and of its memory."""
    unneeded_time: float = 10 * MINUTE
    """How long it must be so."""
    unready_time: float = 20 * MINUTE
    """How long for a node that is not Ready."""
    delay_after_add: float = 10 * MINUTE
    """No node goes so soon after nodes were asked for."""
    delay_after_failure: float = 3 * MINUTE
    """No node goes so soon after one could not be emptied."""
    unremovable_node_recheck_timeout: float = 5 * MINUTE
    """When a node that could not be emptied is looked at again."""
    max_parallelism: int = 10
    """How many nodes go at once."""
    max_drain_parallelism: int = 1
    """How many of them with pods on them."""
    node_delete_delay_after_taint: float = 5.0
    """From the taint that keeps pods off a node to the eviction of those that it has."""
    max_pod_eviction_time: float = 2 * MINUTE
    """How long an eviction is tried that a budget does not allow."""
    max_graceful_termination: float = 10 * MINUTE
    """How long evicted pods have to end before the machine goes."""
    skip_nodes_with_system_pods: bool = True
    """Whether pods of kube-system hold their node, unless a budget says how many may go."""
    skip_nodes_with_local_storage: bool = True
    """Whether pods hold their node that keep something on it: a hostPath, or an emptyDir that is not in memory."""

    def __post_init__(self) -> None:
        if self.max_drain_parallelism < 1 or self.max_parallelism < 1:
            raise ValueError("max_drain_parallelism and max_parallelism must be at least 1")


class ScaleDown:
    """Takes away nodes that are not needed."""

    def __init__(self, fleet: Fleet, rules: ScaleDownRules) -> None:
        self._fleet = fleet
        self._rules = rules
        self._state = fleet.state
        self._departures = Departures(fleet.kernel.kernel, fleet.state)
        self._rng = fleet.streams.stream("cluster-autoscaler/evictions")
        self._unneeded: dict[int, float] = {}
        """Nodes that could go, and since when."""
        self._going: dict[int, bool] = {}
        """Nodes that go, and whether they had pods to move."""
        self._kept_until: dict[int, float] = {}
        """Nodes that could not be emptied, and when to look at them again."""
        self._failed_at = -math.inf

    def look(self, added_at: float) -> float:
        """Notes which nodes are not needed, has some of them go; returns when to look again, come what may.

        `added_at`: when nodes were asked for last.
        """
        now, rules = self._fleet.kernel.now, self._rules
        self._unneeded = {node: self._unneeded.get(node, now) for node in self._removable(self._candidates())}
        due = {node: since + self._patience(node) for node, since in self._unneeded.items()}
        rested = max(added_at + rules.delay_after_add, self._failed_at + rules.delay_after_failure)
        if now >= rested:
            self._remove([node for node, time in due.items() if time <= now])
        waits = [max(time, rested) for node, time in due.items() if node not in self._going]
        waits += [time for node, time in self._kept_until.items() if self._state.nodes.exists[node]]
        return min((time for time in waits if time > now), default=math.inf)

    def _candidates(self) -> list[int]:
        """Nodes of pools that may shrink, those that were not needed before first."""
        pools = [pool for pool in self._fleet.pools if pool.autoscaled and self._may_lose(pool.name) > 0]
        nodes = [node for pool in pools for node in self._fleet.nodes_of(pool) if node not in self._going]
        now = self._fleet.kernel.now
        self._kept_until = {node: time for node, time in self._kept_until.items() if time > now}
        nodes = [node for node in nodes if node not in self._kept_until]
        return sorted(nodes, key=lambda node: (node not in self._unneeded, node))

    def _may_lose(self, name: str) -> int:
        """How many nodes a pool has above its minimum, without those that go already."""
        [pool] = [pool for pool in self._fleet.pools if pool.name == name]
        going = sum(self._fleet.pool_of(node) is pool and self._state.nodes.exists[node] for node in self._going)
        return self._fleet.size(pool) - going - pool.min

    def _removable(self, candidates: list[int]) -> list[int]:
        """Those that are hardly used, that nothing holds, and whose pods fit elsewhere, all gone at once."""
        found: list[int] = []
        moved: list[PodState] = []
        for node in candidates:
            if self._utilization(node) >= self._rules.utilization_threshold or self._is_held(node):
                continue
            pods = pods_to_move(self._state.nodes, node)
            if not pods or self._fit_elsewhere([*moved, *pods], [*found, *self._going, node]):
                found.append(node)
                moved += pods
        return found

    def _fit_elsewhere(self, pods: list[PodState], without: list[int]) -> bool:
        snapshot = ClusterSnapshot.of(self._state, self._fleet.profile, without)
        return all(snapshot.place(pod.pod_class) is not None for pod in pods)

    def _utilization(self, node: int) -> float:
        """The larger share of CPU and memory that pods ask for; those that end on an unready node do not count."""
        nodes = self._state.nodes
        if nodes.ready[node] == TRUE:
            cpu, memory = nodes.used_cpu.item(node), nodes.used_memory.item(node)
        else:
            asked = [pod.pod_class.requests for pod in nodes.running[node].values() if not pod.deleting]
            cpu, memory = sum(one.cpu for one in asked), sum(one.memory for one in asked)
        return max(cpu / max(1, nodes.cpu.item(node)), memory / max(1, nodes.memory.item(node)))

    def _is_held(self, node: int) -> bool:
        """Whether one of its pods must not be evicted."""
        going: Counter[object] = Counter()
        for pod in pods_to_move(self._state.nodes, node):
            pod_class = pod.pod_class
            budgets = self._fleet.disruption.budgets_of(pod_class)
            safe = pod_class.template.annotations.get(SAFE_TO_EVICT)
            system = self._rules.skip_nodes_with_system_pods and pod_class.namespace == "kube-system" and not budgets
            stores = self._rules.skip_nodes_with_local_storage and _has_local_storage(pod_class.template)
            if safe == "false" or (safe != "true" and (system or stores or pod.owner is None)):
                return True
            going.update(budgets)
            if len(budgets) > 1 or any(budget.allowed < going[budget] for budget in budgets):
                return True
        return False

    def _patience(self, node: int) -> float:
        ready = self._state.nodes.ready[node] == TRUE
        return self._rules.unneeded_time if ready else self._rules.unready_time

    # How they go

    def _remove(self, nodes: list[int]) -> None:
        """Has the nodes go, empty ones first, as far as minima and parallelism allow."""
        pods = {node: pods_to_move(self._state.nodes, node) for node in nodes}
        for node in sorted(nodes, key=lambda node: len(pods[node]) > 0):
            pool = self._fleet.pool_of(node)
            drains = sum(self._going.values())
            if pool is None or self._may_lose(pool.name) <= 0 or len(self._going) >= self._rules.max_parallelism:
                continue
            if pods[node] and drains >= self._rules.max_drain_parallelism:
                continue
            self._going[node] = bool(pods[node])
            del self._unneeded[node]
            self._fleet.kernel.tell(self._story(node, pods[node]))

    def _story(self, node: int, pods: list[PodState]) -> Story:
        kernel, nodes, rules = self._fleet.kernel, self._state.nodes, self._rules
        cause = self._state.cause(f"scale-down/{nodes.names[node]}")
        nodes.set_taints(node, nodes.taints_of(node) | {TO_BE_DELETED}, cause)
        yield kernel.sleep(rules.node_delete_delay_after_taint, Order.REPAIR)
        deadline = kernel.now + rules.max_pod_eviction_time
        allowed = yield Evictions(
            kernel, self._fleet.disruption, lambda *answer: None, pods, deadline, cause, self._rng
        ).over
        if allowed:
            yield self._departures.gone(pods) | kernel.sleep(rules.max_graceful_termination, Order.REPAIR)
        del self._going[node]
        if allowed:
            self._fleet.delete(node, cause)
        else:
            self._failed_at = kernel.now
            self._kept_until[node] = kernel.now + rules.unremovable_node_recheck_timeout
            nodes.set_taints(node, nodes.taints_of(node) - {TO_BE_DELETED}, cause)


def _has_local_storage(template: PodTemplate) -> bool:
    """Whether it has volumes of its node that its annotation does not say to be safe (HasBlockingLocalStorage)."""
    safe = template.annotations.get(SAFE_TO_EVICT_LOCAL_VOLUMES, "").split(",")
    return any(volume not in safe for volume in template.spec.local_volumes)

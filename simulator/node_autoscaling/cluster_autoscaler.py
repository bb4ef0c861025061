"""clusterAutoscaler: the Kubernetes Cluster Autoscaler, which grows and shrinks node groups.

Source: kubernetes/autoscaler, cluster-autoscaler (core/static_autoscaler.go, FAQ.md). It looks every 10 s. Most of
these ticks cannot change anything and are left out: those run that follow something which happens to pods or nodes, and
those at which a time-out or a waiting time is over.
"""

import math
from dataclasses import dataclass, field

from simulator.node_autoscaling.fleet import WAKES, Fleet
from simulator.node_autoscaling.polling import Polling
from simulator.node_autoscaling.scale_down import ScaleDown, ScaleDownRules
from simulator.node_autoscaling.scale_up import ScaleUp, ScaleUpRules
from simulator.registry import register
from simulator.state.nodes import TRUE


@register("nodeAutoscaler", "clusterAutoscaler")
@dataclass(frozen=True)
class ClusterAutoscaler:
    """The Cluster Autoscaler: asks for nodes when pods fit nowhere, and takes away nodes that are hardly used.

    Every zone of a pool with `min` below `max` is a node group. Pods that the scheduler could not place are tried on
    the nodes that are there or on their way, and then on further nodes of each group; the expander chooses a group,
    which gets as many nodes as it takes. A node goes when its pods ask for little of it, would all find room elsewhere,
    and nothing forbids it: a disruption budget, a pod without a controller, one of kube-system without a budget, one
    with a hostPath or an emptyDir on disk, or the annotation cluster-autoscaler.kubernetes.io/safe-to-evict. Its pods
    are evicted, budgets obeyed. The defaults are those of its flags.
    """

    scan_interval: float = 10.0
    """How often it looks."""
    ok_total_unready_count: int = 3
    """With more nodes unready than this, and more than the share below, it does nothing at all."""
    max_total_unready_share: float = 0.45
    """The share of all nodes."""
    scale_up: ScaleUpRules = field(default_factory=ScaleUpRules)
    """How nodes are asked for."""
    scale_down: ScaleDownRules = field(default_factory=ScaleDownRules)
    """How nodes are taken away."""

    def __post_init__(self) -> None:
        if not self.scan_interval >= 1.0:
            raise ValueError("scan_interval must be at least 1 s")

    def install(self, fleet: Fleet) -> None:
        if fleet.groups:
            _Loop(self, fleet)


class _Loop:
    """The autoscaler at work in one run."""

    def __init__(self, policy: ClusterAutoscaler, fleet: Fleet) -> None:
        self._policy = policy
        self._fleet = fleet
        self._kernel = kernel = fleet.kernel
        phase = policy.scan_interval * fleet.streams.stream("phase/cluster-autoscaler").random()
        self._ticks = Polling(kernel, policy.scan_interval, phase, self._look)
        self._scale_up = ScaleUp(fleet, policy.scale_up)
        self._scale_down = ScaleDown(fleet, policy.scale_down)
        for kind in WAKES:
            # The first tick after the scheduler's next tries may act on it.
            fleet.state.listen(kind, lambda *change: self._ticks.run_at(kernel.now + fleet.scheduler.latency))

    def _look(self) -> float:
        if not self._is_healthy():
            return math.inf
        again = self._scale_up.look()
        if self._scale_up.added_at != self._kernel.now and self._policy.scale_down.enabled:
            again = min(again, self._scale_down.look(self._scale_up.added_at))
        return again

    def _is_healthy(self) -> bool:
        """Whether few enough nodes are unready (clusterstate.go, IsClusterHealthy)."""
        nodes = self._fleet.state.nodes
        there = [node for node, exists in enumerate(nodes.exists) if exists]
        unready = sum(nodes.ready[node] != TRUE for node in there)
        policy = self._policy
        return unready <= policy.ok_total_unready_count or unready <= policy.max_total_unready_share * len(there)

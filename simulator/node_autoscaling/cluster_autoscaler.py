"""clusterAutoscaler: the Kubernetes Cluster Autoscaler, which grows and shrinks node groups.

Source: kubernetes/autoscaler, cluster-autoscaler (core/static_autoscaler.go, FAQ.md). It looks every 10 s. Most of
these ticks cannot change anything and are left out: those run that follow something which happens to pods or nodes, and
those at which a time-out or a waiting time is over.
"""

import math
from dataclasses import dataclass, field

from simulator.kernel import Timer
from simulator.log import Kind
from simulator.node_autoscaling.fleet import Fleet
from simulator.node_autoscaling.scale_down import ScaleDown, ScaleDownRules
from simulator.node_autoscaling.scale_up import ScaleUp, ScaleUpRules
from simulator.registry import register
from simulator.state.nodes import TRUE

_ROUNDING = 1e-9
_WAKES = (
    *(Kind.POD_PHASE, Kind.POD_NODE, Kind.POD_DELETING, Kind.POD_METADATA, Kind.BUDGET_ALLOWED),
    *(Kind.NODE_EXISTS, Kind.NODE_READY, Kind.NODE_UNSCHEDULABLE),
)
"""What may call for nodes, or make some needless."""


@register("nodeAutoscaler", "clusterAutoscaler")
@dataclass(frozen=True)
class ClusterAutoscaler:
    """The Cluster Autoscaler: asks for nodes when pods fit nowhere, and takes away nodes that are hardly used.

    Every zone of a pool with `min` below `max` is a node group. Pods that the scheduler could not place are tried on
    the nodes that are there or on their way, and then on further nodes of each group; the expander chooses a group,
    which gets as many nodes as it takes. A node goes when its pods ask for little of it, would all find room elsewhere,
    and nothing forbids it: a disruption budget, a pod without a controller, one of kube-system without a budget, or the
    annotation cluster-autoscaler.kubernetes.io/safe-to-evict. Its pods are evicted, budgets obeyed. The defaults are
    those of its flags.
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
        self._kernel = fleet.kernel
        self._phase = policy.scan_interval * fleet.streams.stream("phase/cluster-autoscaler").random()
        self._timer: Timer | None = None
        self._due = math.inf
        self._scale_up = ScaleUp(fleet, policy.scale_up)
        self._scale_down = ScaleDown(fleet, policy.scale_down)
        for kind in _WAKES:
            fleet.state.listen(kind, lambda subject, new, cause: self._wake())

    def _wake(self) -> None:
        """Something happened that the first tick after the scheduler's next tries may act on."""
        self._run_at(self._kernel.now + self._fleet.scheduler.latency)

    def _run_at(self, time: float) -> None:
        """Runs the first tick at or after `time`, unless an earlier one is to be run anyway."""
        if self._due <= time:
            return
        interval = self._policy.scan_interval
        due = self._phase + math.ceil((time - self._phase) / interval - _ROUNDING) * interval
        if due >= self._due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        self._timer = self._kernel.timer(max(0.0, due - self._kernel.now), self._run)

    def _run(self) -> None:
        self._timer, self._due = None, math.inf
        if self._is_healthy():
            again = self._scale_up.look()
            if self._scale_up.added_at != self._kernel.now and self._policy.scale_down.enabled:
                again = min(again, self._scale_down.look(self._scale_up.added_at))
            if again < math.inf:
                self._run_at(max(again, self._kernel.now + self._policy.scan_interval / 2))

    def _is_healthy(self) -> bool:
        """Whether few enough nodes are unready (clusterstate.go, IsClusterHealthy)."""
        nodes = self._fleet.state.nodes
        there = [node for node, exists in enumerate(nodes.exists) if exists]
        unready = sum(nodes.ready[node] != TRUE for node in there)
        policy = self._policy
        return unready <= policy.ok_total_unready_count or unready <= policy.max_total_unready_share * len(there)

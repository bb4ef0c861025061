"""karpenter: Karpenter, which launches the node that pods need, and replaces nodes by fewer or cheaper ones.

Source: kubernetes-sigs/karpenter, pkg/controllers (provisioning, disruption, node/termination, nodeclaim). Its loops
are not run: what a pass would do is done when something happened that it may act on, or when a time is over.
"""

from dataclasses import dataclass, field

from models.units import HOUR, MINUTE
from simulator.kernel import Timer
from simulator.node_autoscaling.batcher import Batcher
from simulator.node_autoscaling.consolidation import Consolidation, Disruption
from simulator.node_autoscaling.expiration import Expiration
from simulator.node_autoscaling.fleet import WAKES, Fleet
from simulator.node_autoscaling.node_termination import NodeTermination
from simulator.node_autoscaling.polling import Polling
from simulator.node_autoscaling.provisioner import Provisioner
from simulator.registry import register

POLL = 10.0
"""Seconds between the looks at what could be consolidated (pollingPeriod)."""


@register("nodeAutoscaler", "karpenter")
@dataclass(frozen=True)
class Karpenter:
    """Karpenter: launches the cheapest node that takes the waiting pods, and takes away or replaces what is too much.

    All pools with `min` below `max` are one NodePool: each of them in each of its zones is an instance type that may be
    had. Pods that the scheduler could not place are collected until none has come for a while, tried on the nodes that
    are there or on their way, and packed onto new ones: as many on one as any instance type takes, the cheapest of
    those that do (of equals the smallest, then one is drawn). A node is consolidated when it is empty, or when its pods
    find room elsewhere, with at most one cheaper node in place of one or several; it is held by a disruption budget
    without any disruption left, by the annotation karpenter.sh/do-not-disrupt of a pod on it, and by the NodePool's own
    budgets. Its pods are evicted, budgets obeyed and tried again every 5 s, for as long as it takes. Nodes that are not
    Ready are not repaired (the feature gate NodeRepair is off), none drifts, and prices do not change.
    """

    batch_idle_duration: float = 1.0
    """Pods are collected until no further one has come for so long,"""
    batch_max_duration: float = 10.0
    """but not longer than this."""
    registration_timeout: float = 15 * MINUTE
    """A node that is not there after this time is given up."""
    expire_after: float | None = 720 * HOUR
    """The age at which a node goes whatever budgets of the NodePool say; null: never. At the start, ages are drawn."""
    termination_grace_period: float | None = None
    """How long a node that goes waits for its pods: those left are deleted in time, budgets or not; null: for ever."""
    disruption: Disruption = field(default_factory=Disruption)
    """When nodes are consolidated."""

    def __post_init__(self) -> None:
        if not 0 < self.batch_idle_duration <= self.batch_max_duration:
            raise ValueError("batch_idle_duration must be positive, and at most batch_max_duration")
        if self.expire_after is not None and self.expire_after < MINUTE:
            raise ValueError("expire_after must be at least 1m, or null")

    def install(self, fleet: Fleet) -> None:
        if fleet.groups:
            _Controllers(self, fleet)


class _Controllers:
    """Karpenter at work in one run."""

    def __init__(self, policy: Karpenter, fleet: Fleet) -> None:
        self._fleet = fleet
        self._kernel = kernel = fleet.kernel
        self._termination = NodeTermination(fleet, policy.termination_grace_period, self._wake)
        self._provisioner = Provisioner(fleet, policy.registration_timeout, self._termination.going, self._wake)
        idle, most = policy.batch_idle_duration, policy.batch_max_duration
        self._batcher = Batcher(kernel, idle, most, self._provisioner.wanting, self._provisioner.provision)
        expiration = Expiration(fleet, policy.expire_after, self._termination)
        self._consolidation = Consolidation(
            fleet, policy.disruption, expiration, self._provisioner, self._termination, self._wake
        )
        phase = POLL * fleet.streams.stream("phase/karpenter").random()
        self._ticks = Polling(kernel, POLL, phase, self._consolidation.look)
        self._timer: Timer | None = None
        for kind in WAKES:
            fleet.state.listen(kind, lambda *change: self._wake())

    def _wake(self) -> None:
        """Something happened that may be acted on, once the scheduler has tried what it can."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._kernel.timer(self._fleet.scheduler.latency, self._look)

    def _look(self) -> None:
        self._timer = None
        self._batcher.look()
        self._ticks.run_at(self._kernel.now)

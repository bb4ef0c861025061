"""Scaling up: which pods want nodes, of which group, and how many.

Source: autoscaler/cluster-autoscaler/core/scaleup/orchestrator, estimator/binpacking_estimator.go,
utils/backoff/exponential_backoff.go.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from models.units import HOUR, MINUTE
from simulator.node_autoscaling.expander import Expander, Option, best_option
from simulator.node_autoscaling.fleet import Fleet, NodeGroup
from simulator.node_autoscaling.snapshot import daemons_on
from simulator.state.objects import PodClass, PodState

MOST_NODES = 1000
"""How many nodes one look asks for at most (--max-nodes-per-scaleup)."""


@dataclass(frozen=True)
class ScaleUpRules:
    """How nodes are asked for."""

    expander: Expander = Expander.LEAST_WASTE
    """How the group is chosen that gets nodes, of those that would help; of equals one is drawn."""
    max_node_provision_time: float = 15 * MINUTE
    """A node that is not there after this time is given up, and its group is left alone for a while."""
    initial_node_group_backoff: float = 5 * MINUTE
    """How long, the first time; twice as long the next."""
    max_node_group_backoff: float = 30 * MINUTE
    """How long at most."""
    node_group_backoff_reset_timeout: float = 3 * HOUR
    """After this time without a failure it is the first time again."""
    expendable_pods_priority_cutoff: int = -10
    """Pods of lower priority get no nodes."""


@dataclass(frozen=True)
class _Backoff:
    """A node group that is left alone, because a node of it did not come."""

    until: float
    length: float


class ScaleUp:
    """Asks for nodes where pods fit nowhere."""

    def __init__(self, fleet: Fleet, rules: ScaleUpRules) -> None:
        self._fleet = fleet
        self._rules = rules
        self._rng = fleet.streams.stream("cluster-autoscaler/expander")
        self._backoffs: dict[NodeGroup, _Backoff] = {}
        self.added_at = -math.inf
        """When it asked for nodes last."""

    def look(self) -> float:
        """Gives up what takes too long, asks for nodes that pods want; returns when to look again, come what may."""
        now = self._fleet.kernel.now
        self._give_up_late_ones(now)
        again = min((one.since for one in self._fleet.upcoming.values()), default=math.inf)
        again += self._rules.max_node_provision_time
        wanting = self._unhelped()
        if not wanting:
            return again
        options = [option for group in self._fleet.groups if (option := self._option(group, wanting)) is not None]
        if options:
            self._expand(best_option(options, self._rules.expander, self._rng))
            return now
        resting = (backoff.until for backoff in self._backoffs.values() if backoff.until > now)
        return min(again, *resting) if self._backoffs else again

    def _give_up_late_ones(self, now: float) -> None:
        for upcoming in list(self._fleet.upcoming.values()):
            if now - upcoming.since >= self._rules.max_node_provision_time:
                self._fleet.give_up(upcoming)
                self._back_off(upcoming.group, now)

    def _back_off(self, group: NodeGroup, now: float) -> None:
        """Twice as long as the last time, unless that is long ago; once for all nodes of a group that are late."""
        last, rules = self._backoffs.get(group), self._rules
        if last is None or now > last.until + rules.node_group_backoff_reset_timeout:
            length = rules.initial_node_group_backoff
        elif now < last.until:
            return
        else:
            length = min(2 * last.length, rules.max_node_group_backoff)
        self._backoffs[group] = _Backoff(now + length, length)

    def _unhelped(self) -> list[PodState]:
        """Pods that fit neither on nodes that are there nor on those on their way, large ones first."""
        pods = [
            pod
            for pod in self._fleet.scheduler.unschedulable()
            if pod.only_node is None and pod.pod_class.spec.priority >= self._rules.expendable_pods_priority_cutoff
        ]
        if not pods:
            return []
        snapshot = self._fleet.expected()
        return [pod for pod in pods if snapshot.place(pod.pod_class) is None]

    def _option(self, group: NodeGroup, pods: Sequence[PodState]) -> Option | None:
        """How many more nodes of a group would take how many of the pods; None if it may not grow, or does not help."""
        room = min(group.pool.max - self._fleet.size(group.pool), MOST_NODES)
        backoff = self._backoffs.get(group)
        if room <= 0 or (backoff is not None and self._fleet.kernel.now < backoff.until):
            return None
        size = group.pool.template.allocatable

        def share(pod: PodState) -> float:
            asked = pod.pod_class.requests
            return asked.cpu / max(1, size.cpu) + asked.memory / max(1, size.memory)

        # Binpacking by decreasing size: a node is added when a pod does not fit on those added before.
        snapshot, further = self._fleet.expected(), islice(self._fleet.next_nodes(group), room)
        added: list[str] = []
        used: set[str] = set()
        helped: list[PodState] = []
        unfit: set[PodClass] = set()
        for pod in sorted(pods, key=share, reverse=True):
            if pod.pod_class in unfit:
                continue
            name = snapshot.place(pod.pod_class, added)
            if name is None and len(used) == len(added) and (node := next(further, None)) is not None:
                snapshot.add_node(node, daemons_on(self._fleet.state, node))
                added.append(node.name)
                name = snapshot.place(pod.pod_class, [node.name])
            if name is None:
                unfit.add(pod.pod_class)
            else:
                used.add(name)
                helped.append(pod)
        return Option(group, len(used), helped) if helped else None

    def _expand(self, option: Option) -> None:
        cause = self._fleet.state.cause(f"scale-up/{option.group.pool.name}")
        self.added_at = self._fleet.kernel.now
        for _ in range(option.nodes):
            self._fleet.request(option.group, cause)
        for pod in option.pods:
            self._fleet.state.pods.set_awaiting_node(pod)

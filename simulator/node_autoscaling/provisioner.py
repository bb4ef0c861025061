"""Provisioning: which nodes are launched for a batch of pods.

Source: karpenter pkg/controllers/provisioning (provisioner.go, scheduling/scheduler.go, scheduling/queue.go).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from models.node import Node
from simulator.kernel import Order
from simulator.node_autoscaling.fleet import Fleet, NodeGroup, Upcoming
from simulator.node_autoscaling.moving import pods_to_move
from simulator.node_autoscaling.snapshot import ClusterSnapshot, daemons_on
from simulator.state.objects import PodClass, PodState


@dataclass
class NodeClaim:
    """A node to be: the pods that it is for, and what it may be, with the cluster as it would be then."""

    pods: list[PodState]
    options: dict[NodeGroup, tuple[ClusterSnapshot, str]]
    """By instance type: the cluster with such a node and the pods on it, and the node's name."""
    group: NodeGroup | None = None
    """The one that is launched."""

    def take(self, pod: PodState) -> bool:
        """Whether some instance type takes the pod, too; the others are options no longer."""
        taking = {group: option for group, option in self.options.items() if _put(pod, *option)}
        if taking:
            self.pods.append(pod)
            self.options = taking
        return bool(taking)


def _put(pod: PodState, snapshot: ClusterSnapshot, name: str) -> bool:
    return snapshot.place(pod.pod_class, [name]) is not None


class Provisioner:
    """Launches nodes for pods that fit nowhere."""

    def __init__(
        self, fleet: Fleet, registration_timeout: float, going: Collection[int], wake: Callable[[], None]
    ) -> None:
        self._fleet = fleet
        self._registration_timeout = registration_timeout
        self._going = going
        """Nodes on their way out: what has to move from them needs room, too."""
        self._wake = wake
        """To be called when a node does not come."""
        self._rng = fleet.streams.stream("karpenter/instance-types")
        self._nominated: dict[int, Upcoming] = {}
        """By pod, the node that was launched for it and is not there yet."""

    def wanting(self) -> set[int]:
        """The pods (by uid) that want nodes, and for which none is on its way."""
        upcoming = self._fleet.upcoming
        self._nominated = {
            uid: claimed for uid, claimed in self._nominated.items() if upcoming.get(claimed.node.name) is claimed
        }
        return {pod.uid for pod in (*self.pending(), *self.leaving())} - self._nominated.keys()

    def pending(self) -> list[PodState]:
        """The pods without a node that fitted nowhere."""
        return [pod for pod in self._fleet.scheduler.unschedulable() if pod.only_node is None]

    def leaving(self) -> list[PodState]:
        """The pods that have to move from nodes on their way out."""
        nodes = self._fleet.state.nodes
        return [pod for node in sorted(self._going) for pod in pods_to_move(nodes, node)]

    def nominated(self) -> set[int]:
        """The nodes on which what has to move from others is expected."""
        pods = self.leaving()
        if not pods:
            return set()
        snapshot = self._fleet.expected(self._going)
        names = {snapshot.place(pod.pod_class) for pod in in_order(pods)}
        return {node for node, name in enumerate(self._fleet.state.nodes.names) if name in names}

    def provision(self) -> None:
        """Launches what all pods that want a node take which find none, there or on its way."""
        pods = [*self.pending(), *self.leaving()]
        snapshot = self._fleet.expected(self._going)
        left = [pod for pod in in_order(pods) if snapshot.place(pod.pod_class) is None]
        for claim in self.pack(snapshot, left, self._fleet.groups)[0]:
            assert claim.group is not None
            upcoming = self.launch(claim.group)
            for pod in claim.pods:
                self._nominated[pod.uid] = upcoming
                if pod.node < 0:
                    self._fleet.state.pods.set_awaiting_node(pod)

    def launch(self, group: NodeGroup) -> Upcoming:
        """Asks for a node, which is given up if it is not there in time."""
        upcoming = self._fleet.request(group, self._fleet.state.cause(f"scale-up/{group.pool.name}"))

        def give_up() -> None:
            if self._fleet.upcoming.get(upcoming.node.name) is upcoming:
                self._fleet.give_up(upcoming)
                self._wake()

        self._fleet.kernel.timer(self._registration_timeout, give_up, Order.REPAIR)
        return upcoming

    def cheapest(self, groups: Iterable[NodeGroup]) -> NodeGroup:
        """The cheapest of the instance types (at least one), of equals the smallest, of those one at random."""

        def cost(group: NodeGroup) -> tuple[float, int, int]:
            size = group.pool.template.allocatable
            return group.pool.price, size.cpu, size.memory

        costs = {group: cost(group) for group in groups}
        equals = [group for group in costs if costs[group] == min(costs.values())]
        return equals[int(self._rng.integers(len(equals)))] if len(equals) > 1 else equals[0]

    def pack(
        self, snapshot: ClusterSnapshot, pods: Sequence[PodState], groups: Sequence[NodeGroup], most: int | None = None
    ) -> tuple[list[NodeClaim], list[PodState]]:
        """The nodes that take the pods (in their order), each as many as it can, and the pods that none takes.

        Not more than `most` nodes, and of no pool more than its maximum.
        """
        claims: list[NodeClaim] = []
        asked: Counter[str] = Counter()  # by pool
        left = list(pods)
        while left and (most is None or len(claims) < most):
            claim = self._open(snapshot, left, groups, asked)
            if claim is None:
                break
            self._fill(claim, [pod for pod in left if pod is not claim.pods[0]])
            group = claim.group = self.cheapest(claim.options)
            snapshot = claim.options[group][0]
            asked[group.pool.name] += 1
            claims.append(claim)
            left = [pod for pod in left if pod not in claim.pods]
        return claims, left

    def _open(
        self, snapshot: ClusterSnapshot, pods: Sequence[PodState], groups: Sequence[NodeGroup], asked: Counter[str]
    ) -> NodeClaim | None:
        """A new node with the first of the pods that some instance type takes."""
        unfit: set[PodClass] = set()
        for pod in pods:
            if pod.pod_class in unfit:
                continue
            options = {}
            for group in groups:
                number = asked[group.pool.name]
                if self._fleet.size(group.pool) + number >= group.pool.max or not _may_take(group, pod.pod_class):
                    continue
                node = next(islice(self._fleet.next_nodes(group), number, None))
                trial = snapshot.copy()
                trial.add_node(node, daemons_on(self._fleet.state, node))
                if _put(pod, trial, node.name):
                    options[group] = trial, node.name
            if options:
                return NodeClaim([pod], options)
            unfit.add(pod.pod_class)
        return None

    @staticmethod
    def _fill(claim: NodeClaim, pods: Sequence[PodState]) -> None:
        unfit: set[PodClass] = set()
        for pod in pods:
            if pod.pod_class not in unfit and not claim.take(pod):
                unfit.add(pod.pod_class)


def in_order(pods: Iterable[PodState]) -> list[PodState]:
    """Those that ask for most CPU first, then for most memory."""
    return sorted(pods, key=lambda pod: (-pod.pod_class.requests.cpu, -pod.pod_class.requests.memory))


def _may_take(group: NodeGroup, pod_class: PodClass) -> bool:
    """Whether an empty node has what the pod asks for: what else stands in its way, the scheduler's filters know."""
    node: Node = group.pool.template
    asked = pod_class.requests
    return asked.cpu <= node.allocatable.cpu and asked.memory <= node.allocatable.memory

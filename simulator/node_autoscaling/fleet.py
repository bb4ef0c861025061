"""The fleet: the nodes of all pools, those that were asked for included, and what may be done about them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from models.node import Node
from models.node_pool import NodePool
from simulator.component import Component
from simulator.controllers.disruption import DisruptionController
from simulator.kernel import Event, Order, Timer
from simulator.log import Kind
from simulator.node_autoscaling.pool_members import PoolMembers
from simulator.node_autoscaling.snapshot import ClusterSnapshot, daemons_on
from simulator.scheduling.framework import Profile
from simulator.scheduling.scheduler import Scheduler
from simulator.state.cluster import ClusterState
from simulator.streams import Streams

WAKES = (
    *(Kind.POD_PHASE, Kind.POD_NODE, Kind.POD_DELETING, Kind.POD_METADATA, Kind.BUDGET_ALLOWED),
    *(Kind.NODE_EXISTS, Kind.NODE_READY, Kind.NODE_UNSCHEDULABLE),
)
"""What may call for nodes, or make some needless."""


class NodeAutoscaler(Protocol):
    """What adds nodes and takes them away: a frozen dataclass, registered as "nodeAutoscaler"."""

    def install(self, fleet: "Fleet") -> None:
        """Called once, before anything is deployed. Must not keep state of its own."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class NodeGroup:
    """The nodes of a pool in one of its zones: alike in all that a scheduler looks at, but for their names."""

    pool: NodePool
    zone: str


@dataclass(eq=False, slots=True)
class Upcoming:
    """A node that was asked for and is not there yet."""

    node: Node
    group: NodeGroup
    since: float
    """When it was asked for."""
    over: Event
    """Succeeds when it joins, with True, or is given up, with False."""
    timer: Timer | None = None


class Fleet:
    """The narrow door between a node autoscaler and the cluster.

    `kernel`, `state`, `streams`, `scheduler`, `profile` and `disruption` are those of the run: to be read and listened
    to. Nodes come and go by the verbs below alone.
    """

    def __init__(
        self,
        kernel: Component,
        state: ClusterState,
        streams: Streams,
        scheduler: Scheduler,
        disruption: DisruptionController,
        profile: Profile,
        members: PoolMembers,
    ) -> None:
        self.kernel = kernel
        self.state = state
        self.streams = streams
        self.scheduler = scheduler
        self.disruption = disruption
        self.profile = profile
        self._members = members
        self.pools = members.pools
        self.groups = [NodeGroup(pool, zone) for pool in self.pools if pool.autoscaled for zone in pool.zones or ("",)]
        """Those that may get more nodes."""
        self.upcoming: dict[str, Upcoming] = {}
        """By the names that they will have, in the order in which they were asked for."""
        self._asked_for = {pool.name: pool.count for pool in self.pools}

    def pool_of(self, node: int) -> NodePool | None:
        """The pool that a node belongs to."""
        return self._members.pool_of(node)

    def nodes_of(self, pool: NodePool) -> list[int]:
        """The nodes of a pool that are there."""
        return self._members.nodes_of(pool)

    def size(self, pool: NodePool) -> int:
        """How many nodes a pool has, with those that were asked for."""
        return len(self.nodes_of(pool)) + sum(one.group.pool is pool for one in self.upcoming.values())

    def next_nodes(self, group: NodeGroup) -> Iterator[Node]:
        """The nodes that the group would get next, without end."""
        number = self._asked_for[group.pool.name]
        while True:
            number += 1
            yield group.pool.node(number, group.zone)

    def expected(self, without: Collection[int] = ()) -> ClusterSnapshot:
        """The cluster with all nodes that were asked for; `without` some of those that are there."""
        snapshot = ClusterSnapshot.of(self.state, self.profile, without)
        for upcoming in self.upcoming.values():
            snapshot.add_node(upcoming.node, daemons_on(self.state, upcoming.node))
        return snapshot

    # What may be done

    def request(self, group: NodeGroup, cause: int) -> Upcoming:
        """Asks for one more node: it joins, Ready, when its provisioning is over."""
        node = next(self.next_nodes(group))
        self._asked_for[group.pool.name] += 1
        upcoming = self.upcoming[node.name] = Upcoming(node, group, self.kernel.now, self.kernel.event())
        wait = group.pool.provisioning.sample(self.streams.stream(f"provisioning/{node.name}"))
        if self.kernel.now + wait <= self.kernel.end:
            upcoming.timer = self.kernel.timer(wait, lambda: self._join(upcoming, cause), Order.REPAIR)
        return upcoming

    def _join(self, upcoming: Upcoming, cause: int) -> None:
        del self.upcoming[upcoming.node.name]
        self.state.nodes.join(upcoming.node, cause)
        upcoming.over.succeed(True)

    def give_up(self, upcoming: Upcoming) -> None:
        """Takes a request back: its node never comes."""
        del self.upcoming[upcoming.node.name]
        if upcoming.timer is not None:
            upcoming.timer.cancel()
        upcoming.over.succeed(False)

    def delete(self, node: int, cause: int) -> None:
        """The machine and its Node object go; pods that are still there are left to the garbage collector.

        Nothing happens if the node is gone already (a spot machine that was taken back meanwhile).
        """
        if self.state.nodes.exists[node]:
            self.state.nodes.delete(node, cause)

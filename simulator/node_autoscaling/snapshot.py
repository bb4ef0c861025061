"""A cluster that might be: the nodes and pods as they are, with some more or fewer, and the scheduler's own filters.

Source: autoscaler/cluster-autoscaler/simulator (clustersnapshot, scheduling).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from models.node import Node
from simulator.kernel import Kernel
from simulator.scheduling.choosing import Chooser, CycleState
from simulator.scheduling.counts import PodCounts
from simulator.scheduling.framework import Profile
from simulator.scheduling.storage import StorageView
from simulator.scheduling.views import ClusterView, PodView
from simulator.state.cluster import ClusterState
from simulator.state.nodes import NodeTable
from simulator.state.objects import DaemonSetState, PodClass

Placed = tuple[PodClass, str]
"""A pod of this class on the node of this name."""


class ClusterSnapshot:
    """Nodes with pods on them, apart from the run: what is placed here happens nowhere else."""

    def __init__(self, profile: Profile, nodes: Iterable[Node], pods: Iterable[Placed], run: ClusterState) -> None:
        self._profile = profile
        self._run = run
        """Its volumes are those of here, too: what is placed here binds none."""
        self._state = ClusterState(Kernel(0.0, 0.0), tuple(nodes), None)
        self._pods: list[Placed] = []
        self._chooser: Chooser | None = None
        """None while nodes have come that it does not know of."""
        self._cycle_states: dict[PodClass, CycleState] = {}
        self._counts = PodCounts(self._state)
        self._left_out: list[int] = []
        """Nodes on which nothing is placed."""
        for pod_class, node in pods:
            self._put(pod_class, node)

    @classmethod
    def of(cls, state: ClusterState, profile: Profile, without: Collection[int] = ()) -> "ClusterSnapshot":
        """The cluster as it is; `without` some of its nodes and all that is on them."""
        there = [node for node, exists in enumerate(state.nodes.exists) if exists and node not in without]
        pods = [
            (pod.pod_class, state.nodes.names[node]) for node in there for pod in state.nodes.running[node].values()
        ]
        return cls(profile, map(state.nodes.as_value, there), pods, state)

    def copy(self) -> "ClusterSnapshot":
        """Another one with the same nodes and pods: what is placed on one is not on the other."""
        nodes = self._state.nodes
        return ClusterSnapshot(self._profile, map(nodes.as_value, range(len(nodes))), self._pods, self._run)

    @property
    def nodes(self) -> NodeTable:
        """The nodes, to be read."""
        return self._state.nodes

    def add_node(self, node: Node, pods: Iterable[PodClass] = ()) -> None:
        """One more node, with these pods on it."""
        self._state.nodes.join(node)
        self._chooser = None
        self._counts.nodes_changed(())
        for pod_class, name in self._pods:
            self._counts.arrive(pod_class, self.nodes.index[name])
        for pod_class in pods:
            self._put(pod_class, node.name)

    def place(self, pod_class: PodClass, among: Sequence[str] | None = None) -> str | None:
        """Puts a pod on the first node where it fits, `among` these or all, and says which; None: nowhere."""
        chooser, cycle_state = self._prepared(pod_class)
        if among is None:
            found = chooser.feasible(cycle_state)
            found = found[~np.isin(found, self._left_out)] if self._left_out else found
            row = found.item(0) if len(found) else None
        else:
            rows = map(self.nodes.index.__getitem__, among)
            row = next((row for row in rows if chooser.fits(cycle_state, row)), None)
        if row is None:
            return None
        name = self.nodes.names[row]
        self._put(pod_class, name)
        return name

    @contextmanager
    def without(self, nodes: Collection[str]) -> Iterator[None]:
        """As if nothing were on these nodes, and nothing could be; what is placed meanwhile is taken back.

        The nodes are there still: their zones count among those over which pods are spread.
        """
        removed = [placed for placed in self._pods if placed[1] in nodes]
        for placed in removed:
            self._take(*placed)
        self._left_out, before = [self.nodes.index[node] for node in nodes], len(self._pods)
        try:
            yield
        finally:
            self._left_out = []
            for placed in self._pods[before:]:
                self._take(*placed)
            del self._pods[before:]
            for pod_class, node in removed:
                self._add(pod_class, node)

    def _put(self, pod_class: PodClass, node: str) -> None:
        self._pods.append((pod_class, node))
        self._add(pod_class, node)

    def _add(self, pod_class: PodClass, node: str) -> None:
        row = self.nodes.index[node]
        self.nodes.use(row, pod_class, 1)
        self._counts.arrive(pod_class, row)

    def _take(self, pod_class: PodClass, node: str) -> None:
        row = self.nodes.index[node]
        self.nodes.use(row, pod_class, -1)
        self._counts.depart(pod_class, row)

    def _prepared(self, pod_class: PodClass) -> tuple[Chooser, CycleState]:
        if self._chooser is None:
            storage = StorageView(self.nodes, self._run.volumes, self._run.nodes)
            self._chooser = Chooser(self._profile, self.nodes, ClusterView(self.nodes, self._counts, storage))
            self._cycle_states.clear()
        cycle_state = self._cycle_states.get(pod_class)
        if cycle_state is None:
            cycle_state = self._cycle_states[pod_class] = self._chooser.prepare(PodView(pod_class))
        return self._chooser, cycle_state


def daemons_on(state: ClusterState, node: Node) -> list[PodClass]:
    """What DaemonSets would run on a new node: an autoscaler leaves room for it."""
    found = []
    for daemon_set in state.workloads.of(DaemonSetState):
        spec, classes = daemon_set.spec.pod_template.spec, daemon_set.history.revisions
        pod_class = classes[-1].classes.get(0) if classes else None
        tolerated = all(any(of.tolerates(taint) for of in spec.tolerations) for taint in node.taints)
        if pod_class is not None and tolerated and spec.allows_node(node.labels, node.name):
            found.append(pod_class)
    return found

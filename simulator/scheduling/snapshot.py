"""The cluster as the plugins see it, with pods added or removed for a moment: preemption and nomination ask so."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from simulator.scheduling.counts import PodCounts
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodClass, PodState


class Snapshot:
    """The columns of the nodes and the counts of pods, changed in place and restored.

    Upstream clones a NodeInfo and calls its AddPod and RemovePod (runtime/framework.go, addGeneralNominatedPods;
    defaultpreemption, SelectVictimsOnNode). Here the one table is changed for as long as a `with` lasts, and put back
    when it ends, by an error too. Pods of the run itself are not touched.
    """

    def __init__(self, state: ClusterState, counts: PodCounts) -> None:
        self._nodes = state.nodes
        self._counts = counts

    @contextmanager
    def without_pods(self, pods: Iterable[PodState]) -> Iterator[None]:
        """As if these pods were not on their nodes."""
        removed = list(pods)
        for pod in removed:
            self._nodes.use(pod.node, pod.pod_class, -1)
            self._counts.leave(pod)
        try:
            yield
        finally:
            for pod in removed:
                self._nodes.use(pod.node, pod.pod_class, 1)
                self._counts.come_back(pod)

    @contextmanager
    def with_pods(self, node: int, pod_classes: Iterable[PodClass]) -> Iterator[None]:
        """As if one pod more of each of these templates were on the node."""
        added = list(pod_classes)
        for pod_class in added:
            self._nodes.use(node, pod_class, 1)
            self._counts.arrive(pod_class, node)
        try:
            yield
        finally:
            for pod_class in added:
                self._nodes.use(node, pod_class, -1)
                self._counts.depart(pod_class, node)

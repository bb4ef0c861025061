"""DaemonSets."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from models.daemonset import DaemonSet
from simulator.log import Kind
from simulator.state.objects.pod import PodOwner, PodState
from simulator.state.objects.record import MakeWorkload, record_of
from simulator.state.objects.revision import RevisionHistory, renewed
from simulator.state.objects.workload import Workload


@record_of(DaemonSet)
class DaemonSetState(PodOwner):
    """A DaemonSet, its revisions, and its pods by the node that each is made for."""

    GENERATION: ClassVar = Kind.DAEMONSET_GENERATION
    STATUS: ClassVar[Mapping[Kind, str]] = {Kind.DAEMONSET_DESIRED: "desired", Kind.DAEMONSET_COMPLETE: "complete"}
    __slots__ = (
        "by_node",
        "complete",
        "desired",
        "generation",
        "history",
        "index",
        "meant",
        "outdated",
        "revision",
        "spec",
        "unsettled",
        "wanted",
    )

    def __init__(self, index: int, workload: Workload, spec: DaemonSet) -> None:
        super().__init__(workload)
        self.index = index
        self.spec = spec
        self.generation = 1
        self.revision = 1
        """One more with each change of its template."""
        self.complete = True
        """No rollout is under way: its pods are of the template and available, or were since it changed last."""
        self.history = RevisionHistory()
        """The last of them is that of the template."""
        self.by_node: dict[int, list[PodState]] = {}
        """The pods that exist, in order of creation; only nodes that have any."""
        self.desired = 0
        """How many nodes are meant to run a pod, be they well or not."""
        self.meant: set[int] = set()
        """Those nodes."""
        self.wanted: set[int] = set()
        """Nodes that should run a pod now: status.desiredNumberScheduled counts them."""
        self.unsettled: set[int] = set()
        """Nodes that have or should have a pod, but not one alone that is available and stays."""
        self.outdated: set[int] = set()
        """Nodes with a pod of an old revision that is not being deleted."""

    @classmethod
    def made(cls, index: int, spec: DaemonSet, make_workload: MakeWorkload) -> "DaemonSetState":
        """A new DaemonSet, with no pods yet."""
        return cls(index, make_workload("DaemonSet", spec.namespace, spec.name), spec)

    def renew(self, spec: DaemonSet, cause: int) -> Iterator[tuple[Kind, int, int]]:
        """Another template begins a rollout."""
        return renewed(self, spec, cause, Kind.DAEMONSET_REVISION, Kind.DAEMONSET_COMPLETE)

    def oldest(self, node: int) -> PodState:
        """The pod that counts for a node: those bound first, then by age."""
        return min(self.by_node[node], key=lambda pod: (pod.node < 0, pod.created, pod.uid))

    def status(self) -> Mapping[str, int]:
        """One pod a node counts, the oldest, also while it is being deleted."""
        counted = [self.oldest(node) for node in self.wanted if node in self.by_node]
        available = sum(pod.available for pod in counted)
        revisions = self.history.revisions
        return {
            "desiredNumberScheduled": len(self.wanted),
            "currentNumberScheduled": len(counted),
            "numberMisscheduled": len(self.by_node.keys() - self.wanted),
            "numberReady": sum(pod.ready for pod in counted),
            "numberAvailable": available,
            "numberUnavailable": len(self.wanted) - available,
            "updatedNumberScheduled": sum(revisions[-1].made(pod) for pod in counted) if revisions else 0,
        }

"""StatefulSets."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from models.statefulset import StatefulSet
from simulator.log import Kind, Phase
from simulator.state.objects.pod import PodOwner
from simulator.state.objects.record import MakeWorkload, record_of
from simulator.state.objects.revision import Revision, RevisionHistory, renewed
from simulator.state.objects.workload import Workload


@record_of(StatefulSet)
class StatefulSetState(PodOwner):
    """A StatefulSet, its revisions and its pods; a pod's ordinal is its number and that of its slot."""

    GENERATION: ClassVar = Kind.STATEFULSET_GENERATION
    STATUS: ClassVar[Mapping[Kind, str]] = {Kind.STATEFULSET_COMPLETE: "complete"}
    __slots__ = ("complete", "current", "generation", "history", "index", "lost", "revision", "spec")

    def __init__(self, index: int, workload: Workload, spec: StatefulSet) -> None:
        super().__init__(workload)
        self.index = index
        self.spec = spec
        self.generation = 1
        self.revision = 1
        """One more with each change of its template."""
        self.complete = True
        """No rollout is under way: its pods are of the template and ready, or were since it changed last."""
        self.history = RevisionHistory()
        """The last of them is the update revision."""
        self.current: Revision | None = None
        """The revision of pods below the partition: the last one that all pods had."""
        self.lost: dict[int, int] = {}
        """By ordinal, why its last pod went."""

    @classmethod
    def made(cls, index: int, spec: StatefulSet, make_workload: MakeWorkload) -> "StatefulSetState":
        """A new StatefulSet, with no pods yet."""
        return cls(index, make_workload("StatefulSet", spec.namespace, spec.name), spec)

    def renew(self, spec: StatefulSet, cause: int) -> Iterator[tuple[Kind, int, int]]:
        """Another template begins a rollout."""
        return renewed(self, spec, cause, Kind.STATEFULSET_REVISION, Kind.STATEFULSET_COMPLETE)

    def status(self) -> Mapping[str, int]:
        """Ready and available count pods that are being deleted too; current and updated do not."""
        pods = self.objects.values()
        staying = [pod for pod in pods if not pod.deleting]
        current, revisions = self.current, self.history.revisions
        return {
            "replicas": len(pods),
            "readyReplicas": sum(pod.ready and pod.phase is Phase.RUNNING for pod in pods),
            "availableReplicas": sum(pod.available for pod in pods),
            "currentReplicas": sum(current.made(pod) for pod in staying) if current is not None else 0,
            "updatedReplicas": sum(revisions[-1].made(pod) for pod in staying) if revisions else 0,
            "specReplicas": self.spec.replicas,
        }

"""ControllerRevisions: how StatefulSets and DaemonSets tell pods of one template from those of another."""

from collections.abc import Collection, Iterator
from typing import Any, Protocol

from models.pod import PodTemplate
from simulator.log import Kind
from simulator.state.objects.pod import PodClass, PodState

REVISION_LABEL = "controller-revision-hash"


class Revision:
    """A template as it was when it was applied; it keeps its hash when it comes back."""

    __slots__ = ("classes", "hash", "number", "template")

    def __init__(self, number: int, hash_: str, template: PodTemplate) -> None:
        self.number = number
        """Revisions are numbered as they are adopted: the newest has the highest number."""
        self.hash = hash_
        self.template = template
        self.classes: dict[int, PodClass] = {}
        """What its pods share, by ordinal (DaemonSets: all share one, number 0)."""

    def made(self, pod: PodState) -> bool:
        """Whether the pod is of this revision."""
        return pod.pod_class.labels[REVISION_LABEL] == self.hash


class RevisionHistory:
    """The revisions of one workload, oldest first."""

    def __init__(self) -> None:
        self.revisions: list[Revision] = []
        self._made = 0

    def adopt(self, template: PodTemplate) -> Revision:
        """The newest revision, which from now on is that of this template: a new one, or one that comes back."""
        revisions = self.revisions
        if revisions and (revisions[-1].template is template or revisions[-1].template == template):
            return revisions[-1]
        number = revisions[-1].number + 1 if revisions else 1
        known = next((revision for revision in revisions if revision.template == template), None)
        if known is None:
            known = Revision(number, f"r{self._made}", template)
            self._made += 1
        else:
            revisions.remove(known)
            known.number = number
        revisions.append(known)
        return known

    def truncate(self, live: Collection[str], limit: int) -> None:
        """Forgets the oldest of the revisions whose hash is not `live`, until `limit` are left of those."""
        idle = [revision for revision in self.revisions if revision.hash not in live]
        for revision in idle[: max(0, len(idle) - limit)]:
            self.revisions.remove(revision)


class Revised(Protocol):
    """The record of a workload with revisions."""

    spec: Any
    cause: int
    revision: int
    complete: bool


def renewed(record: Revised, spec: Any, cause: int, revision: Kind, complete: Kind) -> Iterator[tuple[Kind, int, int]]:
    """The record takes another spec: another template is another revision, and begins a rollout."""
    old, record.spec = record.spec, spec
    record.cause = cause
    if spec.template != old.template:
        record.revision += 1
        yield revision, record.revision - 1, record.revision
        if record.complete:
            record.complete = False
            yield complete, True, False

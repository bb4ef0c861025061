"""Deployments and their ReplicaSets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from models.deployment import Deployment
from models.labels import LabelSelector
from simulator.log import Kind
from simulator.state.objects.pod import PodClass, PodOwner
from simulator.state.objects.record import MakeWorkload, record_of
from simulator.state.objects.workload import Workload

TEMPLATE_HASH_LABEL = "pod-template-hash"
"""What tells the pods of a Deployment's ReplicaSets apart."""


class Rollout(StrEnum):
    """The reason of a Deployment's Progressing condition."""

    UNKNOWN = ""
    CREATED = "NewReplicaSetCreated"
    FOUND = "FoundNewReplicaSet"
    UPDATED = "ReplicaSetUpdated"
    AVAILABLE = "NewReplicaSetAvailable"
    DEADLINE_EXCEEDED = "ProgressDeadlineExceeded"
    PAUSED = "DeploymentPaused"
    RESUMED = "DeploymentResumed"


@dataclass(slots=True)
class Progress:
    """A Deployment's Progressing condition, and the status that it was last judged by: numbers of pods."""

    reason: Rollout = Rollout.UNKNOWN
    """UNKNOWN: there is no such condition."""
    since: float = 0.0
    """When the rollout last got on, in seconds: lastUpdateTime."""
    updated: int = 0
    old: int = 0
    ready: int = 0
    available: int = 0


class ReplicaSetState(PodOwner):
    """A ReplicaSet: spec (`desired`), and the status that its controller keeps."""

    __slots__ = (
        "annotated_desired",
        "annotated_max",
        "available",
        "deployment",
        "desired",
        "index",
        "min_ready",
        "pod_class",
        "ready",
        "revision",
        "selector",
    )

    def __init__(
        self,
        index: int,
        workload: Workload,
        selector: LabelSelector,
        pod_class: PodClass,
        revision: int,
        min_ready: float,
        deployment: "DeploymentState | None",
    ) -> None:
        super().__init__(workload)
        self.index = index
        self.selector = selector
        self.pod_class = pod_class
        self.revision = revision
        self.min_ready = min_ready
        self.deployment = deployment
        self.desired = 0
        self.annotated_desired = 0
        """deployment.kubernetes.io/desired-replicas: the Deployment's replicas when it last scaled this one."""
        self.annotated_max = 0
        """deployment.kubernetes.io/max-replicas: those and the surge."""
        self.ready = 0
        self.available = 0

    @property
    def name(self) -> str:
        """Its own name, or that of its Deployment and its number."""
        return self.workload.name if self.deployment is None else f"{self.workload.name}-r{self.index}"


@record_of(Deployment)
class DeploymentState:
    """A Deployment, its ReplicaSets and how far its rollout is."""

    GENERATION: ClassVar = Kind.DEPLOYMENT_GENERATION
    STATUS: ClassVar[Mapping[Kind, str]] = {
        Kind.DEPLOYMENT_COMPLETE: "complete",
        Kind.DEPLOYMENT_ABORTED: "aborted",
        Kind.DEPLOYMENT_PROGRESSING: "progressing",
    }
    __slots__ = (
        "aborted",
        "cause",
        "complete",
        "fence_posts",
        "generation",
        "index",
        "last_revision",
        "progress",
        "progressing",
        "replica_sets",
        "revision",
        "spec",
        "workload",
    )

    def __init__(self, index: int, workload: Workload, spec: Deployment) -> None:
        self.index = index
        self.workload = workload
        self.spec = spec
        self.fence_posts = spec.fence_posts()
        """Its (maxSurge, maxUnavailable) in pods."""
        self.generation = 1
        self.revision = 1
        """One more with each change of its template."""
        self.last_revision = 0
        """The highest of its ReplicaSets' revisions; a template that did not last until a pass has none."""
        self.replica_sets: list[ReplicaSetState] = []
        """Oldest first, by creation."""
        self.complete = False
        """The controller has nothing left to do until the spec changes."""
        self.progress = Progress()
        self.progressing = True
        """Its Progressing condition is not False: no rollout is beyond its deadline."""
        self.aborted = False
        """Its rollout, that of an Argo Rollout, was aborted: the old version serves."""
        self.cause = 0
        """Why its spec last changed."""

    @classmethod
    def made(cls, index: int, spec: Deployment, make_workload: MakeWorkload) -> "DeploymentState":
        """A new Deployment, with no ReplicaSet yet."""
        return cls(index, make_workload(spec.kind, spec.namespace, spec.name), spec)

    def in_use(self) -> list[ReplicaSetState]:
        """Those of its ReplicaSets that have active pods, or are to have some; of most only the revision is left."""
        return [replica_set for replica_set in self.replica_sets if replica_set.desired or replica_set.pods]

    def renew(self, spec: Deployment, cause: int) -> Iterator[tuple[Kind, int, int]]:
        """Another template is another revision."""
        old, self.spec = self.spec, spec
        self.fence_posts = spec.fence_posts()
        self.cause = cause
        if spec.template != old.template:
            self.revision += 1
            yield Kind.DEPLOYMENT_REVISION, self.revision - 1, self.revision

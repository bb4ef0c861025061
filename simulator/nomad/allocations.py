"""Task groups and their allocations, as servers have them on record."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from models.deployment import NO_DEADLINE, StrategyType
from models.pod import PodTemplate
from simulator.kernel import Timer
from simulator.nomad.options import Update
from simulator.state.objects import DeploymentState, PodClass, PodOwner, PodState

MIN_HEALTHY_TIME = 10.0
"""Seconds that checks have to pass by default before an allocation is healthy."""


class Status(Enum):
    """How a deployment stands."""

    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"


@dataclass(slots=True, eq=False)
class VersionDeployment:
    """A deployment: one version of a job on its way to all allocations of its group."""

    pod_class: PodClass
    cause: int
    status: Status = Status.RUNNING
    deadline: Timer | None = None
    """When it fails for want of progress."""


@dataclass(slots=True, eq=False)
class Allocation:
    """One allocation: a pod, and what servers remember of how it came to be."""

    pod: PodState
    deployment: VersionDeployment
    """The one that was the last when it was made; health counts for that."""
    delays: tuple[float, ...] = ()
    """Of the reschedules that led to it, oldest first."""
    penalty: frozenset[int] = frozenset()
    """Nodes on which those that it replaces failed."""
    is_migration: bool = False
    """Made in place of one that leaves a node which is drained."""
    follow_up: Timer | None = None
    """When its group is looked at again, since it may be replaced then."""
    healthy: bool | None = None
    """None: it is not known yet."""
    ended: float | None = None
    """When it failed, or was found unhealthy, or its node disconnected: it is to be rescheduled."""
    unknown: bool = False
    """Its node is disconnected."""
    lost_at_last: Timer | None = None
    """When it has been unknown for too long."""
    replacement: "Allocation | None" = None
    is_replaced: bool = False
    """Another one has its place: it does not count."""
    score: float = 0.0
    """That of its node when it was placed."""

    @property
    def counts(self) -> bool:
        """Whether it has a place of the group."""
        return not self.is_replaced and not self.pod.deleting


class TaskGroup(PodOwner):
    """A service job's group: `count` allocations of the newest version."""

    __slots__ = ("allocations", "blocked_until", "deployment", "record", "stable", "vacant", "versions")

    def __init__(self, record: DeploymentState, pod_class: PodClass) -> None:
        super().__init__(record.workload)
        self.record = record
        self.allocations: dict[int, Allocation] = {}
        """By uid of the pod: those that exist."""
        self.deployment = VersionDeployment(pod_class, 0)
        self.stable: PodTemplate | None = None
        """The last version that all allocations were healthy with."""
        self.vacant: list[Allocation] = []
        """Those that have gone and were not replaced yet, oldest first."""
        self.blocked_until = -math.inf
        """Nothing is placed before."""
        self.versions: list[PodClass] = [pod_class]

    @property
    def count(self) -> int:
        """How many allocations there are to be."""
        return self.record.spec.replicas

    def status(self) -> Mapping[str, int]:
        ready = sum(pod.ready for pod in self.pods.values())
        return {"replicas": len(self.pods), "readyReplicas": ready}

    def holding(self) -> list[Allocation]:
        """Those that have a place of the group, in order of their names."""
        found = [each for each in self.allocations.values() if each.counts]
        return sorted(found, key=lambda each: (each.pod.slot.index, each.pod.uid))

    def healthy(self) -> int:
        """How many run and are healthy."""
        return sum(each.healthy is True and not each.unknown for each in self.holding())


@dataclass(frozen=True)
class Pace:
    """The update block of one job: the options, and the manifest where they leave it to that."""

    max_parallel: int
    """0: all."""
    min_healthy_time: float
    healthy_deadline: float
    progress_deadline: float = field(default=NO_DEADLINE)

    @classmethod
    def of(cls, update: Update, group: TaskGroup) -> "Pace":
        """That of a group."""
        spec = group.record.spec
        parallel = update.max_parallel
        if parallel is None:
            recreates = spec.strategy is StrategyType.RECREATE
            parallel = 0 if recreates else max(1, spec.fence_posts()[1])
        healthy = update.min_healthy_time
        if healthy is None:
            healthy = spec.min_ready_seconds or MIN_HEALTHY_TIME
        progress = update.progress_deadline
        if progress is None:
            progress = spec.progress_deadline_seconds
        return cls(parallel, healthy, update.healthy_deadline, progress)

"""Jobs."""

from collections.abc import Mapping
from typing import ClassVar

from models.job import Job
from simulator.job_run import JobRun
from simulator.log import Kind
from simulator.state.objects.pod import PodClass, PodOwner, PodState
from simulator.state.objects.record import MakeWorkload, record_of
from simulator.state.objects.workload import Workload

COMPLETE, FAILED = 1, 2


class TrackedPod:
    """A pod that its Job has not counted yet: one with the finalizer batch.kubernetes.io/job-tracking."""

    __slots__ = ("completion_index", "deleted", "pod", "succeeded")

    def __init__(self, pod: PodState, completion_index: int | None) -> None:
        self.pod = pod
        self.completion_index = completion_index
        """None in a Job without indexes."""
        self.deleted: float | None = None
        """When it got its deletionTimestamp, if it has one."""
        self.succeeded = False
        """It was seen to, whatever became of it then."""


@record_of(Job)
class JobState(PodOwner):
    """A Job: its spec, and the status that its controller keeps."""

    GENERATION: ClassVar = Kind.JOB_GENERATION
    STATUS: ClassVar[Mapping[Kind, str]] = {Kind.JOB_FINISHED: "finished"}
    __slots__ = (
        "classes",
        "completed_indexes",
        "ending",
        "exists",
        "failed",
        "failed_indexes",
        "failures",
        "failures_of_index",
        "finished",
        "first_open",
        "generation",
        "index",
        "last_failure",
        "run",
        "spec",
        "start_time",
        "succeeded",
        "tracked",
        "wakes",
    )

    def __init__(self, index: int, workload: Workload, spec: Job) -> None:
        super().__init__(workload)
        self.index = index
        self.spec = spec
        self.generation = 1
        self.exists = True
        """It is not deleted."""
        self.finished = 0
        """`COMPLETE` or `FAILED` once it is."""
        self.ending: tuple[int, str] | None = None
        """What it is to be, and why, once none of its pods is left: SuccessCriteriaMet or FailureTarget."""
        self.start_time: float | None = None
        """status.startTime; None while it is suspended."""
        self.succeeded = 0
        self.failed = 0
        self.tracked: dict[int, TrackedPod] = {}
        """By uid, in order of creation."""
        self.failures = 0
        """Since its last success; the next pod waits the longer."""
        self.last_failure = 0.0
        self.completed_indexes: set[int] = set()
        self.failed_indexes: set[int] = set()
        self.first_open = 0
        """No index below it is open."""
        self.failures_of_index: dict[int, tuple[int, float]] = {}
        """How many pods of the index failed, and when the last did."""
        self.classes: dict[int | None, PodClass] = {}
        """By completion index; None for all pods of a Job without indexes. Those of a CronJob share theirs."""
        self.run: JobRun | None = None
        self.wakes = 0.0
        """When its controller looks at it again, if that is later than now."""

    @classmethod
    def made(cls, index: int, spec: Job, make_workload: MakeWorkload) -> "JobState":
        """A new Job, with no pods yet."""
        return cls(index, make_workload("Job", spec.namespace, spec.name), spec)

    def renew(self, spec: Job, cause: int) -> tuple[()]:
        """Its controller looks at it."""
        self.spec = spec
        self.cause = cause
        return ()

    @property
    def name(self) -> str:
        """Its name; pods are named after it."""
        return self.spec.name

    @property
    def wanted(self) -> int:
        """How many pods are to be active now."""
        spec = self.spec
        if spec.completions is None:
            return len(self.pods) if self.succeeded else spec.parallelism
        return max(0, min(spec.parallelism, spec.completions - self.succeeded - len(self.failed_indexes)))

    def is_done(self, index: int) -> bool:
        """Whether the completion index has succeeded, or failed for good."""
        return index in self.completed_indexes or index in self.failed_indexes

    def status(self) -> Mapping[str, int]:
        """As it would be now."""
        return {
            "active": len(self.pods),
            "ready": sum(pod.ready for pod in self.pods.values()),
            "succeeded": self.succeeded,
            "failed": self.failed,
            "terminating": sum(pod.deleting for pod in self.objects.values()),
        }

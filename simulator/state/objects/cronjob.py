"""CronJobs."""

from collections.abc import Mapping
from typing import ClassVar

from models.cronjob import CronJob
from simulator.job_run import JobRun
from simulator.log import Kind
from simulator.state.objects.job import JobState
from simulator.state.objects.pod import PodClass
from simulator.state.objects.record import MakeWorkload, record_of
from simulator.state.objects.workload import Workload


@record_of(CronJob)
class CronJobState:
    """A CronJob, and its Jobs that exist."""

    GENERATION: ClassVar = Kind.CRONJOB_GENERATION
    STATUS: ClassVar[Mapping[Kind, str]] = {}
    __slots__ = ("classes", "generation", "index", "jobs", "next_due", "spec", "waiting", "wakes", "workload")

    def __init__(self, index: int, workload: Workload, spec: CronJob) -> None:
        self.index = index
        self.workload = workload
        """That of all its Jobs: the next one's pods inherit the luck of the last one's."""
        self.spec = spec
        self.generation = 1
        self.jobs: list[JobState] = []
        """Oldest first."""
        self.next_due: float | None = None
        """By its clock; None until its controller has looked at it."""
        self.waiting: list[JobRun] = []
        """What was due and is neither made nor given up."""
        self.wakes = 0.0
        """When its controller looks at it again, if that is later than now."""
        self.classes: dict[int | None, PodClass] = {}
        """Those of its Jobs' pods."""

    @classmethod
    def made(cls, index: int, spec: CronJob, make_workload: MakeWorkload) -> "CronJobState":
        """A new CronJob, with no Jobs yet."""
        return cls(index, make_workload("CronJob", spec.namespace, spec.name), spec)

    def renew(self, spec: CronJob, cause: int) -> tuple[()]:
        """Its controller looks at it; Jobs that exist stay as they are."""
        if spec.job.template != self.spec.job.template:
            self.classes = {}
        if spec.schedule != self.spec.schedule:
            self.next_due = None
        self.spec = spec
        return ()

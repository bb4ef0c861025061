"""CronJobs: Jobs that are due again and again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from models.job import Job
from models.pod import PodTemplate
from models.schedule import Schedule


class ConcurrencyPolicy(StrEnum):
    """What happens when a Job is due while the one before it is not over."""

    ALLOW = "Allow"
    FORBID = "Forbid"
    REPLACE = "Replace"


@dataclass(frozen=True, slots=True)
class CronJob:
    """Makes a Job like `job` whenever its schedule says so. Times in seconds."""

    name: str
    job: Job
    schedule: Schedule
    namespace: str = "default"
    concurrency_policy: ConcurrencyPolicy = ConcurrencyPolicy.ALLOW
    starting_deadline: float | None = None
    """A Job that is not made so long after it was due is not made at all."""
    suspended: bool = False
    successful_jobs_history_limit: int = 3
    failed_jobs_history_limit: int = 1
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def template(self) -> PodTemplate:
        """What the pods of its Jobs are."""
        return self.job.template

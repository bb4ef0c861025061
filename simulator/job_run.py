"""Runs of Jobs: each time that one is due, and what comes of it."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What came of a run by the end of the simulation."""

    WAITING = "waiting"
    """Its Job is not made yet: the one before is not over."""
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"
    MISSED = "missed"
    """Its Job was not made: the next was due before it could be, or its startingDeadlineSeconds had passed."""
    REPLACED = "replaced"
    """Its Job was deleted for the next one."""


@dataclass(slots=True)
class JobRun:
    """One time at which a Job is due; seconds since failures began."""

    job: str
    """The Job or CronJob, as Kind/name, or Kind/namespace/name outside the default namespace."""
    due: float
    outcome: Outcome = Outcome.WAITING
    reason: str = ""
    """Why its Job has failed, in Kubernetes' words."""
    ended: float | None = None
    """When its Job was complete, had failed or was replaced."""
    failed_pods: int = 0
    """How many of its pods failed."""

    @property
    def is_only(self) -> bool:
        """It is of a Job that no CronJob makes, which is due once, when the simulation begins."""
        return self.job.startswith("Job/")

    def end(self, now: float, outcome: Outcome, reason: str = "") -> None:
        """It is over now."""
        self.ended, self.outcome, self.reason = now, outcome, reason

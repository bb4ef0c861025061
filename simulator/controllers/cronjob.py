"""The CronJob controller: a Job whenever one is due.

Source: pkg/controller/cronjob (cronjob_controllerv2.go, utils.go). Nothing polls: it looks a tenth of a second after
each time of the schedule, and when one of its Jobs is over.
"""

import math
from dataclasses import replace

from models.cronjob import ConcurrencyPolicy
from models.schedule import ORIGIN
from models.timing import Timing
from simulator.component import Component
from simulator.controllers.workqueue import WorkQueue
from simulator.job_run import JobRun, Outcome
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import CronJobState, JobState
from simulator.state.objects.job import COMPLETE, FAILED

DELTA = 0.1
"""Seconds after a time of the schedule at which it is looked at (nextScheduleDelta)."""


class CronJobController:
    """Makes Jobs when they are due, as far as the concurrency policy and the deadline allow, and deletes old ones."""

    def __init__(self, kernel: Component, state: ClusterState, timing: Timing, runs: list[JobRun]) -> None:
        self._kernel = kernel
        self._state = state
        self._offset = timing.clock_at_start
        self._runs = runs
        """All that were due."""
        self._made_by: dict[JobState, CronJobState] = {}
        self._queue: WorkQueue[CronJobState] = WorkQueue(kernel, 0.0, self._sync)
        state.listen(Kind.CRONJOB_GENERATION, lambda cron_job, new, cause: self._queue.add(cron_job))
        state.listen(Kind.JOB_FINISHED, lambda job, new, cause: self._job_finished(job))
        state.listen(Kind.JOB_GENERATION, lambda job, generation, cause: None if generation else self._job_gone(job))

    def _job_finished(self, job: JobState) -> None:
        if job in self._made_by:
            self._queue.add(self._made_by[job])

    def _job_gone(self, job: JobState) -> None:
        cron_job = self._made_by.pop(job, None)
        if cron_job is not None:
            cron_job.jobs.remove(job)

    # A pass

    def _sync(self, cron_job: CronJobState) -> None:
        spec, clock = cron_job.spec, self._kernel.now + self._offset
        self._clean_up(cron_job)
        if cron_job.next_due is None:
            cron_job.next_due = spec.schedule.next_after(clock)
        if spec.suspended:
            return
        while cron_job.next_due <= clock:
            cron_job.waiting.append(JobRun(_called(cron_job), cron_job.next_due - self._offset))
            self._runs.append(cron_job.waiting[-1])
            cron_job.next_due = spec.schedule.next_after(cron_job.next_due)
        self._give_up(cron_job)
        if cron_job.waiting and self._may_start(cron_job):
            self._start(cron_job, cron_job.waiting.pop())
        self._look_at(cron_job, cron_job.next_due - self._offset + DELTA)

    def _give_up(self, cron_job: CronJobState) -> None:
        """Of all times that have passed only the last counts, if it is not too long ago."""
        deadline, now = cron_job.spec.starting_deadline, self._kernel.now
        for run in list(cron_job.waiting):
            if run is not cron_job.waiting[-1] or (deadline is not None and run.due < now - deadline):
                cron_job.waiting.remove(run)
                run.end(now, Outcome.MISSED)

    def _may_start(self, cron_job: CronJobState) -> bool:
        active = [job for job in cron_job.jobs if not job.finished]
        if active and cron_job.spec.concurrency_policy is ConcurrencyPolicy.FORBID:
            return False
        if cron_job.spec.concurrency_policy is ConcurrencyPolicy.REPLACE:
            for job in active:
                if job.run is not None:
                    job.run.failed_pods = job.failed
                    job.run.end(self._kernel.now, Outcome.REPLACED)
                self._state.workloads.remove(job)
        return True

    def _start(self, cron_job: CronJobState, run: JobRun) -> None:
        minute = math.floor((ORIGIN.timestamp() + run.due + self._offset) / 60)
        name = f"{cron_job.spec.name}-{minute}"
        if any(job.name == name for job in cron_job.jobs):
            run.end(self._kernel.now, Outcome.MISSED)  # due twice in a minute (@every), of which there is one Job
            return
        index = len(self._state.workloads.names_of(JobState))
        job = JobState(index, cron_job.workload, replace(cron_job.spec.job, name=name))
        job.run, job.classes = run, cron_job.classes
        cron_job.jobs.append(job)
        self._made_by[job] = cron_job
        self._state.workloads.add(job)

    def _clean_up(self, cron_job: CronJobState) -> None:
        """Of Jobs that are over only the last few stay."""
        spec = cron_job.spec
        for end, limit in ((COMPLETE, spec.successful_jobs_history_limit), (FAILED, spec.failed_jobs_history_limit)):
            over = [job for job in cron_job.jobs if job.finished == end]
            for job in over[: max(0, len(over) - limit)]:
                self._state.workloads.remove(job)

    def _look_at(self, cron_job: CronJobState, time: float) -> None:
        if cron_job.wakes != time and time <= self._kernel.end:
            cron_job.wakes = time
            self._kernel.timer(time - self._kernel.now, lambda: self._queue.add(cron_job))


def _called(cron_job: CronJobState) -> str:
    middle = f"{cron_job.spec.namespace}/" if cron_job.spec.namespace != "default" else ""
    return f"CronJob/{middle}{cron_job.spec.name}"

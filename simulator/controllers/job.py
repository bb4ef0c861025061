"""The Job controller: pods until enough of them have succeeded, or too many have failed.

Source: pkg/controller/job/job_controller.go (syncJob, manageJob). What becomes of pods is looked at in batches, a
second after the first of them. Pods are made all at once: slow start and expectations take milliseconds. A pod that is
stopped has failed, also where it would have ended in its grace period.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from models.job import COMPLETION_INDEX, JOB_NAME_LABELS
from models.pod import PodTemplate
from models.timing import Timing
from simulator.component import Component
from simulator.controllers import job_tracking
from simulator.controllers.pod_control import PodControl
from simulator.controllers.workqueue import WorkQueue
from simulator.job_run import JobRun, Outcome
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import JobState, Phase, PodClass, PodState, Workload
from simulator.state.objects.job import COMPLETE, FAILED, TrackedPod

MakePodClass = Callable[[Workload, PodTemplate, Mapping[str, str]], PodClass]

MOST_AT_ONCE = 500
"""Most creations or deletions of one pass (MaxPodCreateDeletePerSync)."""


class JobController:
    """Makes and deletes the pods of Jobs, says when a Job is over, and deletes it in time."""

    def __init__(
        self, kernel: Component, state: ClusterState, timing: Timing, make_pod_class: MakePodClass, runs: list[JobRun]
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._timing = timing
        self._make_pod_class = make_pod_class
        self._runs = runs
        """Of Jobs that no CronJob makes."""
        self._queue: WorkQueue[JobState] = WorkQueue(kernel, timing.controller_latency, self._sync)
        waits = timing.job_api_backoff_initial, timing.job_api_backoff_max
        self._pod_control: PodControl[JobState] = PodControl(kernel, state, waits, self._queue.add, self._look_soon)
        self._batched: set[JobState] = set()
        self._listens = False
        state.listen(Kind.JOB_GENERATION, self._changed)

    def _changed(self, job: JobState, generation: int, cause: int) -> None:
        if not generation:
            self._deleted(job)
            return
        if not self._listens:  # a cluster without Jobs pays nothing for them
            self._listens = True
            self._state.listen(Kind.POD_PHASE, self._phase_changed)
            self._state.listen(Kind.POD_DELETING, self._deleting)
            self._state.listen(Kind.POD_CONTAINERS, self._containers_changed)
        self._queue.add(job)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if isinstance(pod.owner, JobState) and phase not in (Phase.PENDING, Phase.RUNNING):
            if phase == Phase.SUCCEEDED and pod.uid in pod.owner.tracked:
                pod.owner.tracked[pod.uid].succeeded = True
            self._look_soon(pod.owner)

    def _deleting(self, pod: PodState, new: int, cause: int) -> None:
        if isinstance(pod.owner, JobState):
            tracked = pod.owner.tracked.get(pod.uid)
            if tracked is not None:
                tracked.deleted = self._kernel.now
                pod.owner.cause = cause
            self._look_soon(pod.owner)

    def _containers_changed(self, pod: PodState, running: int, cause: int) -> None:
        """Only by their restarts do pods with restartPolicy OnFailure tell of failures."""
        if isinstance(pod.owner, JobState) and pod.pod_class.spec.restart_policy == "OnFailure":
            self._look_soon(pod.owner)

    def _look_soon(self, job: JobState) -> None:
        if job not in self._batched and not job.finished and job.exists:
            self._batched.add(job)
            self._kernel.timer(self._timing.job_sync_batch_period, lambda: self._batch_over(job))

    def _batch_over(self, job: JobState) -> None:
        self._batched.discard(job)
        self._sync(job)

    def _look_at(self, job: JobState, time: float) -> None:
        """At this time, unless there is an earlier look."""
        now = self._kernel.now
        if not now < job.wakes <= time:
            job.wakes = time
            self._kernel.timer(time - now, lambda: self._sync(job))

    # A pass

    def _sync(self, job: JobState) -> None:
        if job.exists and not job.finished:
            self._pass(job)
            self._pod_control.settle(job)

    def _pass(self, job: JobState) -> None:
        self._begin(job)
        job_tracking.count_finished(job, self._kernel.now)
        if job.ending is None:
            job.ending = self._verdict(job)
        if job.ending is not None:
            for pod in list(job.pods.values()):
                self._state.pods.mark_deleting(pod, 0)
            if not any(pod.deleting for pod in job.objects.values()):
                self._finish(job, *job.ending)
        elif job.spec.suspended:
            job.start_time = None
            self._delete(job, list(job.pods.values()))
        else:
            self._manage(job)

    def _begin(self, job: JobState) -> None:
        """From when it is first not suspended, or not suspended again, its time counts."""
        if job.start_time is not None or job.spec.suspended:
            return
        job.start_time = math.floor(self._kernel.now)
        if job.run is None:
            job.run = JobRun(_called(job), self._kernel.now)
            self._runs.append(job.run)
        job.run.outcome = Outcome.RUNNING

    def _verdict(self, job: JobState) -> tuple[int, str] | None:
        """What it is to be, and why, in Kubernetes' words and order; None while that is open."""
        spec, now = job.spec, self._kernel.now
        completed, failed = len(job.completed_indexes), len(job.failed_indexes)
        if job.failed > spec.backoff_limit or _restarted_too_often(job):
            return FAILED, "BackoffLimitExceeded"
        if spec.active_deadline is not None and job.start_time is not None:
            if now >= job.start_time + spec.active_deadline:
                return FAILED, "DeadlineExceeded"
            self._look_at(job, job.start_time + spec.active_deadline)
        if spec.max_failed_indexes is not None and failed > spec.max_failed_indexes:
            return FAILED, "MaxFailedIndexesExceeded"
        if failed and spec.completions is not None and completed + failed >= spec.completions:
            return FAILED, "FailedIndexes"
        if any(rule.is_met(frozenset(job.completed_indexes)) for rule in spec.success_rules):
            return COMPLETE, "SuccessPolicy"
        enough = job.succeeded > 0 if spec.completions is None else job.succeeded >= spec.completions
        return (COMPLETE, "CompletionsReached") if enough and not job.pods else None

    def _finish(self, job: JobState, finished: int, reason: str) -> None:
        now = self._kernel.now
        self._state.workloads.set_status(job, Kind.JOB_FINISHED, finished, 0)
        if job.run is not None:
            job.run.failed_pods = job.failed
            job.run.end(now, Outcome.COMPLETE if finished == COMPLETE else Outcome.FAILED, reason)
        if job.spec.ttl_after_finished is not None:
            self._kernel.timer(job.spec.ttl_after_finished, lambda: self._expired(job))

    def _expired(self, job: JobState) -> None:
        if job.exists:
            self._state.workloads.remove(job)

    def _deleted(self, job: JobState) -> None:
        """Its pods go with it."""
        job.exists = False
        self._delete(job, list(job.objects.values()))
        self._pod_control.settle(job)

    # Pods

    def _manage(self, job: JobState) -> None:
        """Deletes pods that are too many, or makes those that are missing: never both in one pass."""
        now, wanted = self._kernel.now, job.wanted
        if len(job.pods) > wanted:
            self._delete(job, _youngest_first(job)[: min(len(job.pods) - wanted, MOST_AT_ONCE)])
            return
        leaving = [t for t in job.tracked.values() if t.pod.deleting] if job.spec.replaces_failed_only else []
        missing = min(wanted - len(leaving) - len(job.pods), MOST_AT_ONCE)
        if missing <= 0:
            return
        wait = job_tracking.wait(job, now, self._timing) if job.spec.backoff_limit_per_index is None else 0.0
        if wait > 0:
            self._look_at(job, now + wait)
            return
        for index in self._indexes(job, missing) if job.spec.is_indexed else [None] * missing:
            pod = self._pod_control.create(self._class(job, index), job, job.cause)
            if pod is None:
                return
            job.tracked[pod.uid] = TrackedPod(pod, index)

    def _delete(self, job: JobState, pods: list[PodState]) -> None:
        """Pods that it deletes of its own accord, while it is not at its end, count neither way."""
        for pod in pods:
            job.tracked.pop(pod.uid, None)
            if not pod.deleting:
                self._state.pods.mark_deleting(pod, 0)

    def _indexes(self, job: JobState, missing: int) -> list[int | None]:
        """The lowest indexes that nobody works on, and that need not wait."""
        assert job.spec.completions is not None
        worked_on = {tracked.completion_index for tracked in job.tracked.values()}
        while job.is_done(job.first_open):
            job.first_open += 1
        now, found = self._kernel.now, list[int | None]()
        for index in range(job.first_open, job.spec.completions):
            if len(found) == missing:
                break
            if index in worked_on or job.is_done(index):
                continue
            wait = job_tracking.wait_of_index(job, index, now, self._timing)
            if wait > 0:
                self._look_at(job, now + wait)
            else:
                found.append(index)
        return found

    def _class(self, job: JobState, index: int | None) -> PodClass:
        pod_class = job.classes.get(index)
        if pod_class is None:
            template, labels = job.spec.template, dict[str, str]()
            if job.workload.kind == "Job":  # pods of a CronJob's Jobs are alike, whatever their Job is called
                labels.update(dict.fromkeys(JOB_NAME_LABELS, job.name))
            if index is not None:
                labels[COMPLETION_INDEX] = str(index)
                template = replace(template, annotations={**template.annotations, COMPLETION_INDEX: str(index)})
            pod_class = job.classes[index] = self._make_pod_class(job.workload, template, labels)
        return pod_class


def _called(job: JobState) -> str:
    middle = f"{job.spec.namespace}/" if job.spec.namespace != "default" else ""
    return f"Job/{middle}{job.name}"


def _restarted_too_often(job: JobState) -> bool:
    """With restartPolicy OnFailure the restarts of its pods' containers count (pastBackoffLimitOnFailure)."""
    if job.spec.template.spec.restart_policy != "OnFailure":
        return False
    restarts = sum(container.restarts for pod in job.pods.values() for container in pod.containers)
    return restarts > 0 and restarts >= job.spec.backoff_limit


def _youngest_first(job: JobState) -> list[PodState]:
    """Unbound, pending and unready pods first; then those that became ready last."""
    return sorted(
        job.pods.values(),
        key=lambda pod: (pod.node >= 0, pod.phase is Phase.RUNNING, pod.ready, -pod.ready_since, -pod.uid),
    )

"""What became of the pods of a Job, each counted once, and how long the next has to wait for that.

Source: pkg/controller/job (job_controller.go: getNewFinishedPods, trackJobStatusAndRemoveFinalizers; backoff_utils.go).
"""

import math

from models.job import DISRUPTION_TARGET, FailureAction, Job
from models.timing import Timing
from simulator.state.objects import Disruption, JobState, Phase, PodState
from simulator.state.objects.job import FAILED, TrackedPod


def count_finished(job: JobState, now: float) -> None:
    """Counts the pods that have succeeded or failed since the last time, in the order of their ends."""
    ended = [tracked for tracked in job.tracked.values() if _has_ended(tracked.pod, job.spec)]
    for tracked in sorted(ended, key=lambda tracked: _finish_time(tracked, now)):
        del job.tracked[tracked.pod.uid]
        if tracked.succeeded:
            _succeeded(job, tracked)
        else:
            _failed(job, tracked, _finish_time(tracked, now))


def _has_ended(pod: PodState, spec: Job) -> bool:
    """One that is being deleted has failed, unless such are to be made good only when they really have."""
    return pod.is_over or pod.phase is Phase.ABSENT or (pod.deleting and not spec.replaces_failed_only)


def _succeeded(job: JobState, tracked: TrackedPod) -> None:
    job.failures = 0
    if tracked.completion_index is None:
        job.succeeded += 1
    else:
        job.completed_indexes.add(tracked.completion_index)
        job.succeeded = len(job.completed_indexes)


def _failed(job: JobState, tracked: TrackedPod, time: float) -> None:
    spec, index = job.spec, tracked.completion_index
    action = spec.action(_exits(tracked.pod), _conditions(tracked.pod))
    if action is FailureAction.IGNORE:
        return
    if action is FailureAction.FAIL_JOB and job.ending is None:
        job.ending = FAILED, "PodFailurePolicy"
    job.failed += 1
    job.failures += 1
    job.last_failure = time
    if index is not None and spec.backoff_limit_per_index is not None:
        failures = job.failures_of_index.get(index, (0, 0.0))[0] + 1
        job.failures_of_index[index] = failures, time
        if failures > spec.backoff_limit_per_index or action is FailureAction.FAIL_INDEX:
            job.failed_indexes.add(index)


def _exits(pod: PodState) -> dict[str, int]:
    """Exit codes by container; only those that are known."""
    return {each.spec.name: each.exit_code for each in pod.main_containers if each.exit_code is not None}


def _conditions(pod: PodState) -> frozenset[str]:
    """The conditions of the pod that are True, as far as rules may ask for them."""
    return frozenset() if pod.disruption is Disruption.NONE else frozenset({DISRUPTION_TARGET})


def _finish_time(tracked: TrackedPod, now: float) -> float:
    """When the pod ended, in whole seconds: its last container; or when it ceased to be ready, or was deleted."""
    pod = tracked.pod
    if pod.containers and all(container.exit_code is not None for container in pod.main_containers):
        return math.floor(max(container.finished for container in pod.main_containers))
    if not pod.ready:
        return math.floor(pod.ready_since)
    return math.floor(now if tracked.deleted is None else tracked.deleted)


def wait(job: JobState, now: float, timing: Timing) -> float:
    """Seconds until the Job may make a pod again after its failures; not positive if it may now."""
    return _until(job.failures, job.last_failure, timing) - now


def wait_of_index(job: JobState, index: int, now: float, timing: Timing) -> float:
    """Seconds until the Job may make a pod of this index again after the failures of that; not positive if now."""
    return _until(*job.failures_of_index.get(index, (0, 0.0)), timing) - now


def _until(failures: int, last: float, timing: Timing) -> float:
    """10 s after the first failure in a row, twice as long after each further one, 10 min at most."""
    if failures == 0:
        return -math.inf
    return last + min(timing.job_backoff_max, timing.job_backoff_initial * 2.0 ** min(failures - 1, 60))

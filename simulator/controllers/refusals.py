"""Pods that are wanted, and that the API server refuses to make.

Nothing makes the object that they lack during a run, so controllers' retries change nothing and are left out; an event
FailedCreate is what a user sees of them (pkg/controller/controller_utils.go, statefulset/stateful_pod_control.go).
"""

from collections.abc import Iterable

from models.pod import Pod, PodTemplate
from simulator.state.cluster import ClusterState
from simulator.state.objects import DaemonSetState, JobState, StatefulSetState


def refused(state: ClusterState, alone: Iterable[Pod]) -> dict[str, str]:
    """The pods, and why they are refused, in Kubernetes' words; `alone` are those that no controller makes.

    Names of pods that were never made are those that they would have got. A StatefulSet tries its first one only.
    """
    found = {pod.name: _words(pod.template, pod.name) for pod in alone if pod.template.absences.refused}
    for replica_set in state.workloads.replica_sets:
        template, name, made = replica_set.pod_class.template, replica_set.name, replica_set.created_pods
        if template.absences.refused:
            numbers = range(made, made + replica_set.desired - len(replica_set.pods))
            found |= {f"{name}-{number}": _words(template, f"{name}-") for number in numbers}
    for stateful_set in state.workloads.of(StatefulSetState):
        template, name = stateful_set.spec.template, stateful_set.workload.name
        if template.absences.refused:
            there = {pod.ordinal for pod in stateful_set.objects.values()}
            first = next((ordinal for ordinal in stateful_set.spec.ordinals if ordinal not in there), None)
            if first is not None:
                found[f"{name}-{first}"] = _words(template, f"{name}-{first}")
    for daemon_set in state.workloads.of(DaemonSetState):
        template, name, made = daemon_set.spec.template, daemon_set.workload.name, daemon_set.created_pods
        if template.absences.refused:
            numbers = range(made, made + len(daemon_set.wanted - daemon_set.by_node.keys()))
            found |= {f"{name}-{number}": _words(template, f"{name}-") for number in numbers}
    for job in state.workloads.of(JobState):
        template, made = job.spec.template, job.created_pods
        if template.absences.refused and not (job.finished or job.spec.suspended):
            numbers = range(made, made + job.spec.parallelism)
            found |= {f"{job.name}-{number}": _words(template, f"{job.name}-") for number in numbers}
    return found


def _words(template: PodTemplate, name: str) -> str:
    return "FailedCreate: " + template.absences.refused.replace("{}", name, 1)

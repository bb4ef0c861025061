"""Pods that are wanted, and that the API server refuses to make.

An event FailedCreate is what a user sees of them (pkg/controller/controller_utils.go, statefulset/
stateful_pod_control.go).
"""

from collections.abc import Iterable, Mapping

from simulator.state.cluster import ClusterState
from simulator.state.objects import DaemonSetState, JobState, PodOwner, StatefulSetState


def refused(state: ClusterState, alone: Mapping[str, str]) -> dict[str, str]:
    """The pods, and why they are refused, in Kubernetes' words; `alone` are those that no controller makes.

    Names of pods that were never made are those that they would have got. A StatefulSet tries its first one only.
    """
    found = {name: f"FailedCreate: {words}" for name, words in alone.items()}
    for replica_set in state.workloads.replica_sets:
        found |= _numbered(replica_set, replica_set.desired - len(replica_set.pods))
    for stateful_set in state.workloads.of(StatefulSetState):
        there = {pod.ordinal for pod in stateful_set.objects.values()}
        missing = (ordinal for ordinal in stateful_set.spec.ordinals if ordinal not in there)
        names = [f"{stateful_set.name}-{ordinal}" for ordinal in missing][:1]
        found |= _said(stateful_set, names, *names)
    for daemon_set in state.workloads.of(DaemonSetState):
        found |= _numbered(daemon_set, len(daemon_set.wanted - daemon_set.by_node.keys()))
    for job in state.workloads.of(JobState):
        found |= _numbered(job, job.wanted - len(job.pods))
    return found


def _numbered(owner: PodOwner, missing: int) -> dict[str, str]:
    """The next pods of an owner that numbers them as it makes them; it is refused them by the beginning of the name."""
    numbers = range(owner.created_pods, owner.created_pods + missing)
    return _said(owner, (f"{owner.name}-{number}" for number in numbers), f"{owner.name}-")


def _said(owner: PodOwner, names: Iterable[str], called: str = "") -> dict[str, str]:
    words = owner.refusal.replace("{}", called, 1)
    return dict.fromkeys(names, f"FailedCreate: {words}") if words else {}

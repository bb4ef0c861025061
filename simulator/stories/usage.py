"""What pods are taken to use of memory and disk, since that is not simulated: what they request, and what leaks."""

from models.labels import LabelSelector
from models.pod import DEFAULT_MEMORY
from simulator.kubelet.node_pressure import Usage
from simulator.state.objects import ContainerState, PodState

STORAGE = "ephemeral-storage"


def of_memory(pod: PodState, leaking: LabelSelector | None, leak: int) -> Usage:
    """Bytes of memory: a container without a request has what the scheduler counts for it, 200 MiB."""
    used = pod.pod_class.scored_requests.memory + (leak if _leaks(pod, leaking) else 0)
    return Usage(used, pod.pod_class.requests.memory)


def of_container(pod: PodState, container: ContainerState, leaking: LabelSelector | None, leak: int) -> int:
    """Bytes of memory of one container, in the same way."""
    return (container.spec.requests.memory or DEFAULT_MEMORY) + (leak if _leaks(pod, leaking) else 0)


def of_disk(pod: PodState, filling: LabelSelector | None, leak: int, least: int) -> Usage:
    """Bytes of ephemeral storage: at least `least`."""
    requested = pod.pod_class.requests.other.get(STORAGE, 0)
    return Usage(max(requested, least) + (leak if _leaks(pod, filling) else 0), requested)


def _leaks(pod: PodState, leaking: LabelSelector | None) -> bool:
    return leaking is not None and leaking.matches(pod.pod_class.labels)

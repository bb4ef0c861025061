"""The kernel's out-of-memory killer: which containers of a node it kills when nothing is left.

Source: pkg/kubelet/qos/policy.go (GetContainerOOMScoreAdjust); mm/oom_kill.c (oom_badness: what a process uses, and
oom_score_adj thousandths of all memory). The kubelet has a container killed as a whole (cgroup v2, memory.oom.group).
"""

from collections.abc import Callable, Iterable

from models.priority import SYSTEM_PRIORITIES
from models.qos import QosClass, qos_class
from simulator.state.objects import ContainerState, PodState

BEST_EFFORT, GUARANTEED = 1000, -997
LEAST_BURSTABLE, MOST_BURSTABLE = 3, 999

Victim = tuple[PodState, ContainerState]


def oom_score_adj(pod: PodState, container: ContainerState, capacity: int) -> int:
    """How much rather the kernel kills the container than others, on a node with `capacity` bytes of memory."""
    spec = pod.pod_class.spec
    quality = qos_class(spec)
    if quality is QosClass.GUARANTEED or spec.priority >= SYSTEM_PRIORITIES["system-node-critical"]:
        return GUARANTEED
    if quality is QosClass.BEST_EFFORT:
        return BEST_EFFORT
    adjust = _burstable(pod, container, capacity)
    if container in pod.sidecars:
        adjust = min(adjust, *(_burstable(pod, main, capacity) for main in pod.main_containers))
    return adjust


def _burstable(pod: PodState, container: ContainerState, capacity: int) -> int:
    """By its request; what the pod as a whole requests beyond its containers is shared evenly by these."""
    requested = container.spec.requests.memory
    whole = pod.pod_class.spec.resources.requests.get("memory")
    if whole is not None:
        assigned = sum(each.spec.requests.memory for each in pod.containers)
        requested += max(0, whole - assigned) // len(pod.containers)
    return max(LEAST_BURSTABLE, min(MOST_BURSTABLE, 1000 - 1000 * requested // capacity))


def victims(
    pods: Iterable[PodState], capacity: int, shortage: int, used: Callable[[PodState, ContainerState], int]
) -> list[Victim]:
    """Whom the kernel kills, in its order, until so many bytes are free; `used`: bytes of a container."""
    running = [(pod, each) for pod in pods if not pod.stopping for each in pod.containers if each.running]

    def badness(victim: Victim) -> tuple[float, int]:
        pod, container = victim
        return used(pod, container) + oom_score_adj(pod, container, capacity) * capacity / 1000, -pod.uid

    killed: list[Victim] = []
    for victim in sorted(running, key=badness, reverse=True):
        if shortage <= 0:
            break
        killed.append(victim)
        shortage -= used(*victim)
    return killed

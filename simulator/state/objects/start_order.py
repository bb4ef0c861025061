"""In what order the containers of a pod start.

Source: pkg/kubelet/kuberuntime (computePodActions, SyncPod). Init containers go one by one, and those that stay
(sidecars) have to be started before the next may begin; then the main containers, where a postStart hook holds up the
next one.
"""

from typing import NamedTuple

from models.pod import PodSpec


class Stage(NamedTuple):
    """Containers that start together, once those of the stage before have started."""

    inits: int
    """How many init containers have to run and end before."""
    containers: tuple[int, ...]
    """Indices into the pod's containers: the main ones, then the sidecars. The last of them holds up what follows."""


def start_order(spec: PodSpec) -> tuple[Stage, ...]:
    """The stages in which a pod starts; without sidecars and hooks there is one."""
    stages: list[Stage] = []
    inits, number = 0, len(spec.containers)
    for container in spec.init_containers:
        if container.restart_policy == "Always":
            stages.append(Stage(inits, (number,)))
            inits, number = 0, number + 1
        else:
            inits += 1
    together: list[int] = []
    for number, container in enumerate(spec.containers):
        together.append(number)
        if container.post_start != 0 or number == len(spec.containers) - 1:
            stages.append(Stage(inits, tuple(together)))
            inits, together = 0, []
    return tuple(stages)

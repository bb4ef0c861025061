"""stuckTerminating: a pod that is deleted does not go away."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.world import World


class Holder(StrEnum):
    """What keeps a pod from going away."""

    PROCESS = "process"
    FINALIZER = "finalizer"


@register("failure", "stuckTerminating")
@dataclass(frozen=True)
class StuckTerminating:
    """A share of the pods that are deleted (by whomever) stays Terminating for a while after it should be gone.

    Held by a `process`, it waits for a device or a mount that hangs (state D) and does not even hear SIGKILL: the pod
    answers nobody, and holds all that it has: its node's resources, its host ports, its volumes, its name. A reboot of
    its node ends it. Held by a `finalizer` that nobody removes, only the object stays: the containers are down, the pod
    has failed, and its volumes, ports and resources are free. Force deletion does not help against that.

    Either blocks whoever waits for the object to be gone: a StatefulSet or DaemonSet makes no other pod, a Deployment
    with strategy Recreate neither, a drain goes on waiting. A Deployment that rolls has long made another.

    Pods that were never bound to a node, or are over, go at once. Pods on nodes that are off or cut off hang without
    this mode, until somebody force-deletes them.

    Source: pkg/kubelet/pod_workers.go, k8s.io/apiserver (registry/generic/registry: finalizers).
    """

    disruption: ClassVar = DisruptionKind.CONTAINER
    name: str
    time_to_repair: Distribution
    """From when a pod should be gone to when it is."""
    probability: float = 0.05
    """Share of deletions that get stuck (our choice)."""
    held_by: Holder = Holder.PROCESS
    """What holds it: `process` or `finalizer`."""
    select: LabelSelector = LabelSelector()
    """Which pods, by their labels; all by default."""

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability must be between 0 and 1 (got {self.probability!r})")

    def install(self, world: World) -> None:
        finalizer = self.held_by is Holder.FINALIZER
        world.deletions.stick(self.name, self.probability, self.time_to_repair, self.select, finalizer=finalizer)

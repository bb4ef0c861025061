"""kubeletOutage: a kubelet, or a container runtime, hangs; the containers run on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


class Component(StrEnum):
    """What hangs on a node."""

    KUBELET = "kubelet"
    RUNTIME = "runtime"


@register("failure", "kubeletOutage")
@dataclass(frozen=True)
class KubeletOutage:
    """A kubelet, or the container runtime under it, hangs: containers run on, and nobody looks after them.

    Pods go on answering, and what the control plane makes of it takes away more than what broke.

    A hung kubelet does not renew its lease, so after about 47 s (40 to 55) the node is Unknown, its pods are not Ready
    and leave the endpoints, and are evicted after their toleration (300 s): their controllers make others, and the old
    ones hang Terminating, and run, until the kubelet is back and stops them with their grace period. A StatefulSet
    makes no other before that.

    Of a hung runtime the kubelet says after 30 s that the node is not Ready. Its pods stay endpoints (the dip of up to
    10 s until the kubelet says that they are Ready is left out), and are evicted after their toleration; then they are
    stopped as soon as the runtime is back.

    Meanwhile containers that die are not restarted, probes that would fail restart nothing, and pods that are bound
    to the node do not start.

    Source: pkg/kubelet (kubelet.go, runtime.go), pkg/controller/nodelifecycle.
    """

    disruption: ClassVar = DisruptionKind.NODE
    name: str
    time_to_failure: Distribution
    """From a repair (or the start) to the next time that it hangs."""
    time_to_repair: Repair
    """How long it hangs."""
    component: Component = Component.KUBELET
    """What hangs: `kubelet` or `runtime`."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels; all by default."""

    def install(self, world: World) -> None:
        effects = world.effects
        effect = effects.no_runtime if self.component is Component.RUNTIME else effects.no_kubelet
        law = self.time_to_failure, self.time_to_repair

        def tell(node: int) -> Subject:
            name = world.node_name(node)
            return world.tell(self.name, name, Subject.well_and_impaired, [node], (effect,), *law, at_once=())

        world.each_node(self.select, tell)

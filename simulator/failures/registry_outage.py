"""registryOutage: the image registry is gone, so pulls fail."""

import math
from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "registryOutage")
@dataclass(frozen=True)
class RegistryOutage:
    """Images cannot be pulled: the registry is down, refuses (too many requests, expired credentials), or is cut off.

    Pods that run go on, and nothing is lost as long as nothing starts. A pod that starts on a node without its images
    waits (ErrImagePull, ImagePullBackOff), and so does every container with imagePullPolicy Always, also one that only
    restarts: the kubelet asks the registry though it has the image. Others with their image on the node start. A try
    follows the last after 10 s x 2^k, 300 s at most, at the next look of the pod's worker (10 to 15 s): so after its
    end some wait five minutes more. Pulls under way when it begins go on.

    Source: pkg/kubelet/images (image_manager.go), pkg/kubelet/pod_workers.go.
    """

    disruption: ClassVar = DisruptionKind.CONTROL_PLANE
    name: str
    time_to_failure: Distribution
    """From the end of an outage (or the start) to the next."""
    time_to_repair: Repair
    """How long nothing can be pulled."""

    def install(self, world: World) -> None:
        world.tell(self.name, "registry", self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        while True:
            yield subject.failure_after(self.time_to_failure)
            subject.strike()
            trouble = world.image_registry.fail(subject.cause, math.inf)
            yield subject.mend(self.time_to_repair)
            world.image_registry.repair(trouble)

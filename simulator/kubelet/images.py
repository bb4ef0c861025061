"""Images on nodes.

Source: pkg/kubelet/images. A node pulls one image at a time (serializeImagePulls); what it has, it keeps through
reboots; a pull that is cut short starts anew.
"""

import math
from collections.abc import Collection, Sequence

from simulator.kernel import Kernel
from simulator.kubelet.image_registry import ImageRegistry
from simulator.state.objects import PodState


class Images:
    """Which images each node has, and until when it is busy pulling."""

    def __init__(self, kernel: Kernel, registry: ImageRegistry, nodes: int) -> None:
        self._kernel = kernel
        self._registry = registry
        self._pulled: list[dict[str, float]] = [{} for _ in range(nodes)]
        """Per node and image, when its pull is (or was) done."""
        self._busy_until = [-math.inf] * nodes

    def node_joined(self) -> None:
        """There is one node more, without images."""
        self._pulled.append({})
        self._busy_until.append(-math.inf)

    def has(self, node: int, image: str) -> bool:
        """Whether the node has the image, or pulls it."""
        return image in self._pulled[node]

    def present(self, pod: PodState) -> float:
        """When all images of the pod are on its node; starts the pulls that are missing."""
        now = self._kernel.now
        latest = now
        pulled = self._pulled[pod.node]
        for image in pod.pod_class.images:
            done = pulled.get(image)
            if done is None:
                begin = max(now, self._busy_until[pod.node])
                seconds = pod.slot.draw("image-pull", pod.pod_class.behaviour.image_pull)
                done = begin + seconds * self._registry.slowdown(pod)
                pulled[image] = self._busy_until[pod.node] = done
            latest = max(latest, done)
        return latest

    def delete_unused(self, node: int, used: Collection[str]) -> list[str]:
        """The images of the node that are not `used`, and not being pulled: they are gone now."""
        now, pulled = self._kernel.now, self._pulled[node]
        unused = [image for image, done in pulled.items() if done <= now and image not in used]
        for image in unused:
            del pulled[image]
        return unused

    def on_nodes(self) -> list[list[str]]:
        """The images that each node has by now."""
        now = self._kernel.now
        return [[image for image, done in pulled.items() if done <= now] for pulled in self._pulled]

    def have(self, images: Sequence[Sequence[str]]) -> None:
        """From now on each node has these images, besides those that it has or pulls."""
        now = self._kernel.now
        for pulled, more in zip(self._pulled, images, strict=True):
            for image in more:
                pulled[image] = min(now, pulled.get(image, now))

    def lose_power(self, node: int) -> None:
        """The node goes down: pulls that are not done are lost."""
        now = self._kernel.now
        self._pulled[node] = {image: done for image, done in self._pulled[node].items() if done <= now}
        self._busy_until[node] = now

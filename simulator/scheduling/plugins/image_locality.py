"""ImageLocality: nodes that have the pod's images."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulator.registry import register
from simulator.scheduling.framework import Reads, Score
from simulator.scheduling.views import ClusterView, PodView

_MIB = 1024 * 1024
_LEAST = 23 * _MIB
_MOST = 1000 * _MIB
"""Per container."""


@register("plugin", "ImageLocality")
@dataclass(frozen=True)
class ImageLocality:
    """The more bytes of the pod's images a node has, the higher it scores; images on many nodes count more.

    Sizes come from the Nodes' status.images. Images pulled during a run do not count: their sizes are not known.
    Source: pkg/scheduler/framework/plugins/imagelocality.
    """

    score_reads: ClassVar[Reads] = Reads.LABELS

    def signature(self, pod: PodView) -> Hashable:
        return _images(pod)

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        images = _images(pod)
        number_of_nodes = cluster.number_of_nodes
        nodes_with = {image: sum(image in present for present in cluster.images) for image in set(images)}
        if not any(nodes_with.values()):
            return None
        most = _MOST * len(images)
        scores = []
        for present in cluster.images:
            spread_bytes = sum(
                int(present[image] * (nodes_with[image] / number_of_nodes)) for image in images if image in present
            )
            scores.append(100 * (min(max(spread_bytes, _LEAST), most) - _LEAST) // (most - _LEAST))
        column = np.array(scores, dtype=np.int64)
        return lambda nodes: nodes.take(column)


def _images(pod: PodView) -> tuple[str, ...]:
    """The image of each container; without a tag, that tagged "latest"."""
    return tuple(
        c.image if ":" in c.image.rpartition("/")[2] else f"{c.image}:latest"
        for c in (*pod.spec.init_containers, *pod.spec.containers)
    )

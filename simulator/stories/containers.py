"""Containers as stories see them: what may be the matter with those that run on."""

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.kubelet.grey import GreyMode
from simulator.kubelet.kubelet import Kubelet


class Containers:
    """Arms the clocks of what befalls containers without ending them."""

    def __init__(self, kubelet: Kubelet) -> None:
        self._kubelet = kubelet

    def turn_grey(
        self, mode: str, law: Distribution, share: float, detection: Distribution, select: LabelSelector
    ) -> None:
        """From now on, containers of the selected pods turn grey: a clock each, from each start of the container.

        Then this share of the requests goes wrong until, a time of `detection` later, the container is killed.
        """
        self._kubelet.arm_containers(GreyMode(mode, law, select, share=share, detection=detection))

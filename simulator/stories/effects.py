"""Effects: what an outage may take away from nodes."""

import numpy as np

from models.labels import LabelSelector
from simulator.kubelet.kubelet import Kubelet
from simulator.kubelet.node_pressure import MONITORING_PERIOD, Shortage, Signal
from simulator.state.cluster import ClusterState
from simulator.stories.outage import Effect
from simulator.stories.usage import of_disk, of_memory


class Effects:
    """What nodes may lack, besides power, while their containers run on."""

    def __init__(self, state: ClusterState, kubelet: Kubelet) -> None:
        nodes, hang = state.nodes, kubelet.hang
        self._pressure, self._grey = kubelet.pressure, kubelet.grey
        self.no_kubelet = Effect(hang.hang_kubelet, hang.release_kubelet)
        """Kubelets do nothing, and say nothing."""
        self.no_runtime = Effect(hang.hang_runtime, hang.release_runtime)
        """Container runtimes do nothing, of which their kubelets tell."""
        self.no_api_server = Effect(nodes.add_silent_cause, nodes.remove_silent_cause)
        """Kubelets do not reach the API server."""
        self.no_users = Effect(nodes.add_unreachable_cause, nodes.remove_unreachable_cause)
        """Users do not reach the pods."""

    def grey(self, share: float) -> Effect:
        """Pods fail this share of their requests, though they answer."""
        return Effect(lambda node, owner, cause: self._grey.begin_node(node, owner, cause, share), self._grey.end_node)

    def memory_pressure(self, amount: int, leaking: LabelSelector | None, rng: np.random.Generator) -> Effect:
        """Nodes lack so many bytes of memory, which these pods have taken (None: something beside the pods)."""
        return self._shortage(Shortage(Signal.MEMORY, amount, lambda pod: of_memory(pod, leaking, amount)), rng)

    def disk_pressure(
        self, amount: int, filling: LabelSelector | None, pod_usage: int, image_size: int, rng: np.random.Generator
    ) -> Effect:
        """Nodes lack so many bytes of disk; a pod uses at least `pod_usage`, an image of no known size `image_size`."""
        usage = Shortage(Signal.DISK, amount, lambda pod: of_disk(pod, filling, amount, pod_usage), image_size)
        return self._shortage(usage, rng)

    def _shortage(self, of: Shortage, rng: np.random.Generator) -> Effect:
        """The kubelet looks next at no certain time."""
        pressure = self._pressure

        def begin(node: int, owner: object, cause: int) -> None:
            pressure.begin(node, owner, cause, of, rng.random() * MONITORING_PERIOD)

        return Effect(begin, pressure.end)

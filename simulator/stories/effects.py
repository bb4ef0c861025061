"""Effects: what an outage may take away from nodes."""

from simulator.kubelet.kubelet import Kubelet
from simulator.kubelet.node_pressure import Shortage
from simulator.state.cluster import ClusterState
from simulator.stories.outage import Effect


class Effects:
    """What nodes may lack, besides power, while their containers run on."""

    def __init__(self, state: ClusterState, kubelet: Kubelet) -> None:
        nodes, hang = state.nodes, kubelet.hang
        self._pressure = kubelet.pressure
        self.no_kubelet = Effect(hang.hang_kubelet, hang.release_kubelet)
        """Kubelets do nothing, and say nothing."""
        self.no_runtime = Effect(hang.hang_runtime, hang.release_runtime)
        """Container runtimes do nothing, of which their kubelets tell."""
        self.no_api_server = Effect(nodes.add_silent_cause, nodes.remove_silent_cause)
        """Kubelets do not reach the API server."""
        self.no_users = Effect(nodes.add_unreachable_cause, nodes.remove_unreachable_cause)
        """Users do not reach the pods."""

    def shortage(self, of: Shortage, seen_after: float) -> Effect:
        """Nodes run short of memory or disk; their kubelets look after so many seconds."""
        pressure = self._pressure
        return Effect(lambda node, owner, cause: pressure.begin(node, owner, cause, of, seen_after), pressure.end)

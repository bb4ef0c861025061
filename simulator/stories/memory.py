"""What stories do to containers by way of the memory of their nodes."""

from models.labels import LabelSelector
from simulator.kubelet.kubelet import Kubelet
from simulator.kubelet.oom import victims
from simulator.state.cluster import ClusterState
from simulator.state.objects import ContainerState, PodState
from simulator.stories.subject import Subject
from simulator.stories.usage import of_container


class Memory:
    """Lets the memory of nodes run out."""

    def __init__(self, state: ClusterState, kubelet: Kubelet) -> None:
        self._state = state
        self._kubelet = kubelet

    def run_out(self, node: int, shortage: int, leaking: LabelSelector | None, subject: Subject) -> None:
        """The kernel kills containers of the node until so many bytes are free again, which these pods have taken."""
        subject.strike()
        nodes = self._state.nodes
        if not nodes.powered[node]:
            return
        cause = self._state.cause(subject.cause)
        pods = list(nodes.running[node].values())

        def used(pod: PodState, container: ContainerState) -> int:
            return of_container(pod, container, leaking, shortage)

        for pod, container in victims(pods, nodes.memory.item(node), shortage, used):
            self._kubelet.oom_kill(pod, container, cause)

"""Graceful node shutdown: the kubelet ends its pods before the system of its node is off.

Source: pkg/kubelet/nodeshutdown (nodeshutdown_manager.go, nodeshutdown_manager_linux.go).
"""

from models.kubelet_configuration import KubeletConfiguration
from models.priority import CRITICAL
from simulator.kernel import Event, Kernel, Order, Story
from simulator.kubelet.rules import AgentRules
from simulator.kubelet.termination import Termination
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import Disruption, Phase, PodState


class NodeShutdown:
    """Ends the pods of nodes that are told to shut down.

    The node is not Ready from the beginning, and its kubelet takes no more pods. Pods below critical priority end
    first, all at once, then the critical ones; each has its own grace period at most, and what is left to its group.
    They have failed then, whatever their containers said ("Pod was terminated in response to imminent node shutdown."),
    and no budget is asked. Until a pod has ended it stays an endpoint.
    """

    def __init__(self, kernel: Kernel, state: ClusterState, termination: Termination, rules: AgentRules) -> None:
        self._kernel = kernel
        self._holds_up = rules.ends_pods_at_shutdown
        self._state = state
        self._termination = termination
        self.going: set[int] = set()
        """Nodes that shut down."""
        self._ending: list[tuple[set[int], Event]] = []
        """Groups of pods that are ended, and who waits for that."""
        state.listen(Kind.POD_PHASE, self._phase_changed)
        state.listen(Kind.NODE_POWER, lambda node, up, cause: self._booted(node) if up else None)
        state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: self.going.discard(node))

    def begin(self, node: int, kubelet: KubeletConfiguration, cause: int) -> Event:
        """The system of a node shuts down; an event to yield, which succeeds when the kubelet does not hold it up."""
        over = self._kernel.event()
        if self._holds_up and kubelet.ends_pods and self._state.nodes.reporting[node] and node not in self.going:
            self.going.add(node)
            self._state.nodes.add_unhealthy_cause(node, self, cause)
            self._kernel.tell(self._story(node, kubelet, cause, over))
        else:
            over.succeed()
        return over

    def _story(self, node: int, kubelet: KubeletConfiguration, cause: int, over: Event) -> Story:
        critical = kubelet.shutdown_grace_period_critical_pods
        for seconds, is_critical in ((kubelet.shutdown_grace_period - critical, False), (critical, True)):
            pods = [
                pod
                for pod in self._state.nodes.running[node].values()
                if (pod.pod_class.spec.priority >= CRITICAL) is is_critical
            ]
            if pods:
                ended = self._kernel.event()
                self._ending.append(({pod.uid for pod in pods}, ended))
                for pod in pods:
                    self._end(pod, seconds, cause)
                yield ended | self._kernel.sleep(seconds, Order.CONTROL)
        over.succeed()

    def _end(self, pod: PodState, seconds: float, cause: int) -> None:
        self._state.pods.set_disruption_target(pod, Disruption.TERMINATION_BY_KUBELET, cause)
        if not pod.deleting:
            pod.cause = cause
        self._termination.end(pod, seconds)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if self._ending and (phase == Phase.ABSENT or pod.is_over):
            for uids, ended in self._ending:
                uids.discard(pod.uid)
                if not uids:
                    ended.succeed()
            self._ending = [(uids, ended) for uids, ended in self._ending if uids]

    def _booted(self, node: int) -> None:
        """It lost power all the same, and is back: its kubelet knows nothing of a shutdown."""
        if node in self.going:
            self.going.discard(node)
            self._state.nodes.remove_unhealthy_cause(node, self)

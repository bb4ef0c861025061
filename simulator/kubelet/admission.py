"""The kubelet's admission: pods that are made with a node name never see the scheduler.

Source: pkg/kubelet/lifecycle/predicate.go, pkg/scheduler/framework/plugins/noderesources/fit.go (Fits). Cordons and
NoSchedule taints do not hold them back. A pod that is refused has failed, and is never tried again; its controller
makes another at once, over and over. Here a controller's pod waits instead, until something changes on its node, which
comes to the same. Preemption by the kubelet, for critical pods, is left out.
"""

from collections.abc import Collection, Iterator

from models.node import TaintEffect
from simulator.kernel import Kernel, Order
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.nodes import NodeTable
from simulator.state.objects import Phase, PodClass, PodState

SHUTTING_DOWN = "Pod was rejected as the node is shutting down."
_EVERY_IP = "0.0.0.0"


class Admission:
    """Lets pods onto the nodes that they name."""

    def __init__(self, kernel: Kernel, state: ClusterState, shutting_down: Collection[int]) -> None:
        self._kernel = kernel
        self._state = state
        self._shutting_down = shutting_down
        self._waiting: dict[str, dict[int, PodState]] = {}
        """By the name of the node, in order of creation."""
        self._refusals: dict[int, str] = {}
        """By pod, why it does not run."""
        state.listen(Kind.POD_PHASE, self._phase_changed)
        for kind in (Kind.NODE_TAINTS, Kind.NODE_REPORTING, Kind.NODE_EXISTS):
            state.listen(kind, lambda node, new, cause: self._look_again(node))

    def refusal(self, pod: PodState) -> str:
        """Why a pod that names its node does not run there, in the kubelet's words; "" if it does."""
        return self._refusals.get(pod.uid, "")

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        name = pod.pod_class.spec.node_name
        if name is not None:
            self._named_changed(pod, name, phase)
        if self._waiting and pod.node >= 0 and phase not in (Phase.PENDING, Phase.RUNNING):
            self._look_again(pod.node)

    def _named_changed(self, pod: PodState, name: str, phase: int) -> None:
        """The phase of a pod that names its node."""
        if phase == Phase.PENDING:
            self._waiting.setdefault(name, {})[pod.uid] = pod
            self._kernel.timer(0.0, lambda: self._admit_all(name), Order.KUBELET)
        elif phase == Phase.ABSENT:
            self._waiting.get(name, {}).pop(pod.uid, None)
            self._refusals.pop(pod.uid, None)

    def _look_again(self, node: int) -> None:
        name = self._state.nodes.names[node]
        if self._waiting.get(name):
            self._kernel.timer(0.0, lambda: self._admit_all(name), Order.KUBELET)

    def _admit_all(self, name: str) -> None:
        nodes, waiting = self._state.nodes, self._waiting[name]
        node = nodes.index.get(name)
        for pod in list(waiting.values()):
            if node is None or not nodes.exists[node]:
                self._refusals[pod.uid] = f'node "{name}" not found'
            elif not nodes.reporting[node]:
                self._refusals[pod.uid] = f"the kubelet of {name} is not there"
            elif reason := self._reason(node, pod.pod_class):
                self._refusals[pod.uid] = reason
                if pod.owner is None:
                    del waiting[pod.uid]
                    self._state.pods.fail(pod, pod.cause)
            else:
                del waiting[pod.uid]
                self._refusals.pop(pod.uid, None)
                self._state.pods.bind(pod, node)

    def _reason(self, node: int, pod_class: PodClass) -> str:
        if node in self._shutting_down:
            return SHUTTING_DOWN
        reason = next(_reasons(self._state.nodes, node, pod_class), "")
        return reason and f"Pod was rejected: {reason}"


def _reasons(nodes: NodeTable, node: int, pod_class: PodClass) -> Iterator[str]:
    """Why the kubelet of the node refuses such a pod, in the order of its checks."""
    requests, spec = pod_class.requests, pod_class.spec
    asked = {"pods": 1, "cpu": requests.cpu, "memory": requests.memory, **requests.other}
    for resource, amount in asked.items():
        # Resources that no kubelet knows of are the scheduler's business.
        if resource in ("pods", "cpu", "memory") or resource in nodes.other:
            used, capacity = _use(nodes, node, resource)
            if amount > 0 and used + amount > capacity:
                yield (
                    f"Node didn't have enough resource: {resource}, "
                    f"requested: {amount}, used: {used}, capacity: {capacity}"
                )
    if not spec.allows_node(nodes.labels[node], nodes.names[node]):
        yield "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"
    for port, protocol, ip in pod_class.host_ports:
        for other, taken in nodes.host_ports.get((port, protocol), {}).items():
            if taken[node] > 0 and (_EVERY_IP in (ip, other) or ip == other):
                yield "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
    if not pod_class.template.is_static and any(
        taint.effect is TaintEffect.NO_EXECUTE and not any(t.tolerates(taint) for t in spec.tolerations)
        for taint in nodes.taints_of(node)
    ):
        yield "Predicate TaintToleration failed: node(s) had untolerated taint(s)"


def _use(nodes: NodeTable, node: int, resource: str) -> tuple[int, int]:
    """(used, capacity) of a resource."""
    if resource == "pods":
        return int(nodes.used_pods[node]), int(nodes.pods[node])
    return int(nodes.columns["used"][resource][node]), int(nodes.columns["allocatable"][resource][node])

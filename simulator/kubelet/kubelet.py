"""The kubelets: from a bound pod to one that answers, through crashes and restarts, to its end.

Source: pkg/kubelet (pod_workers.go, pleg, prober, images), k8s.io/client-go/util/flowcontrol/backoff.go. Nothing
polls: the times at which the kubelet's loops would notice something are computed when it happens.
"""

from collections.abc import Callable

from models.timing import Timing
from simulator.hazards import Hazards
from simulator.kernel import Kernel, Order
from simulator.kubelet.admission import Admission
from simulator.kubelet.deadline import Deadlines
from simulator.kubelet.failure_clocks import CrashMode
from simulator.kubelet.hang import Hang
from simulator.kubelet.image_registry import ImageRegistry
from simulator.kubelet.images import Images
from simulator.kubelet.node_pressure import NodePressure
from simulator.kubelet.overload import SlowProbes
from simulator.kubelet.restart import Restart
from simulator.kubelet.rules import AgentRules, KubeletRules
from simulator.kubelet.shutdown import NodeShutdown
from simulator.kubelet.termination import Termination
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import Phase, PodState


class Kubelet:
    """The kubelets of all nodes: what each does with its pods, and what becomes of it when its node loses power.

    By other `rules` they are the agents of another control plane.
    """

    def __init__(
        self, kernel: Kernel, state: ClusterState, hazards: Hazards, timing: Timing, rules: AgentRules | None = None
    ) -> None:
        self._kernel = kernel
        self._state = state
        rules = self._rules = rules or KubeletRules(kernel, timing)
        self.hang = Hang(kernel, state, lambda pod: self._released(pod))
        self.image_registry = ImageRegistry(kernel, state, self.hang.hold)
        self.images = Images(kernel, self.image_registry, len(state.nodes))
        self._termination = termination = Termination(kernel, state, self.hang, rules)
        restart = Restart(kernel, state, hazards, timing, self.images, self.image_registry, termination, rules)
        self._start = restart.start
        self._clocks = restart.clocks
        self.contents = restart.contents
        self.oom_kill = restart.oom_kill
        self.grey = restart.grey
        self.access = restart.start.access
        self.shutdown = NodeShutdown(kernel, state, termination, rules)
        self._admission = Admission(kernel, state, self.shutdown.going) if rules.admits_by_name else None
        self.slow_probes = SlowProbes(kernel, state, restart.start, restart, self.hang)
        self.pressure = NodePressure(kernel, state, self.images, termination, self.hang)
        self.pressure.admit = lambda pod: self._bound(pod) if pod.stage < 0 else None
        self._booting = [False] * len(state.nodes)
        """Nodes that lost power since their kubelet last reported."""
        self._deadlines = Deadlines(kernel, state, termination)
        state.listen(Kind.POD_NODE, lambda pod, node, cause: self._bound(pod))
        state.listen(Kind.POD_DELETING, lambda pod, new, cause: termination.terminate(pod))
        state.listen(Kind.POD_PHASE, self._phase_changed)
        state.listen(Kind.NODE_POWER, self._power_changed)
        state.listen(Kind.NODE_REPORTING, self._reporting_changed)
        state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: self._node_joined() if exists else None)

    def _bound(self, pod: PodState) -> None:
        if pod.node in self.shutdown.going:
            return  # refused over and over, like those that name their node (`Admission`)
        if self.pressure.refuses(pod):
            self._start.hold(pod)
            return
        self._start.bound(pod)
        self._deadlines.bound(pod)

    def arm_containers(self, mode: CrashMode) -> None:
        """From now on containers of the pods that `mode` selects may crash."""
        self._clocks.arm_containers(mode, list(self._state.pods.values()))

    def arm_sandboxes(self, mode: CrashMode) -> None:
        """From now on sandboxes of the pods that `mode` selects may die."""
        self._clocks.arm_sandboxes(mode, list(self._state.pods.values()))

    def finish(self, pod: PodState) -> None:
        """The pod is over: what of it still runs is down, and nothing is started again."""
        self._termination.finish(pod)

    def refusal(self, pod: PodState) -> str:
        """Why a pod that names its node does not run there, in the kubelet's words; "" if it does."""
        return "" if self._admission is None else self._admission.refusal(pod)

    def volume_reason(self, pod: PodState) -> str:
        """Why a pod does not start for want of its volumes, in Kubernetes' words; "" if it is only a matter of time."""
        return self._start.volumes.reason(pod)

    def make_unready(self, pod: PodState) -> None:
        """The readiness probes of a pod fail from now on, whatever its containers do."""
        self._start.make_unready(pod)

    def judge_ready_by(self, judge: Callable[[PodState], None]) -> None:
        """Somebody else says which pods are Ready; `judge(pod)` is told when containers of one may be otherwise."""
        self._start.judged_ready = judge

    def set_condition(self, pod: PodState, condition: str, status: bool) -> None:
        """Somebody sets a condition that a readiness gate of the pod may wait for."""
        self._start.gates.set_condition(pod, condition, status)

    def give_up(self, pod: PodState) -> None:
        """The agent of the pod's node ends it for good: what still runs of it is stopped, and then it is over."""
        if pod.running:
            self._termination.end(pod)
        elif not pod.stopping:
            self._termination.finish(pod)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        """A pod that is gone, by whatever hand, leaves nothing running."""
        if phase == Phase.ABSENT and pod.containers:
            self._termination.cancel(pod)
            self._clocks.forget(pod)
            self.contents.forget(pod)
            self.image_registry.forget(pod)
            self.grey.forget(pod)
            self._start.volumes.forget(pod)
            self.slow_probes.forget(pod)

    def _node_joined(self) -> None:
        self.images.node_joined()
        self._booting.append(False)

    # Power

    def _power_changed(self, node: int, up: int, cause: int) -> None:
        if up:
            return
        self._booting[node] = True
        for pod in list(self._state.nodes.running[node].values()):
            self._lost_power(pod, cause)
        self.images.lose_power(node)

    def _reporting_changed(self, node: int, reporting: int, cause: int) -> None:
        if not reporting:
            return
        if (delay := self._rules.back_after(node)) > 0:
            self._kernel.timer(delay, lambda: self._back(node), Order.KUBELET)
        else:
            self._back(node)

    def _back(self, node: int) -> None:
        """The agent of the node is in touch again, unless it went away meanwhile."""
        if not self._state.nodes.reporting[node]:
            return
        booted, self._booting[node] = self._booting[node], False
        for pod in list(self._state.nodes.running[node].values()):
            if booted:
                self._node_booted(pod)
            else:
                self._reconnected(pod)

    def _reconnected(self, pod: PodState) -> None:
        """The kubelet ran all the while: it posts what it knows, and does what it is told at last."""
        if pod.deleting or pod.stopping:
            self._termination.terminate(pod)
        elif pod.stage < 0:
            if not self.pressure.refuses(pod):
                self._start.start_pod(pod)
        else:
            self._start.report_ready(pod)
            self.contents.reconnected(pod)

    def _released(self, pod: PodState) -> None:
        """Its kubelet, which was hung, does what it is told at last; one that was cut off does so when it reports."""
        if pod.deleting:
            self._termination.terminate(pod)
        elif self._deadlines.is_over(pod) and self._state.nodes.powered[pod.node]:
            self._termination.end(pod)

    def _lost_power(self, pod: PodState, cause: int) -> None:
        self._termination.cancel(pod)
        if not pod.deleting:
            pod.cause = cause
        for container in pod.containers:
            container.running = container.healthy = False
        self.contents.down(pod)
        self.access.forget(pod)
        self.grey.forget(pod)
        self.image_registry.forget(pod)
        self._state.pods.set_pulling(pod, False, cause)
        self._state.pods.set_containers(pod, 0, cause)
        self._state.pods.set_answering(pod, False, cause)

    def _node_booted(self, pod: PodState) -> None:
        """A fresh kubelet finds its pods: those being deleted go, the others start from scratch."""
        if pod.deleting:
            self._state.pods.remove(pod)
            return
        if self._deadlines.is_over(pod) or self._termination.is_final(pod):
            self._termination.finish(pod)
            return
        if not self._rules.restarts_at_boot(pod):
            return
        for container in pod.containers:
            container.ready = False
            container.backoff = None
            container.restarts += container.finished > 0 or pod.phase is Phase.RUNNING
        self._start.report_ready(pod)
        self._start.start_pod(pod)

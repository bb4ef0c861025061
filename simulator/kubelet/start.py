"""The start of a pod: from its node to containers that run, answer and are ready.

Source: pkg/kubelet (kubelet.go, images, prober).
"""

from collections.abc import Callable

from simulator.kernel import Kernel, Order
from simulator.kubelet import obstacles
from simulator.kubelet.failure_clocks import FailureClocks
from simulator.kubelet.images import Images
from simulator.kubelet.probes import timeline
from simulator.state.cluster import ClusterState
from simulator.state.objects import ContainerState, Phase, PodState


class Start:
    """Starts pods and containers, and posts what their probes say."""

    def __init__(
        self,
        kernel: Kernel,
        state: ClusterState,
        images: Images,
        clocks: FailureClocks,
        killed: Callable[[PodState, ContainerState], None],
    ) -> None:
        self._kernel = kernel
        self._nodes = state.nodes
        self._pods = state.pods
        self._images = images
        self._clocks = clocks
        self._killed = killed
        """What happens when the start-up or liveness probe gives up."""

    def bound(self, pod: PodState) -> None:
        """The pod got its node: its kubelet sees it as soon as it is in touch with the API server."""
        spec = pod.pod_class.spec
        sidecars = [container for container in spec.init_containers if container.restart_policy == "Always"]
        pod.containers = [ContainerState(container) for container in (*spec.containers, *sidecars)]
        if self._nodes.reporting[pod.node]:
            self.start_pod(pod)

    def start_pod(self, pod: PodState) -> None:
        """A new sandbox, the images that are missing, init containers, then all containers at once."""
        if obstacles.stuck(pod):
            return
        behaviour = pod.pod_class.behaviour
        delay = pod.slot.draw("start", behaviour.start)
        for container in pod.pod_class.spec.init_containers:
            if container.restart_policy != "Always":
                delay += pod.slot.draw("init", behaviour.init)
        pull = self._images.present(pod) - self._kernel.now
        if pull > 0:
            self._pods.set_pulling(pod, True, pod.cause)
            pod.timer = self._kernel.timer(pull, lambda: self._pulled(pod, delay), Order.KUBELET)
        else:
            pod.timer = self._kernel.timer(delay, lambda: self._run(pod), Order.KUBELET)

    def _pulled(self, pod: PodState, delay: float) -> None:
        self._pods.set_pulling(pod, False, pod.cause)
        pod.timer = self._kernel.timer(delay, lambda: self._run(pod), Order.KUBELET)

    def _run(self, pod: PodState) -> None:
        pod.timer = None
        starting = obstacles.startable(pod, pod.containers)
        if pod.phase is Phase.PENDING and not obstacles.stays_pending(pod):
            self._pods.set_running(pod)
        self._pods.set_containers(pod, len(starting), pod.cause)
        self._clocks.start_sandbox(pod)
        for container in starting:
            self.start_container(pod, container)

    def start_container(self, pod: PodState, container: ContainerState) -> None:
        """The process runs; when it answers, and when its probes find out, is settled now."""
        container.running = True
        self._clocks.start_container(pod, container)
        startup = pod.slot.draw("startup", pod.pod_class.behaviour.startup)
        spec = container.spec
        probed = spec.startup is not None or spec.liveness is not None
        times = timeline(spec, startup, pod.slot.stream("probe-phase").random() if probed else 0.0)
        timer = self._kernel.timer
        ready_after = times.ready_after
        container.timers = []
        if times.killed_after is not None:
            container.timers.append(timer(times.killed_after, lambda: self._killed(pod, container), Order.KUBELET))
            if ready_after is not None:
                self._became_ready(pod, container)
            return
        assert ready_after is not None
        if ready_after == startup == 0:
            self._up(pod, container)
            return
        if ready_after == 0:
            self._became_ready(pod, container)
        else:
            container.timers.append(timer(ready_after, lambda: self._became_ready(pod, container), Order.KUBELET))
        if startup == 0:
            self._became_healthy(pod, container)
        elif startup == ready_after:
            container.timers[0].call = lambda: self._up(pod, container)
        else:
            container.timers.append(timer(startup, lambda: self._became_healthy(pod, container), Order.KUBELET))

    def _up(self, pod: PodState, container: ContainerState) -> None:
        self._became_healthy(pod, container)
        self._became_ready(pod, container)

    def _became_healthy(self, pod: PodState, container: ContainerState) -> None:
        container.healthy = True
        if all(each.healthy for each in pod.containers):
            self._pods.set_answering(pod, True, pod.cause)

    def _became_ready(self, pod: PodState, container: ContainerState) -> None:
        container.ready = True
        if all(each.ready for each in pod.containers):
            self.report_ready(pod)

    def report_ready(self, pod: PodState) -> None:
        """Posts the Ready condition; a kubelet that is cut off does so when it is back."""
        if self._nodes.reporting[pod.node]:
            ready = bool(pod.containers) and all(container.ready for container in pod.containers)
            self._pods.set_ready(pod, ready, pod.cause)

    def make_unready(self, pod: PodState) -> None:
        """The readiness probes of a pod fail from now on, whatever its containers do."""
        for container in pod.containers:
            container.ready = False
        self.report_ready(pod)

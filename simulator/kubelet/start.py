"""The start of a pod: from its node to containers that run, answer and are ready.

Source: pkg/kubelet (kubelet.go, images, prober).
"""

from collections.abc import Callable
from functools import partial

from models.pod import Probe
from simulator.kernel import Kernel, Order
from simulator.kubelet import hooks, obstacles
from simulator.kubelet.access import Access
from simulator.kubelet.contents import HeldContents
from simulator.kubelet.failure_clocks import FailureClocks
from simulator.kubelet.image_registry import ImageRegistry
from simulator.kubelet.images import Images
from simulator.kubelet.probes import ProbeTimeline
from simulator.kubelet.readiness_gates import ReadinessGates
from simulator.kubelet.rules import AgentRules
from simulator.kubelet.termination import is_done
from simulator.kubelet.volumes import VolumeManager
from simulator.log import Configured
from simulator.state.cluster import ClusterState
from simulator.state.objects import ContainerState, Phase, PodState


class Start:
    """Starts pods and containers, and posts what their probes say."""

    def __init__(
        self,
        kernel: Kernel,
        state: ClusterState,
        rules: AgentRules,
        images: Images,
        registry: ImageRegistry,
        clocks: FailureClocks,
        contents: HeldContents,
        kill: Callable[[PodState, ContainerState, Probe], None],
        exit_: Callable[[PodState, ContainerState], None],
        failed: Callable[[PodState, ContainerState], None],
    ) -> None:
        self._kernel = kernel
        self._rules = rules
        self._nodes = state.nodes
        self._pods = state.pods
        self._images = images
        self._registry = registry
        self._clocks = clocks
        self._kill = kill
        """What happens when the start-up or liveness probe gives up."""
        self._contents = contents
        self._exit = exit_
        """What happens when a container has run to its end."""
        self._failed = failed
        """What happens when a container fails, for the cause that its pod is not well."""
        self.access = Access(kernel, state)
        self.gates = ReadinessGates(kernel, self.report_ready)
        self.volumes = VolumeManager(state, self.start_pod)
        self.judged_ready: Callable[[PodState], None] | None = None
        """Who says whether a pod is Ready, and is told when its containers may be otherwise; None: its kubelet."""

    def bound(self, pod: PodState) -> None:
        """The pod got its node: its kubelet sees it as soon as it is in touch with the API server."""
        self.hold(pod)
        if self._nodes.reporting[pod.node]:
            self.start_pod(pod)

    @staticmethod
    def hold(pod: PodState) -> None:
        """The pod got its node, and is not admitted yet."""
        spec = pod.pod_class.spec
        pod.containers = [ContainerState(container) for container in (*spec.containers, *spec.sidecars)]

    def start_pod(self, pod: PodState) -> None:
        """All that the pod refers to, its volumes, a new sandbox, the images that are missing, then the containers."""
        if self._rules.awaits(pod, lambda: self.start_pod(pod)):
            return
        if pod.pod_class.template.absences.lacks_configuration:
            self._pods.set_configuration(pod, Configured.AWAITED, pod.cause)
        if not (obstacles.stuck(pod) or self.access.awaits(pod, self.start_pod)):
            self.begin(pod)

    def begin(self, pod: PodState) -> None:
        """The start of a pod whose kubelet has all that it refers to, once its volumes are there."""
        if self.volumes.holds_up(pod):
            pod.stage = -1  # nothing is under way: a kubelet that was cut off begins it when it is back
            return
        if not self._registry.is_well and self._awaits_images(pod):
            pod.stage = -1
            return
        pod.stage = 0
        delay = self._after_inits(pod, pod.slot.draw("start", pod.pod_class.behaviour.start))
        pull = self._images.present(pod) - self._kernel.now
        if pull > 0:
            self._pods.set_pulling(pod, True, pod.cause)
            pod.timer = self._kernel.timer(pull, lambda: self._pulled(pod, delay), Order.KUBELET)
        else:
            pod.timer = self._kernel.timer(delay, lambda: self._run(pod), Order.KUBELET)

    def _awaits_images(self, pod: PodState) -> bool:
        spec, there = pod.pod_class.spec, partial(self._images.has, pod.node)
        starting = (*spec.init_containers, *spec.containers)
        return self._registry.awaits(pod, None, starting, there, lambda: self.begin(pod))

    @staticmethod
    def _after_inits(pod: PodState, delay: float) -> float:
        """The delay, and how long the init containers take that are before the stage."""
        for _ in range(pod.pod_class.stages[pod.stage].inits):
            delay += pod.slot.draw("init", pod.pod_class.behaviour.init)
        return delay

    def _pulled(self, pod: PodState, delay: float) -> None:
        self._pods.set_pulling(pod, False, pod.cause)
        pod.timer = self._kernel.timer(delay, lambda: self._run(pod), Order.KUBELET)

    def _run(self, pod: PodState) -> None:
        """The containers of the stage start; once all have, the pod is Running."""
        pod.timer = None
        if pod.stage == 0 and self._rules.holds(pod, lambda: self._run(pod)):
            return
        stages = pod.pod_class.stages
        containers = [pod.containers[number] for number in stages[pod.stage].containers]
        starting = [each for each in obstacles.startable(pod, containers) if not _has_succeeded(pod, each)]
        is_last = pod.stage == len(stages) - 1
        pod.holds_up = None if is_last else containers[-1]
        if is_last and pod.phase is Phase.PENDING and not obstacles.stays_pending(pod):
            self._pods.set_running(pod)
        self._pods.set_containers(pod, pod.running + len(starting), pod.cause)
        if pod.stage == 0:
            pod.without_sandbox = False
            self._clocks.start_sandbox(pod)
        for container in starting:
            self.start_container(pod, container)
        if pod.holds_up is not None and pod.holds_up not in starting:
            self._go_on(pod, pod.holds_up)  # one that does not start has no hook to wait for

    def died(self, pod: PodState, container: ContainerState) -> None:
        """With a main container its hook has failed, which holds up nothing; a sidecar is waited for."""
        if pod.holds_up is container and container not in pod.sidecars:
            self._go_on(pod, container)

    def _go_on(self, pod: PodState, container: ContainerState) -> None:
        """What waited for the container begins."""
        if pod.holds_up is not container:
            return
        pod.holds_up = None
        pod.stage += 1
        pod.timer = self._kernel.timer(self._after_inits(pod, 0.0), lambda: self._run(pod), Order.KUBELET)

    def start_container(self, pod: PodState, container: ContainerState) -> None:
        """The process runs; when it answers, and when its probes find out, is settled now."""
        container.running, container.over, container.exit_code = True, False, None
        container.started = self._kernel.now
        self._contents.read(pod, container)
        self._clocks.start_container(pod, container)
        startup = pod.slot.draw("startup", pod.pod_class.behaviour.startup)
        spec = container.spec
        hook = hooks.post_start(pod, spec)
        times = self._rules.timeline(pod, spec, startup, hook)
        container.timers = []
        self._time_probes(pod, container, times, startup)
        if pod.holds_up is container:
            # A sidecar has to have started, of a main container only the hook is waited for.
            until = times.started_after if container in pod.sidecars else hook
            if until is not None:
                self._at(container, until, lambda: self._go_on(pod, container))
        run = pod.pod_class.behaviour.run
        if run is not None and not pod.pod_class.spec.restarts(spec, failed=False):
            self._at(container, pod.slot.draw("run", run), lambda: self._exit(pod, container))

    def _time_probes(self, pod: PodState, container: ContainerState, times: ProbeTimeline, startup: float) -> None:
        ready_after = times.ready_after
        if times.killed_after is not None:
            probe = container.spec.startup or container.spec.liveness  # the second waits for the first to succeed
            assert probe is not None
            self._at(container, times.killed_after, lambda: self._kill(pod, container, probe))
            if ready_after is not None:
                self._at(container, ready_after, lambda: self._became_ready(pod, container))
            return
        assert ready_after is not None
        if startup == ready_after:
            self._at(container, startup, lambda: self._up(pod, container))
        else:
            self._at(container, ready_after, lambda: self._became_ready(pod, container))
            self._at(container, startup, lambda: self._became_healthy(pod, container))

    def _at(self, container: ContainerState, after: float, call: Callable[[], object]) -> None:
        """Calls `call()` so many seconds after the start of the container, unless it dies before."""
        if after == 0:
            call()
        else:
            container.timers.append(self._kernel.timer(after, call, Order.KUBELET))

    def _up(self, pod: PodState, container: ContainerState) -> None:
        self._became_healthy(pod, container)
        if container.running:
            self._became_ready(pod, container)

    def _became_healthy(self, pod: PodState, container: ContainerState) -> None:
        """It has started up: it answers, unless its configuration is no good."""
        if container in self._contents.faults:
            if self._contents.exits(container):
                self._failed(pod, container)
            else:
                self._contents.silence(container)
            return
        container.healthy = True
        if pod.is_healthy():
            self._pods.set_answering(pod, True, pod.cause)

    def _became_ready(self, pod: PodState, container: ContainerState) -> None:
        if self._contents.unreadies(container):
            return
        container.ready = True
        if pod.has_ready_containers():
            self.report_ready(pod)

    def report_ready(self, pod: PodState) -> None:
        """Posts the Ready condition; a kubelet that is cut off does so when it is back."""
        if self.judged_ready is not None:
            self.judged_ready(pod)
            return
        if self._nodes.reporting[pod.node]:
            ready = bool(pod.containers) and pod.has_ready_containers()
            if pod.pod_class.spec.readiness_gates:
                if ready:
                    self.gates.containers_ready(pod)
                ready = ready and self.gates.are_open(pod)
            self._pods.set_ready(pod, ready, pod.cause)

    def make_unready(self, pod: PodState) -> None:
        """The readiness probes of a pod fail from now on, whatever its containers do."""
        for container in pod.containers:
            container.ready = False
        self.report_ready(pod)


def _has_succeeded(pod: PodState, container: ContainerState) -> bool:
    """Whether the container did what it was to do in the sandbox before this one."""
    return container.exit_code == 0 and is_done(pod, container)

"""Crashes and restarts: what the kubelet does about containers and sandboxes that die.

Source: pkg/kubelet (pleg, pod_workers.go, kuberuntime).
"""

import math
from functools import partial

from models.pod import Probe
from models.timing import Timing
from simulator.hazards import Hazards
from simulator.kernel import Kernel, Order
from simulator.kubelet.contents import HeldContents
from simulator.kubelet.failure_clocks import CrashMode, FailureClocks
from simulator.kubelet.grey import GreyFailures, GreyMode
from simulator.kubelet.image_registry import ImageRegistry
from simulator.kubelet.images import Images
from simulator.kubelet.rules import AgentRules
from simulator.kubelet.start import Start
from simulator.kubelet.termination import KILLED, Termination, is_done
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import ContainerState, PodState, VolumeState

FAILED_RUN = "failed-run"
"""The cause of what follows from a container that ran to its own end, and failed."""


class Restart:
    """Notices what died, and starts it anew; `start`, `clocks`, `contents` and `grey` are those of all pods."""

    def __init__(
        self,
        kernel: Kernel,
        state: ClusterState,
        hazards: Hazards,
        timing: Timing,
        images: Images,
        registry: ImageRegistry,
        termination: Termination,
        rules: AgentRules,
    ) -> None:
        self._kernel = kernel
        self._pods = state.pods
        self._state = state
        self._rules = rules
        self._termination = termination
        self._images = images
        self._registry = registry
        self.grey = GreyFailures(kernel, state, self._kill)
        self.clocks = FailureClocks(hazards, self._crashed, self._sandbox_died)
        self.contents = HeldContents(kernel, state, timing, lambda pod: self.start.report_ready(pod), self.grey.tell)
        self.start = Start(
            kernel, state, rules, images, registry, self.clocks, self.contents, self.kill, self.exit, self._failed
        )
        state.listen(Kind.VOLUME_LOST, self._volume_lost)

    def _crashed(self, pod: PodState, container: ContainerState, mode: CrashMode) -> None:
        if isinstance(mode, GreyMode):
            self.grey.begin(pod, container, mode)
            return
        pod.cause = self._state.cause(f"{mode.name}/{pod.slot.name}")
        self._ended(pod, container, pod.pod_class.behaviour.exit_code if mode.exit_code is None else mode.exit_code)

    def oom_kill(self, pod: PodState, container: ContainerState, cause: int) -> None:
        """The kernel kills the container, which runs, for want of memory."""
        pod.cause = cause
        self._ended(pod, container, KILLED)

    def _failed(self, pod: PodState, container: ContainerState) -> None:
        self._ended(pod, container, pod.pod_class.behaviour.exit_code)

    def exit(self, pod: PodState, container: ContainerState) -> None:
        """The container has run to its own end, and exits with or without a failure."""
        behaviour = pod.pod_class.behaviour
        probability = behaviour.failure_probability
        failed = probability > 0 and pod.slot.stream("exit").random() < probability
        if failed:
            pod.cause = self._state.cause(f"{FAILED_RUN}/{pod.slot.name}")
        self._ended(pod, container, behaviour.exit_code if failed else 0)

    def _ended(self, pod: PodState, container: ContainerState, exit_code: int) -> None:
        self._down(container)
        container.finished = self._kernel.now
        container.exit_code = exit_code
        self._pods.set_containers(pod, pod.running - 1, pod.cause)
        self._pods.set_answering(pod, False, pod.cause)
        if pod.without_sandbox:
            return
        self.start.died(pod, container)
        noticed = self._rules.noticed_after(pod)
        container.timers = [self._kernel.timer(noticed, lambda: self._noticed(pod, container), Order.KUBELET)]

    def _volume_lost(self, volume: VolumeState, lost: int, cause: int) -> None:
        """Applications that cannot read or write their data stop, and are not started before it is back."""
        for pod in list(self._state.pods.values()) if lost else ():
            claims = self._state.volumes.of_pod(pod) if pod.running and not pod.stopping else ()
            if any(claim.volume is volume for claim in claims):
                self._cut_off(pod, cause)

    def _sandbox_died(self, pod: PodState, mode: CrashMode) -> None:
        self._cut_off(pod, self._state.cause(f"{mode.name}/{pod.slot.name}"))

    def _cut_off(self, pod: PodState, cause: int) -> None:
        """Its containers run on, to no use, until the kubelet notices and stops them; then the pod starts anew."""
        pod.cause = cause
        pod.without_sandbox = True
        self._termination.cancel(pod)
        for container in pod.containers:
            container.healthy = False
        self.contents.down(pod)
        self._registry.forget(pod)
        self.grey.forget(pod)
        self._pods.set_answering(pod, False, pod.cause)
        noticed = self._rules.noticed_after(pod)
        pod.timer = self._kernel.timer(noticed, lambda: self._stop_without_sandbox(pod), Order.KUBELET)

    def _stop_without_sandbox(self, pod: PodState) -> None:
        for container in pod.containers:
            container.ready = False
        self.start.report_ready(pod)
        pod.timer = self._kernel.timer(
            sum(self._termination.times(pod, math.inf)), lambda: self._new_sandbox(pod), Order.KUBELET
        )

    def _new_sandbox(self, pod: PodState) -> None:
        for container in pod.containers:
            container.running = container.healthy = False
            container.restarts += 1
        self._pods.set_containers(pod, 0, pod.cause)
        if self._termination.is_final(pod):
            self._termination.finish(pod)
        else:
            self.start.begin(pod)

    def _noticed(self, pod: PodState, container: ContainerState) -> None:
        container.ready = False
        self.start.report_ready(pod)
        self._restart_later(pod, container, container.finished)

    def _give_up(self, pod: PodState, container: ContainerState) -> None:
        """It is not started again: the others run on; with the last main container the pod is over."""
        container.over = True
        if all(each.over for each in pod.main_containers):
            if pod.running:
                self._termination.end(pod)
            else:
                self._termination.finish(pod)

    def kill(self, pod: PodState, container: ContainerState, probe: Probe) -> None:
        """The start-up or liveness probe gave up: the container is stopped, which may take its grace period."""
        self._kill(pod, container, self._rules.grace_of(pod, probe))

    def _kill(self, pod: PodState, container: ContainerState, grace: float) -> None:
        for timer in container.timers:
            timer.cancel()
        pre_stop, stop = self._rules.kill_times(pod, container, grace)
        container.timers = [self._kernel.timer(pre_stop + stop, lambda: self._kill_done(pod, container), Order.KUBELET)]
        if pod.pod_class.behaviour.answers_while_stopping:
            return
        if pre_stop:
            closing = self._kernel.timer(pre_stop, lambda: self._stop_accepting(pod, container), Order.KUBELET)
            container.timers.append(closing)
        else:
            self._stop_accepting(pod, container)

    def _stop_accepting(self, pod: PodState, container: ContainerState) -> None:
        """SIGTERM, to a server that takes no further request from then on."""
        container.healthy = False
        self._pods.set_answering(pod, False, pod.cause)

    def _kill_done(self, pod: PodState, container: ContainerState) -> None:
        previous = container.finished
        self._down(container)
        container.ready = False
        container.finished = self._kernel.now
        container.exit_code = KILLED
        self._pods.set_containers(pod, pod.running - 1, pod.cause)
        self._pods.set_answering(pod, False, pod.cause)
        self.start.report_ready(pod)
        # The sync that killed it decides by the exit before this one.
        self._restart_later(pod, container, previous)

    def _restart_later(self, pod: PodState, container: ContainerState, judged_by: float) -> None:
        if is_done(pod, container):
            self._give_up(pod, container)
            return
        delay = self._rules.restart_after(pod, container, judged_by)
        if delay is None:
            return
        container.timers = [self._kernel.timer(delay, lambda: self._restart(pod, container), Order.KUBELET)]

    def _restart(self, pod: PodState, container: ContainerState) -> None:
        if not self._registry.is_well and self._awaits_image(pod, container):
            return
        container.restarts += 1
        self._pods.set_containers(pod, pod.running + 1, pod.cause)
        self.grey.started(pod, container)
        self.start.start_container(pod, container)

    def _awaits_image(self, pod: PodState, container: ContainerState) -> bool:
        there = partial(self._images.has, pod.node)
        return self._registry.awaits(pod, container, [container.spec], there, lambda: self._restart(pod, container))

    @staticmethod
    def _down(container: ContainerState) -> None:
        """The process is no more; who finds out, and when, is another matter."""
        container.running = container.healthy = False
        for timer in container.timers:
            timer.cancel()
        for clock in container.clocks or ():
            clock.stop()

"""The kubelets: from a bound pod to one that answers, through crashes and restarts, to its end.

Source: pkg/kubelet (pod_workers.go, pleg, prober, images), k8s.io/client-go/util/flowcontrol/backoff.go. Nothing
polls: the times at which the kubelet's loops would notice something are computed when it happens.
"""

from models.timing import Timing
from simulator.hazards import Hazards
from simulator.kernel import Kernel, Order
from simulator.kubelet import crash_loop
from simulator.kubelet.failure_clocks import CrashMode, FailureClocks
from simulator.kubelet.images import Images
from simulator.kubelet.probes import timeline
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import ContainerState, Phase, PodState


class Kubelet:
    """The kubelets of all nodes."""

    def __init__(self, kernel: Kernel, state: ClusterState, hazards: Hazards, timing: Timing) -> None:
        self._kernel = kernel
        self._state = state
        self._timing = timing
        self._images = Images(kernel, len(state.nodes))
        self._clocks = FailureClocks(hazards, self._crashed, self._sandbox_died)
        self._booting = [False] * len(state.nodes)
        """Nodes that lost power since their kubelet last reported."""
        state.listen(Kind.POD_NODE, lambda pod, node, cause: self._bound(pod))
        state.listen(Kind.POD_DELETING, lambda pod, new, cause: self._terminate(pod))
        state.listen(Kind.POD_PHASE, self._phase_changed)
        state.listen(Kind.NODE_POWER, self._power_changed)
        state.listen(Kind.NODE_REPORTING, self._reporting_changed)

    def arm_containers(self, mode: CrashMode) -> None:
        """From now on containers of the pods that `mode` selects may crash."""
        self._clocks.arm_containers(mode, list(self._state.pods.values()))

    def arm_sandboxes(self, mode: CrashMode) -> None:
        """From now on sandboxes of the pods that `mode` selects may die."""
        self._clocks.arm_sandboxes(mode, list(self._state.pods.values()))

    # Start

    def _bound(self, pod: PodState) -> None:
        spec = pod.pod_class.spec
        sidecars = [container for container in spec.init_containers if container.restart_policy == "Always"]
        pod.containers = [ContainerState(container) for container in (*spec.containers, *sidecars)]
        if self._state.nodes.reporting[pod.node]:
            self._start_pod(pod)

    def _start_pod(self, pod: PodState) -> None:
        behaviour = pod.pod_class.behaviour
        delay = pod.slot.draw("start", behaviour.start)
        for container in pod.pod_class.spec.init_containers:
            if container.restart_policy != "Always":
                delay += pod.slot.draw("init", behaviour.init)
        pull = self._images.present(pod) - self._kernel.now
        if pull > 0:
            self._state.pods.set_pulling(pod, True, pod.cause)
            pod.timer = self._kernel.timer(pull, lambda: self._pulled(pod, delay), Order.KUBELET)
        else:
            pod.timer = self._kernel.timer(delay, lambda: self._run(pod), Order.KUBELET)

    def _pulled(self, pod: PodState, delay: float) -> None:
        self._state.pods.set_pulling(pod, False, pod.cause)
        pod.timer = self._kernel.timer(delay, lambda: self._run(pod), Order.KUBELET)

    def _run(self, pod: PodState) -> None:
        pod.timer = None
        if pod.phase is Phase.PENDING:
            self._state.pods.set_running(pod)
        self._state.pods.set_containers(pod, len(pod.containers), pod.cause)
        self._clocks.start_sandbox(pod)
        for container in pod.containers:
            self._started(pod, container)

    def _started(self, pod: PodState, container: ContainerState) -> None:
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
            self._state.pods.set_answering(pod, True, pod.cause)

    def _became_ready(self, pod: PodState, container: ContainerState) -> None:
        container.ready = True
        if all(each.ready for each in pod.containers):
            self._report_ready(pod)

    def _report_ready(self, pod: PodState) -> None:
        """Posts the Ready condition; a kubelet that is cut off does so when it is back."""
        if self._state.nodes.reporting[pod.node]:
            ready = bool(pod.containers) and all(container.ready for container in pod.containers)
            self._state.pods.set_ready(pod, ready, pod.cause)

    def make_unready(self, pod: PodState) -> None:
        """The readiness probes of a pod fail from now on, whatever its containers do."""
        for container in pod.containers:
            container.ready = False
        self._report_ready(pod)

    # Crash and restart

    def _crashed(self, pod: PodState, container: ContainerState, mode: CrashMode) -> None:
        pod.cause = self._state.cause(f"{mode.name}/{pod.slot.name}")
        self._down(pod, container)
        container.finished = self._kernel.now
        self._state.pods.set_containers(pod, pod.running - 1, pod.cause)
        self._state.pods.set_answering(pod, False, pod.cause)
        noticed = self._timing.pleg_relist_period * pod.slot.stream("pleg").random()
        container.timers = [self._kernel.timer(noticed, lambda: self._noticed(pod, container), Order.KUBELET)]

    def _sandbox_died(self, pod: PodState, mode: CrashMode) -> None:
        """Its containers run on, cut off, until the kubelet notices and stops them."""
        pod.cause = self._state.cause(f"{mode.name}/{pod.slot.name}")
        self._cancel(pod)
        self._state.pods.set_answering(pod, False, pod.cause)
        noticed = self._timing.pleg_relist_period * pod.slot.stream("pleg").random()
        pod.timer = self._kernel.timer(noticed, lambda: self._stop_without_sandbox(pod), Order.KUBELET)

    def _stop_without_sandbox(self, pod: PodState) -> None:
        for container in pod.containers:
            container.ready = False
        self._report_ready(pod)
        pod.timer = self._kernel.timer(sum(self._termination_times(pod)), lambda: self._new_sandbox(pod), Order.KUBELET)

    def _new_sandbox(self, pod: PodState) -> None:
        for container in pod.containers:
            container.running = container.healthy = False
            container.restarts += 1
        self._state.pods.set_containers(pod, 0, pod.cause)
        self._start_pod(pod)

    def _noticed(self, pod: PodState, container: ContainerState) -> None:
        container.ready = False
        self._report_ready(pod)
        if pod.pod_class.spec.restart_policy == "Never":
            self._give_up(pod)
        else:
            self._restart_later(pod, container, container.finished)

    def _give_up(self, pod: PodState) -> None:
        """RestartPolicy Never: the kubelet stops what is left, and the pod has failed."""
        for container in pod.containers:
            self._down(pod, container)
        self._state.pods.set_containers(pod, 0, pod.cause)
        self._state.pods.fail(pod, pod.cause)

    def _killed(self, pod: PodState, container: ContainerState) -> None:
        """The start-up or liveness probe gave up: the container is stopped, which may take its grace period."""
        stop = min(pod.pod_class.spec.termination_grace_period, pod.slot.draw("stop", pod.pod_class.behaviour.stop))
        container.timers = [self._kernel.timer(stop, lambda: self._kill_done(pod, container), Order.KUBELET)]

    def _kill_done(self, pod: PodState, container: ContainerState) -> None:
        previous = container.finished
        self._down(pod, container)
        container.ready = False
        container.finished = self._kernel.now
        self._state.pods.set_containers(pod, pod.running - 1, pod.cause)
        self._report_ready(pod)
        # The sync that killed it decides by the exit before this one.
        self._restart_later(pod, container, previous)

    def _restart_later(self, pod: PodState, container: ContainerState, judged_by: float) -> None:
        wait = crash_loop.wait(pod, container, judged_by, self._kernel.now, self._timing)
        delay = wait + pod.slot.draw("restart", pod.pod_class.behaviour.restart)
        container.timers = [self._kernel.timer(delay, lambda: self._restart(pod, container), Order.KUBELET)]

    def _restart(self, pod: PodState, container: ContainerState) -> None:
        container.restarts += 1
        self._state.pods.set_containers(pod, pod.running + 1, pod.cause)
        self._started(pod, container)

    def _down(self, pod: PodState, container: ContainerState) -> None:
        """The process is no more; who finds out, and when, is another matter."""
        container.running = container.healthy = False
        for timer in container.timers:
            timer.cancel()
        for clock in container.clocks or ():
            clock.stop()

    # Stop

    def _terminate(self, pod: PodState) -> None:
        """The pod has a deletionTimestamp."""
        if pod.node < 0 or pod.phase is Phase.FAILED:
            self._state.pods.remove(pod)
        elif self._state.nodes.reporting[pod.node]:
            pre_stop, stop = self._termination_times(pod) if pod.running else (0.0, 0.0)
            self._cancel(pod)
            if pod.pod_class.behaviour.answers_while_stopping or not stop:
                pod.timer = self._kernel.timer(pre_stop + stop, lambda: self._stopped(pod), Order.KUBELET)
            elif pre_stop:
                pod.timer = self._kernel.timer(pre_stop, lambda: self._stop_accepting(pod, stop), Order.KUBELET)
            else:
                self._stop_accepting(pod, stop)

    def _stop_accepting(self, pod: PodState, stop: float) -> None:
        """SIGTERM, to a server that takes no further request from then on."""
        self._state.pods.set_answering(pod, False, pod.cause)
        pod.timer = self._kernel.timer(stop, lambda: self._stopped(pod), Order.KUBELET)

    def _termination_times(self, pod: PodState) -> tuple[float, float]:
        """PreStop inside the grace period; then from SIGTERM to the exit, with 2 s at least until SIGKILL."""
        grace = pod.pod_class.spec.termination_grace_period
        pre_stop = min(grace, max(container.spec.pre_stop for container in pod.containers))
        left = max(grace - pre_stop, 2.0)
        return pre_stop, min(left, pod.slot.draw("stop", pod.pod_class.behaviour.stop))

    def _cancel(self, pod: PodState) -> None:
        if pod.timer is not None:
            pod.timer.cancel()
            pod.timer = None
        for clock in pod.clocks:
            clock.stop()
        for container in pod.containers:
            for timer in container.timers:
                timer.cancel()
            for clock in container.clocks or ():
                clock.stop()

    def _stopped(self, pod: PodState) -> None:
        self._state.pods.set_containers(pod, 0, pod.cause)
        self._state.pods.set_answering(pod, False, pod.cause)
        self._state.pods.remove(pod)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        """A pod that is gone, by whatever hand, leaves nothing running."""
        if phase == Phase.ABSENT and pod.containers:
            self._cancel(pod)
            self._clocks.forget(pod)

    # Power

    def _power_changed(self, node: int, up: int, cause: int) -> None:
        if up:
            return
        self._booting[node] = True
        for pod in list(self._state.nodes.running[node].values()):
            self._lost_power(pod, cause)
        self._images.lose_power(node)

    def _reporting_changed(self, node: int, reporting: int, cause: int) -> None:
        if not reporting:
            return
        booted, self._booting[node] = self._booting[node], False
        for pod in list(self._state.nodes.running[node].values()):
            if booted:
                self._node_booted(pod)
            else:
                self._reconnected(pod)

    def _reconnected(self, pod: PodState) -> None:
        """The kubelet ran all the while: it posts what it knows, and does what it is told at last."""
        if pod.deleting:
            self._terminate(pod)
        elif pod.phase is Phase.PENDING and pod.timer is None:
            self._start_pod(pod)
        else:
            self._report_ready(pod)

    def _lost_power(self, pod: PodState, cause: int) -> None:
        self._cancel(pod)
        if not pod.deleting:
            pod.cause = cause
        for container in pod.containers:
            container.running = container.healthy = False
        self._state.pods.set_pulling(pod, False, cause)
        self._state.pods.set_containers(pod, 0, cause)
        self._state.pods.set_answering(pod, False, cause)

    def _node_booted(self, pod: PodState) -> None:
        """A fresh kubelet finds its pods: those being deleted go, the others start from scratch."""
        if pod.deleting:
            self._state.pods.remove(pod)
            return
        for container in pod.containers:
            container.ready = False
            container.backoff = None
            container.restarts += container.finished > 0 or pod.phase is Phase.RUNNING
        self._report_ready(pod)
        self._start_pod(pod)

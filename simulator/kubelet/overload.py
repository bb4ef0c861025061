"""Probes that are answered too late: what the kubelet does to the pods of an overloaded Service.

Source: pkg/kubelet/prober (worker.go, doProbe; prober_manager.go). A probe that gets no answer within timeoutSeconds
has failed. Of a started container, failureThreshold failures of the readiness probe in a row take the pod out of the
endpoints, and successThreshold successes bring it back; failureThreshold failures of the liveness probe restart the
container, which then backs off like one that crashed. Workers tick every period, in a phase drawn for each container;
the liveness probe starts initialDelaySeconds after the container.

Nothing polls: what the workers would do is worked out when probes become slow, and when they are answered again.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from models.pod import Probe
from simulator.demand.overload import OVERLOAD
from simulator.kernel import Kernel, Order, Timer
from simulator.kubelet.hang import Hang
from simulator.kubelet.restart import Restart
from simulator.kubelet.start import Start
from simulator.state.cluster import ClusterState
from simulator.state.objects import ContainerState, PodState


@dataclass(slots=True)
class _Worker:
    """Asks one container one thing."""

    probe: Probe
    tick: float
    """A time at which it asks; the others are periods away."""
    incarnation: int
    """The container's restarts when it began to ask."""
    slow: bool = False
    asks_in_vain: bool = False
    """The attempt is under way that will be one too many."""
    gave_up: bool = False
    timer: Timer | None = None

    def next_tick(self, time: float) -> float:
        """When it asks next, at that time or after it."""
        return self.tick + math.ceil((time - self.tick) / self.probe.period) * self.probe.period


class SlowProbes:
    """Probes of pods that take longer than they may."""

    def __init__(self, kernel: Kernel, state: ClusterState, start: Start, restart: Restart, hang: Hang) -> None:
        self._kernel = kernel
        self._state = state
        self._start, self._restart, self._hang = start, restart, hang
        self._workers: dict[tuple[int, int, str], _Worker] = {}
        """By uid of the pod, index of the container, and kind of probe."""
        self.strikes = 0
        """How often a probe gave up."""

    def delay(self, pod: PodState, wait: float) -> None:
        """From now on the probes of the pod's containers (not of its sidecars) take longer than `wait` seconds."""
        if pod.stopping:  # pkg/kubelet/prober (StopLivenessAndStartup)
            return
        for number, container in enumerate(pod.main_containers):
            for kind, probe in (("liveness", container.spec.liveness), ("readiness", container.spec.readiness)):
                if probe is not None and container.healthy:
                    worker = self._worker(pod, number, kind, probe)
                    slow = 0 < probe.timeout <= wait
                    if slow is not worker.slow:
                        worker.slow = slow
                        self._change(pod, container, kind, worker)
        self._hang.hold(pod)

    def _worker(self, pod: PodState, number: int, kind: str, probe: Probe) -> _Worker:
        key, incarnation = (pod.uid, number, kind), pod.containers[number].restarts
        worker = self._workers.get(key)
        if worker is None or worker.incarnation != incarnation:
            phase = pod.slot.stream(f"{kind}-phase").random() * probe.period
            worker = self._workers[key] = _Worker(probe, self._kernel.now + phase, incarnation)
        return worker

    def _change(self, pod: PodState, container: ContainerState, kind: str, worker: _Worker) -> None:
        """The answers come too late, or in time again, from now on."""
        now, probe = self._kernel.now, worker.probe
        if worker.asks_in_vain:
            return
        if worker.timer is not None:
            worker.timer.cancel()
        if worker.slow and not worker.gave_up:
            first = worker.next_tick(max(now, container.started + probe.initial_delay))
            last = first + (probe.failure_threshold - 1) * probe.period
            self._after(last - now, container, worker, lambda: self._ask_in_vain(pod, container, kind, worker))
        elif not worker.slow and worker.gave_up and kind == "readiness":
            enough = worker.next_tick(now) + (probe.success_threshold - 1) * probe.period
            self._after(enough - now, container, worker, lambda: self._succeeded(pod, container, worker))

    def _after(self, delay: float, container: ContainerState, worker: _Worker, call: Callable[[], None]) -> None:
        """Calls `call()` so many seconds from now, unless the container is stopped, or dies, before."""
        others = [timer for timer in container.timers if timer is not worker.timer]
        worker.timer = self._kernel.timer(delay, call, Order.KUBELET)
        container.timers = [*others, worker.timer]

    def _ask_in_vain(self, pod: PodState, container: ContainerState, kind: str, worker: _Worker) -> None:
        """The last attempt: no answer to another one until its time-out can save it."""
        worker.asks_in_vain = True
        self._after(worker.probe.timeout, container, worker, lambda: self._give_up(pod, container, kind, worker))

    def _give_up(self, pod: PodState, container: ContainerState, kind: str, worker: _Worker) -> None:
        worker.asks_in_vain, worker.gave_up = False, True
        self.strikes += 1
        pod.cause = self._state.cause(f"{OVERLOAD}/{pod.slot.name}")
        if kind == "liveness":
            self._restart.kill(pod, container, worker.probe)
            return
        container.ready = False
        self._start.report_ready(pod)
        if not worker.slow:  # it was answered in time again while this attempt waited
            self._change(pod, container, kind, worker)

    def _succeeded(self, pod: PodState, container: ContainerState, worker: _Worker) -> None:
        worker.gave_up = False
        container.ready = True
        self._start.report_ready(pod)

    def forget(self, pod: PodState) -> None:
        """The pod is gone."""
        for number in range(len(pod.containers) if self._workers else 0):
            for kind in ("liveness", "readiness"):
                self._workers.pop((pod.uid, number, kind), None)

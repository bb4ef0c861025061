"""Overload: pods that are asked for more than they can do answer late, their probes and their clients included.

Each pod has a queue (`Backlog`), fed by its even share of the requests to every Service that uses it. A probe fails
while it would wait longer than its timeoutSeconds; what the kubelet does then is its own business (`delay_probes`): it
takes the pod out of the endpoints, so that the others get its share, or restarts the container, which empties the
queue. A pod without a capacity or a CPU limit has its part of what its node has, by requests, as it was when its queue
was last looked at. Nothing is drawn here. Queues are looked at when the endpoints or the rate change, and when one
crosses a time-out; while every endpoint of a Service can do its share, steps of the rate are skipped.

What is left out: routing and balancing that are not even; the waiting of requests at pods that are not full.
"""

import math
from collections.abc import Callable, Iterable

from simulator.demand.backlog import Backlog
from simulator.demand.circuit import Circuit
from simulator.demand.cold_cache import ColdCache
from simulator.demand.stream import Stream
from simulator.demand.surge import Surge
from simulator.kernel import Kernel, Order, Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import Phase, PodState, ServiceState
from simulator.state.objects.pod import ALL
from simulator.state.objects.service import Endpoint

OVERLOAD = "overload"
"""The cause of what overload does to pods."""


class _Pressed:
    """A pod, and what waits at it."""

    __slots__ = ("backlog", "beyond", "pod", "timer", "waits")

    def __init__(self, pod: PodState, waits: tuple[float, ...], now: float) -> None:
        self.pod, self.waits = pod, waits
        self.backlog = Backlog(now)
        self.beyond = 0
        """How many of `waits`, time-outs in rising order, the queue is longer than."""
        self.timer: Timer | None = None

    @property
    def wait(self) -> float:
        """The longest time-out that it exceeds; 0 if there is none."""
        return self.waits[self.beyond - 1] if self.beyond else 0.0


class Overload:
    """Keeps the queues of all pods behind the Services whose requests it is told of."""

    def __init__(
        self,
        kernel: Kernel,
        state: ClusterState,
        delay_probes: Callable[[PodState, float], None],
    ) -> None:
        """`delay_probes(pod, wait)`: from now on probes of the pod take longer than `wait` seconds; 0: none."""
        self._kernel = kernel
        self._state, self._nodes = state, state.nodes
        self._delay_probes = delay_probes
        self._streams: dict[int, Stream] = {}
        self._pods: dict[int, _Pressed] = {}
        """Those at which anything waits, or will, by uid."""
        self._timers: dict[int, Timer] = {}
        """By Service: when its rate may matter next."""
        self._looking: set[int] = set()
        """Services that are about to be looked at."""
        self._circuits: dict[int, Circuit] = {}
        """Those of the clients, by Service."""
        self._caches: dict[int, ColdCache] = {}
        """By Service: what is not warm yet."""
        self._on_each: dict[int, float] = {}
        """By Service: attempts per second at each endpoint in use."""
        state.listen(Kind.SERVICE_READY, lambda service, new, cause: self._changed(service))
        state.listen(Kind.SERVICE_ANSWERING, lambda service, new, cause: self._changed(service))
        state.listen(Kind.SERVICE_RATE, lambda service, new, cause: self._changed(service))
        state.listen(Kind.SERVICE_CIRCUIT, lambda service, new, cause: self._changed(service))
        state.listen(Kind.POD_CONTAINERS, lambda pod, new, cause: self._containers_changed(pod))
        state.listen(Kind.POD_PHASE, lambda pod, new, cause: self._phase_changed(pod))
        state.listen(Kind.POD_READY, lambda pod, new, cause: self._terminating_changed(pod))
        state.listen(Kind.POD_FAILING, lambda pod, new, cause: self._changed_behind(pod))
        state.listen(Kind.POD_METADATA, lambda pod, changed, cause: self._metadata_changed(pod))

    def add(self, streams: Iterable[Stream]) -> None:
        """From now on these requests count, too."""
        new = {one.service.index: one for one in streams if one.service.index not in self._streams}
        self._streams |= new
        self._on_each |= dict.fromkeys(new, 0.0)
        for stream in new.values():
            if stream.traffic.circuit_breaker is not None:
                self._circuits[stream.service.index] = self._circuit(stream)
            self._look(stream)

    def lose_cache(self, stream: Stream, surge: Surge) -> None:
        """The cache of its clients is empty: more come, as the surge says, until it is warm again."""
        cache, cold = stream.traffic.cache, self._caches.get(stream.service.index)
        assert cache is not None
        self.add([stream])  # how much is answered says how fast it is filled, however much its pods can do
        if cold is not None:
            cold.lose()
        else:
            self._caches[stream.service.index] = ColdCache(self._kernel, cache, surge, self._answered(stream))

    def _circuit(self, stream: Stream) -> Circuit:
        service, policy = stream.service, stream.traffic.circuit_breaker
        assert policy is not None

        def switch(is_open: bool) -> None:
            cause = self._state.cause(f"{OVERLOAD}/{service.spec.name}")
            self._state.services.set_circuit_open(service, is_open, cause)

        return Circuit(self._kernel, policy, lambda: self._failing(stream) + self._shed(stream), switch)

    # What wakes it

    def _changed(self, service: ServiceState) -> None:
        """Its endpoints are others, or answer otherwise: looks once, however much changes at this moment."""
        stream = self._streams.get(service.index)
        if stream is not None and service.index not in self._looking:
            self._looking.add(service.index)
            self._kernel.timer(0.0, lambda: self._look(stream), Order.KUBELET)

    def _containers_changed(self, pod: PodState) -> None:
        """A process began or ended: what waited for it is gone."""
        pressed = self._pods.get(pod.uid)
        if pressed is not None:
            pressed.backlog.clear(self._kernel.now)
            self._exceed(pressed, 0)

    def _phase_changed(self, pod: PodState) -> None:
        if pod.phase not in (Phase.PENDING, Phase.RUNNING):
            pressed = self._pods.pop(pod.uid, None)
            if pressed is not None and pressed.timer is not None:
                pressed.timer.cancel()
            self._terminating_changed(pod)

    def _terminating_changed(self, pod: PodState) -> None:
        """One that is being deleted may be used no more, which no count of the Service tells."""
        if pod.deleting:
            self._changed_behind(pod)

    def _changed_behind(self, pod: PodState) -> None:
        """Something of the pod is another, which no count of its Services tells."""
        for service in pod.pod_class.endpoint_of:
            self._changed(service)

    def _metadata_changed(self, pod: PodState) -> None:
        """With other labels it may be used no more by a Service that it stood behind."""
        if pod.uid in self._pods:
            self._press(pod)

    # Services

    def _look(self, stream: Stream) -> None:
        """The rate, the endpoints, or how they answer, are others."""
        service = stream.service
        self._looking.discard(service.index)
        timer = self._timers.pop(service.index, None)
        if timer is not None:
            timer.cancel()
        again = 0.0 if service.circuit_open else self._late(stream, stream.patience)
        stream.fail(again, lambda: self._changed(service))
        self._on_each[service.index] = stream.on_each()
        pods = {pod.uid: pod for pod in _endpoints(service)}
        pods |= {p.pod.uid: p.pod for p in self._pods.values() if service in p.pod.pod_class.endpoint_of}
        for pod in pods.values():
            self._press(pod)
        if (circuit := self._circuits.get(service.index)) is not None:
            circuit.observe(self._failing(stream) + self._shed(stream))
        if (cache := self._caches.get(service.index)) is not None:
            cache.observe(self._answered(stream))
        self._wait_for_rate(stream)

    def _wait_for_rate(self, stream: Stream) -> None:
        """Looks again when the rate changes, or, if all is well and only the rate can change that, when it does."""
        service, now = stream.service, self._kernel.now
        classes = {pod.pod_class for pod in _endpoints(service)}
        shared = any(sum(s.index in self._streams for s in one.endpoint_of) > 1 for one in classes)
        pressed = any(service in p.pod.pod_class.endpoint_of for p in self._pods.values())
        if shared or pressed or stream.failing or stream.retrying:
            step = stream.rate.next_change(now)
        else:
            least = min((stream.least_capacity(one) for one in classes), default=math.inf)
            step = stream.next_above(least * len(service.in_use) if classes else math.inf)
        if step < math.inf:
            self._timers[service.index] = self._kernel.timer(step - now, lambda: self._look(stream))

    def _failing(self, stream: Stream) -> float:
        """The share of attempts that nobody answers in time, or that is answered by an error."""
        in_use, timeout = stream.service.in_use, stream.traffic.timeout
        wrong = [pod for pod in in_use.values() if pod.failing and pod.answering and not self._is_late(pod, timeout)]
        share = self._late(stream, timeout)
        return share + sum(abs(pod.failing) for pod in wrong) / ALL / len(in_use) if wrong else share

    def _late(self, stream: Stream, timeout: float) -> float:
        """The share of attempts that nobody answers within so many seconds; 0: within any time."""
        service = stream.service
        in_use = service.in_use
        if not in_use:
            return 1.0
        late = sum(self._is_late(pod, timeout) for pod in in_use.values())
        return (len(in_use) - service.answering + late) / len(in_use)

    def _is_late(self, pod: Endpoint, timeout: float) -> bool:
        """Whether what waits at a pod that answers waits for so many seconds at least; 0: for ever."""
        pressed = self._pods.get(pod.uid) if timeout > 0 else None
        return pressed is not None and pressed.pod.answering and pressed.wait >= timeout

    def _shed(self, stream: Stream) -> float:
        """The share of attempts that is turned away by endpoints whose queues are shorter than clients wait."""
        service, timeout = stream.service, stream.traffic.timeout or math.inf
        found = [self._pods[uid].backlog for uid in service.in_use if uid in self._pods]
        full = (one for one in found if one.utilisation > 1.0 and one.longest < timeout)
        return sum(1.0 - 1.0 / one.utilisation for one in full) / max(1, len(service.in_use))

    def _answered(self, stream: Stream) -> float:
        """The share of attempts that is answered in time."""
        return 0.0 if stream.service.circuit_open else 1.0 - self._failing(stream) - self._shed(stream)

    # Pods

    def _press(self, pod: PodState) -> None:
        """Brings the work that comes to a pod up to date."""
        now = self._kernel.now
        utilisation = longest = 0.0
        timeouts = set()
        for service in pod.pod_class.endpoint_of:
            stream = self._streams.get(service.index)
            if stream is not None:
                demand = stream.demand(pod.pod_class)
                capacity = demand.capacity_with(self._cpu(pod))
                longest += min(demand.queue / capacity, demand.longest_wait)
                timeouts |= {stream.traffic.timeout, stream.patience}
                if pod.uid in service.in_use and pod.answering:
                    utilisation += self._on_each[service.index] / capacity
        pressed = self._pods.get(pod.uid)
        if pressed is None:
            if utilisation <= 1.0:
                return
            for container in pod.pod_class.spec.containers:
                timeouts |= {probe.timeout for probe in (container.readiness, container.liveness) if probe is not None}
            pressed = self._pods[pod.uid] = _Pressed(pod, tuple(sorted(timeouts - {0.0})), now)
        pressed.backlog.change(now, utilisation, longest)
        self._plan(pressed)

    def _cpu(self, pod: PodState) -> float:
        """Millicores that it gets while all pods of its node want more: by their requests (cgroup cpu.weight)."""
        request = pod.pod_class.requests.cpu
        if not request or pod.node < 0:
            return 0.0
        return float(self._nodes.cpu[pod.node]) * request / max(request, int(self._nodes.used_cpu[pod.node]))

    def _plan(self, pressed: _Pressed) -> None:
        """Waits for the next time-out that the queue crosses, in either direction, or for its end."""
        if pressed.timer is not None:
            pressed.timer.cancel()
            pressed.timer = None
        now, backlog, beyond = self._kernel.now, pressed.backlog, pressed.beyond
        if not beyond and backlog.idle(now):
            self._pods.pop(pressed.pod.uid, None)
        elif backlog.utilisation < 1.0:
            self._cross_after(backlog.falls_below(pressed.wait, now), pressed, pressed.wait, max(0, beyond - 1))
        elif beyond < len(pressed.waits):
            wait = pressed.waits[beyond]
            self._cross_after(backlog.outgrows(wait, now), pressed, wait, beyond + 1)

    def _cross_after(self, delay: float, pressed: _Pressed, wait: float, beyond: int) -> None:
        if delay < math.inf:
            pressed.timer = self._kernel.timer(delay, lambda: self._crossed(pressed, wait, beyond), Order.KUBELET)

    def _crossed(self, pressed: _Pressed, wait: float, beyond: int) -> None:
        pressed.backlog.reach(self._kernel.now, wait)
        self._exceed(pressed, beyond)

    def _exceed(self, pressed: _Pressed, beyond: int) -> None:
        """The queue is longer than so many of the time-outs."""
        before, pressed.beyond = pressed.beyond, beyond
        self._plan(pressed)
        if before != beyond:
            self._delay_probes(pressed.pod, pressed.wait)
            self._tell_clients(pressed)
            self._changed_behind(pressed.pod)

    def _tell_clients(self, pressed: _Pressed) -> None:
        """What waits longer than they do is answered in vain."""
        pod = pressed.pod
        behind = [self._streams[s.index] for s in pod.pod_class.endpoint_of if s.index in self._streams]
        timeouts = [stream.traffic.timeout for stream in behind if 0 < stream.traffic.timeout <= pressed.wait]
        late = round(1000 * max(timeouts, default=0.0))
        if late != pod.late:
            self._state.pods.set_late(pod, late, self._state.cause(f"{OVERLOAD}/{pod.slot.name}"))


def _endpoints(service: ServiceState) -> list[PodState]:
    return [pod for pod in service.in_use.values() if isinstance(pod, PodState)]

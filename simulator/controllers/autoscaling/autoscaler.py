"""The HorizontalPodAutoscaler controller: from what pods use to how many there should be.

Source: pkg/controller/podautoscaler/horizontal.go. It looks at each autoscaler every 15 s, from 15 s after it was made
on. Most of these ticks cannot change anything and are left out: only those run that follow a change of pods, load or
spec closely, and those at which a proposal leaves a stabilization window, a change leaves the period of a policy, or
a pod outgrows its initialization. The proposals of the ticks between are those of the tick before.
"""

import math
from collections import defaultdict
from collections.abc import Callable

from models.load import Load
from models.timing import Timing
from simulator.component import Component
from simulator.controllers.autoscaling.metrics_server import MetricsServer
from simulator.controllers.autoscaling.proposals import next_initialized, propose
from simulator.controllers.autoscaling.replica_calculator import (
    History,
    Limited,
    MetricError,
    capped,
    rate_limited,
    stabilized,
    stabilized_by_behavior,
    windows,
)
from simulator.demand.stream import Stream
from simulator.demand.use import Use
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState, ServiceState, Workload
from simulator.state.objects.autoscaler import AutoscalerState
from simulator.state.scale import Scalable, Scale
from simulator.streams import Streams

_ROUNDING = 1e-6
"""A share of a period: times are sums, and a tick must not be missed for their rounding."""

Find = Callable[[str, str, str], object]
"""(kind, name, namespace) -> the record; raises KeyError if there is none."""


class _Loop:
    """What the controller remembers of one autoscaler."""

    def __init__(self, autoscaler: AutoscalerState, first: float) -> None:
        self.autoscaler = autoscaler
        self.first = first
        """The time of tick 0."""
        self.tick = -1
        """The last tick that was run."""
        self.timer: Timer | None = None
        self.next_tick = -1
        self.busy_until = -math.inf
        """Until then every tick may find something new."""
        self.proposals = History()
        self.added = History()
        self.removed = History()
        self.proposed = False
        """Whether the last tick proposed anything."""


class AutoscalerController:
    """Scales the targets of all autoscalers."""

    def __init__(self, kernel: Component, state: ClusterState, timing: Timing, streams: Streams, find: Find) -> None:
        self._kernel = kernel
        self._state = state
        self._timing = timing
        self._streams = streams
        self._find = find
        self._loops: dict[AutoscalerState, _Loop] = {}
        self._of_target: defaultdict[str, list[_Loop]] = defaultdict(list)
        self._metrics: dict[str, MetricsServer] = {}
        # How long after a change of load its samples come in; pods also count as unready for want of them.
        self._sampled_after = timing.metrics_resolution + timing.metrics_delay
        self._settled_after = max(timing.metrics_window, timing.metrics_container_age) + self._sampled_after
        state.listen(Kind.AUTOSCALER_GENERATION, lambda autoscaler, new, cause: self._spec_changed(autoscaler))
        kernel.on_restart(self._restarted)

    def _restarted(self) -> None:
        """A new process remembers no proposal and no change: its windows begin with the replicas of now."""
        for loop in self._loops.values():
            loop.proposals, loop.added, loop.removed, loop.proposed = History(), History(), History(), False
            self._run_at(loop, self._kernel.now)

    # What wakes it

    def feed(self, load: Load) -> None:
        """From now on the workload has this load; it replaces one of the same metric."""
        metrics = self._metrics_of(load.workload)
        metrics.loads[load.metric] = load
        self._load_changed(load, metrics)

    def follow(self, target: str, use: Use, stream: Stream) -> None:
        """From now on the target uses what these requests ask for too, but of metrics of which a load is given."""
        self._metrics_of(target).use = use
        self._state.listen(Kind.SERVICE_READY, lambda service, new, cause: self._shared_anew(target, stream, service))
        self._state.listen(Kind.SERVICE_RATE, lambda service, new, cause: self._shared_anew(target, stream, service))
        self._state.listen(Kind.SERVICE_CIRCUIT, lambda service, new, cause: self._shared_anew(target, stream, service))
        self._requests_changed(target, stream)

    def _shared_anew(self, target: str, stream: Stream, service: ServiceState) -> None:
        if service is stream.service:
            self._wake(target, self._settled_after)

    def _requests_changed(self, target: str, stream: Stream) -> None:
        """Looks again at the next step of the rate, but not more often than samples are taken."""
        self._wake(target, self._sampled_after)
        now = self._kernel.now
        step = stream.rate.next_change(now)
        if step < math.inf:
            wait = max(step - now, self._timing.metrics_resolution)
            self._kernel.timer(wait, lambda: self._requests_changed(target, stream))

    def _load_changed(self, load: Load, metrics: MetricsServer) -> None:
        if metrics.loads[load.metric] is not load:
            return
        self._wake(load.workload, self._sampled_after)
        step = load.next_step(self._kernel.now)
        if step is not None:
            self._kernel.timer(step - self._kernel.now, lambda: self._load_changed(load, metrics))

    def _metrics_of(self, target: str) -> MetricsServer:
        metrics = self._metrics.get(target)
        if metrics is None:
            first = self._phase("phase/metrics-server", self._timing.metrics_resolution)
            reporting = self._state.nodes.reporting
            metrics = MetricsServer(
                self._kernel.kernel, self._timing, first, lambda: self._pods(target), lambda node: reporting[node]
            )
            self._metrics[target] = metrics
        return metrics

    def _phase(self, stream: str, period: float) -> float:
        """The first tick of a loop: drawn for what was there before time 0, now for what is new."""
        now = self._kernel.now
        return now if now >= 0 else now + period * self._streams.stream(stream).random()

    def _spec_changed(self, autoscaler: AutoscalerState) -> None:
        loop = self._loops.get(autoscaler)
        if loop is None:
            if not self._loops:
                self._listen_to_workloads()
            period = self._timing.autoscaler_sync_period
            loop = _Loop(autoscaler, self._phase(f"phase/autoscaler/{autoscaler.name}", period) + period)
            self._loops[autoscaler] = loop
        for loops in self._of_target.values():
            if loop in loops:
                loops.remove(loop)
        self._of_target[autoscaler.spec.target].append(loop)
        self._wake(autoscaler.spec.target, self._settled_after)

    def _listen_to_workloads(self) -> None:
        """Only with the first autoscaler, so that others pay nothing."""
        listen = self._state.listen
        for kind in (Kind.POD_PHASE, Kind.POD_READY, Kind.POD_DELETING, Kind.POD_CONTAINERS, Kind.POD_METADATA):
            listen(kind, lambda pod, new, cause: self._workload_changed(_workload_of(pod)))
        for kind in (Kind.DEPLOYMENT_GENERATION, Kind.REPLICASET_DESIRED, Kind.STATEFULSET_GENERATION):
            listen(kind, lambda record, new, cause: self._workload_changed(record.workload))
        listen(Kind.NODE_REPORTING, lambda node, new, cause: self._node_changed(node))

    def _node_changed(self, node: int) -> None:
        for workload in {_workload_of(pod): None for pod in self._state.nodes.running[node].values()}:
            self._workload_changed(workload)

    def _workload_changed(self, workload: Workload) -> None:
        target = str(workload)
        if target in self._of_target or target in self._metrics:
            self._wake(target, self._settled_after)

    def _wake(self, target: str, busy: float) -> None:
        """Something happened to the target, which samples and ticks may notice for `busy` seconds from now on."""
        now = self._kernel.now
        metrics = self._metrics.get(target)
        if metrics is not None:
            metrics.watch(now + busy)
        for loop in self._of_target.get(target, ()):
            loop.busy_until = max(loop.busy_until, now + busy)
            self._run_at(loop, now)

    # When it runs

    def _run_at(self, loop: _Loop, time: float) -> None:
        """Runs the first tick at or after `time`, unless an earlier one is to be run anyway."""
        period = self._timing.autoscaler_sync_period
        tick = max(loop.tick + 1, math.ceil((time - loop.first) / period - _ROUNDING))
        if loop.timer is not None:
            if loop.next_tick <= tick:
                return
            loop.timer.cancel()
        loop.next_tick = tick
        delay = max(0.0, loop.first + tick * period - self._kernel.now)
        loop.timer = self._kernel.timer(delay, lambda: self._run(loop))

    def _run(self, loop: _Loop) -> None:
        now = self._kernel.now
        if loop.proposed and loop.next_tick > loop.tick + 1:
            loop.proposals.repeat(now - self._timing.autoscaler_sync_period)
        loop.timer, loop.tick = None, loop.next_tick
        again = self._reconcile(loop)
        if now < loop.busy_until:
            again = now
        if again < math.inf:
            self._run_at(loop, again)

    # What it does

    def _scale(self, target: str) -> Scale | None:
        kind, namespace, name = target.split("/")
        try:
            workload = self._find(kind, name, namespace)
        except KeyError:
            return None
        return Scale(self._state, workload) if isinstance(workload, Scalable) else None

    def _pods(self, target: str) -> list[PodState]:
        scale = self._scale(target)
        return [] if scale is None else scale.pods()

    def _reconcile(self, loop: _Loop) -> float:
        """One look; returns when the next may bring something new, if nothing changes until then."""
        autoscaler, now = loop.autoscaler, self._kernel.now
        spec = autoscaler.spec
        loop.proposed = False
        scale = self._scale(spec.target)
        if scale is None:
            autoscaler.able_to_scale = "FailedGetScale"
            return math.inf
        current, again = scale.replicas, math.inf
        if not loop.proposals:
            loop.proposals.add(now, current, math.inf)
        if current == 0:
            desired, autoscaler.scaling_active = 0, "ScalingDisabled"
        elif not spec.min_replicas <= current <= spec.max_replicas:
            desired = min(max(current, spec.min_replicas), spec.max_replicas)
        else:
            pods = scale.pods()
            again = next_initialized(pods, now, self._timing)
            try:
                proposal = propose(spec, scale, pods, self._metrics.get(spec.target), now, self._timing)
            except MetricError as error:
                autoscaler.scaling_active = str(error)
                autoscaler.current_replicas = current
                return again
            autoscaler.scaling_active = "ValidMetricFound"
            desired, waits = self._normalized(loop, current, proposal)
            again = min(again, waits)
        if desired != current:
            cause = self._state.cause(autoscaler.name)
            scale.update(desired, cause)
            self._remember(loop, now, desired - current)
            autoscaler.able_to_scale = "SucceededRescale"
        autoscaler.current_replicas = current
        self._state.workloads.set_status(autoscaler, Kind.AUTOSCALER_DESIRED, desired, 0)
        return again

    def _remember(self, loop: _Loop, now: float, change: int) -> None:
        """A change, for the policies' periods."""
        behavior = loop.autoscaler.spec.behavior
        if behavior is None:
            return
        periods = [policy.period for rules in (behavior.scale_up, behavior.scale_down) for policy in rules.policies]
        history = loop.added if change > 0 else loop.removed
        history.add(now, abs(change), max(periods, default=0.0))

    def _normalized(self, loop: _Loop, current: int, proposal: int) -> tuple[int, float]:
        """The replicas that stabilization and rates allow, and when they may allow others."""
        autoscaler, now = loop.autoscaler, self._kernel.now
        spec, behavior = autoscaler.spec, autoscaler.spec.behavior
        if behavior is None:
            up, down = 0.0, self._timing.autoscaler_downscale_stabilization
            stable = stabilized(proposal, loop.proposals, now, down)
            limited = capped(current, stable.replicas, spec.min_replicas, spec.max_replicas)
        else:
            up, down = windows(behavior, self._timing)
            stable = stabilized_by_behavior(current, proposal, loop.proposals, now, up, down)
            least, most = spec.min_replicas, spec.max_replicas
            limited = rate_limited(current, stable.replicas, least, most, behavior, loop.added, loop.removed, now)
        loop.proposals.add(now, proposal, max(up, down))
        loop.proposed = True
        autoscaler.able_to_scale, autoscaler.scaling_limited = stable.reason, limited.reason
        waits = [loop.proposals.next_loss(now, window, but=proposal) for window in (up, down)]
        return limited.replicas, min(*waits, self._rate_waits(loop, limited))

    def _rate_waits(self, loop: _Loop, limited: Limited) -> float:
        """When a change leaves the period of a policy that holds it back."""
        behavior, now = loop.autoscaler.spec.behavior, self._kernel.now
        if behavior is None or limited.reason not in ("ScaleUpLimit", "ScaleDownLimit"):
            return math.inf
        rules = behavior.scale_up if limited.reason == "ScaleUpLimit" else behavior.scale_down
        histories = (loop.added, loop.removed)
        return min((h.next_loss(now, policy.period) for h in histories for policy in rules.policies), default=math.inf)


def _workload_of(pod: PodState) -> Workload:
    """Whose the pod is, whoever made it."""
    return pod.pod_class.workload if pod.owner is None else pod.owner.workload

"""How many replicas a metric asks for, and how many the autoscaler then dares: pure functions.

Source: pkg/controller/podautoscaler/replica_calculator.go, horizontal.go. Amounts are integers in thousandths of the
metric's unit, as Kubernetes counts them; ratios are floats, as there. Times that pass through the API (startTime, the
Ready condition's transition, a sample's timestamp) have whole seconds.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from models.autoscaling import PolicyType, ScalingBehavior, ScalingRules, SelectPolicy
from models.timing import Timing

_ROUNDING = 1e-6
"""Seconds: times are sums of periods, and rounding must not keep a value for another tick."""
_INT32 = 2**31 - 1


class MetricError(Exception):
    """A metric from which no number of replicas follows; the reason is that of the ScalingActive condition."""


class Sample(NamedTuple):
    """What the metrics API says of one pod."""

    usage: int
    time: float
    window: float


class ObservedPod(NamedTuple):
    """A pod of the target, as the autoscaler sees it."""

    sample: Sample | None
    request: int | None = None
    """What the pod requests of the resource in question, in its unit; None: a container requests none."""
    ready: bool = True
    ready_since: float = 0.0
    """When its Ready condition last changed."""
    started: float | None = 0.0
    """status.startTime; None: its kubelet has not seen it."""
    pending: bool = False
    ignored: bool = False
    """Being deleted, or Failed."""


@dataclass(slots=True)
class PodGroups:
    """The pods by how they count: (usage, request) of the ready, the requests of the others."""

    ready: list[tuple[int, int]] = field(default_factory=list)
    unready: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)


class Tolerance(NamedTuple):
    """How far, as a share, a ratio may be from 1 without consequences."""

    up: float = 0.1
    down: float = 0.1

    def holds(self, ratio: float) -> bool:
        """Whether the ratio is near enough to 1."""
        return 1.0 - self.down <= ratio <= 1.0 + self.up


# ---------------------------------------------------------------------------------------------------- the metrics


def group_pods(pods: Iterable[ObservedPod], now: float, timing: Timing, *, cpu: bool) -> PodGroups:
    """Who counts as what; only CPU looks at readiness."""
    groups = PodGroups()
    for pod in pods:
        request = pod.request or 0
        if pod.ignored:
            continue
        if pod.pending:
            groups.unready.append(request)
        elif pod.sample is None:
            groups.missing.append(request)
        elif cpu and _is_unready(pod, pod.sample, now, timing):
            groups.unready.append(request)
        else:
            groups.ready.append((pod.sample.usage, request))
    return groups


def _is_unready(pod: ObservedPod, sample: Sample, now: float, timing: Timing) -> bool:
    if pod.started is None:
        return True
    started, ready_since = math.floor(pod.started), math.floor(pod.ready_since)
    if started + timing.autoscaler_cpu_initialization_period > now:
        return not pod.ready or math.floor(sample.time) < ready_since + sample.window
    # It has been unready ever since it started: those that were ready once count, whatever became of them.
    return not pod.ready and ready_since < started + timing.autoscaler_initial_readiness_delay


def utilization_replicas(current: int, percent: int, groups: PodGroups, tolerance: Tolerance) -> int:
    """Replicas for a target in percent of the requests. Raises MetricError if no ready pod has a sample."""

    def ratio(pods: Sequence[tuple[int, int]]) -> float:
        requested = sum(request for _, request in pods)
        if requested == 0:
            raise MetricError("no metrics returned matched known pods")
        return 100 * sum(usage for usage, _ in pods) // requested / percent

    share = max(100, percent)
    return _per_pod_replicas(current, groups, ratio, lambda request: request * share // 100, tolerance)


def average_replicas(current: int, average: int, groups: PodGroups, tolerance: Tolerance) -> int:
    """Replicas for a target per pod. Raises MetricError if no ready pod has a sample."""

    def ratio(pods: Sequence[tuple[int, int]]) -> float:
        return sum(usage for usage, _ in pods) // len(pods) / average

    return _per_pod_replicas(current, groups, ratio, lambda request: average, tolerance)


def _per_pod_replicas(
    current: int,
    groups: PodGroups,
    ratio_of: Callable[[Sequence[tuple[int, int]]], float],
    assumed: Callable[[int], int],
    tolerance: Tolerance,
) -> int:
    """The multiplier is the number of pods that were counted, not of replicas."""
    if not groups.ready:
        raise MetricError("did not receive metrics for targeted pods (pods might be unready)")
    ratio = ratio_of(groups.ready)
    unready = groups.unready if ratio > 1 else []
    if not unready and not groups.missing:
        return current if tolerance.holds(ratio) else _rounded_up(ratio * len(groups.ready))
    pods = [*groups.ready, *((0, request) for request in unready)]
    if ratio < 1:
        pods += [(assumed(request), request) for request in groups.missing]
    elif ratio > 1:
        pods += [(0, request) for request in groups.missing]
    second = ratio_of(pods)
    if tolerance.holds(second) or (ratio < 1 < second) or (second < 1 < ratio):
        return current
    replicas = _rounded_up(second * len(pods))
    turned = replicas > current if second < 1 else replicas < current
    return current if turned else replicas


def value_replicas(current: int, value: int, target: int, ready_pods: int, tolerance: Tolerance) -> int:
    """Replicas for an Object or External metric that should have a value; `ready_pods` are Running and Ready."""
    ratio = value / target
    return current if tolerance.holds(ratio) else _rounded_up(ratio * ready_pods)


def average_value_replicas(value: int, average: int, status_replicas: int, tolerance: Tolerance) -> int:
    """Replicas for an Object or External metric that should have a value per replica."""
    if status_replicas > 0 and tolerance.holds(value / (average * status_replicas)):
        return status_replicas
    return _rounded_up(value / average)


def _rounded_up(replicas: float) -> int:
    """Whole replicas, as many as an int32 can say."""
    return min(math.ceil(replicas), _INT32)


def highest(current: int, proposals: Sequence[int | MetricError]) -> int:
    """What all metrics together ask for. Raises MetricError if they failed, or if some did and others would scale down.

    Source: computeReplicasForMetrics.
    """
    errors = [proposal for proposal in proposals if isinstance(proposal, MetricError)]
    replicas = max((proposal for proposal in proposals if not isinstance(proposal, MetricError)), default=0)
    if errors and (len(errors) == len(proposals) or replicas < current):
        raise errors[0]
    return replicas


# ------------------------------------------------------------------------------------- what the autoscaler dares


class Limited(NamedTuple):
    """A number of replicas, and the reason of the condition that says so."""

    replicas: int
    reason: str


class History:
    """Values and when they were last so; what is as old as the longest window, or older, is forgotten.

    The controller looks every 15 s and a little, so that what is a multiple of 15 s old is just beyond: ages count if
    they are less than a window.
    """

    def __init__(self) -> None:
        self._values: list[tuple[float, int]] = []

    def __bool__(self) -> bool:
        return bool(self._values)

    def add(self, time: float, value: int, keep: float) -> None:
        """One more value, now; forgets what is `keep` seconds old."""
        self._values = [(when, old) for when, old in self._values if time - when < keep]
        self._values.append((time, value))

    def repeat(self, time: float) -> None:
        """The last value was so at this time too."""
        self._values[-1] = (time, self._values[-1][1])

    def within(self, now: float, window: float) -> list[int]:
        """The values that are less than `window` seconds old."""
        return [value for when, value in self._values if now - when < window - _ROUNDING]

    def next_loss(self, now: float, window: float, but: int | None = None) -> float:
        """When the next value (other than `but`) becomes too old for the window; inf if none does."""
        edge = window - _ROUNDING
        return min(
            (when + window for when, value in self._values if value != but and now - when < edge), default=math.inf
        )


def stabilized(proposal: int, proposals: History, now: float, window: float) -> Limited:
    """Without a behavior: the highest proposal of the window."""
    replicas = max([proposal, *proposals.within(now, window)])
    return Limited(replicas, "ReadyForNewScale" if replicas == proposal else "ScaleDownStabilized")


def capped(current: int, desired: int, least: int, most: int) -> Limited:
    """Without a behavior: within the bounds, and at most twice as many as now, or 4."""
    doubled = max(2 * current, 4)
    if desired < least:
        return Limited(least, "TooFewReplicas")
    if desired > min(most, doubled):
        return Limited(min(most, doubled), "ScaleUpLimit" if most > doubled else "TooManyReplicas")
    return Limited(desired, "DesiredWithinRange")


def windows(behavior: ScalingBehavior, timing: Timing) -> tuple[float, float]:
    """The stabilization windows, up and down."""
    up, down = behavior.scale_up.stabilization_window, behavior.scale_down.stabilization_window
    return up or 0.0, timing.autoscaler_downscale_stabilization if down is None else down


def stabilized_by_behavior(
    current: int, proposal: int, proposals: History, now: float, up_window: float, down_window: float
) -> Limited:
    """With a behavior: not above the lowest proposal of one window, not below the highest of the other."""
    lowest = min([proposal, *proposals.within(now, up_window)])
    highest_ = max([proposal, *proposals.within(now, down_window)])
    replicas = min(max(current, lowest), highest_)
    if replicas == proposal:
        return Limited(replicas, "ReadyForNewScale")
    return Limited(replicas, "ScaleUpStabilized" if proposal >= current else "ScaleDownStabilized")


def rate_limited(
    current: int,
    desired: int,
    least: int,
    most: int,
    behavior: ScalingBehavior,
    added: History,
    removed: History,
    now: float,
) -> Limited:
    """With a behavior: within the bounds, and no faster than the policies allow."""
    if desired > current:
        ceiling = max(current, _furthest(current, behavior.scale_up, added, removed, now, up=True))
        if desired > min(most, ceiling):
            return Limited(min(most, ceiling), "ScaleUpLimit" if most > ceiling else "TooManyReplicas")
    elif desired < current:
        floor = min(current, _furthest(current, behavior.scale_down, added, removed, now, up=False))
        if desired < max(least, floor):
            return Limited(max(least, floor), "ScaleDownLimit" if least < floor else "TooFewReplicas")
    return Limited(desired, "DesiredWithinRange")


def _furthest(current: int, rules: ScalingRules, added: History, removed: History, now: float, *, up: bool) -> int:
    """How far the policies let replicas go, from where they were at the start of each policy's period."""
    if rules.select is SelectPolicy.DISABLED:
        return current
    limits = []
    for policy in rules.policies:
        start = current - sum(added.within(now, policy.period)) + sum(removed.within(now, policy.period))
        if policy.type is PolicyType.PODS:
            limits.append(start + policy.value if up else start - policy.value)
        elif up:
            limits.append(math.ceil(start * (1 + policy.value / 100)))
        else:
            limits.append(int(start * (1 - policy.value / 100)))
    largest_change = max if up else min
    smallest_change = min if up else max
    return (smallest_change if rules.select is SelectPolicy.MIN else largest_change)(limits)

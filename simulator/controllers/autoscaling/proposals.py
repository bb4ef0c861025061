"""What the metrics of one autoscaler propose, from its pods as they are and their samples.

Source: pkg/controller/podautoscaler/horizontal.go (computeReplicasForMetric), replica_calculator.go.
"""

import math
from collections.abc import Mapping, Sequence

from models.autoscaling import HorizontalPodAutoscaler, Metric, MetricSource, TargetType
from models.timing import Timing
from simulator.controllers.autoscaling.metrics_server import MetricsServer
from simulator.controllers.autoscaling.replica_calculator import (
    MetricError,
    ObservedPod,
    PodGroups,
    Sample,
    Tolerance,
    average_replicas,
    average_value_replicas,
    group_pods,
    highest,
    utilization_replicas,
    value_replicas,
)
from simulator.state.objects import Phase, PodClass, PodState
from simulator.state.scale import Scale


def propose(
    spec: HorizontalPodAutoscaler,
    scale: Scale,
    pods: Sequence[PodState],
    server: MetricsServer | None,
    now: float,
    timing: Timing,
) -> int:
    """The replicas that all metrics together ask for; `pods` are those of the scale. Raises MetricError."""
    current, tolerance = scale.replicas, _tolerance(spec, timing)

    def replicas(metric: Metric) -> int:
        if metric.source in (MetricSource.OBJECT, MetricSource.EXTERNAL):
            value = None if server is None else server.value(metric.name)
            if value is None:
                raise _failed(metric)
            if metric.target is TargetType.AVERAGE_VALUE:
                return average_value_replicas(value, metric.value, scale.status_replicas, tolerance)
            ready = sum(pod.phase is Phase.RUNNING and pod.ready for pod in pods)
            return value_replicas(current, value, metric.value, ready, tolerance)
        samples = None if server is None else server.samples(metric.name)
        if not samples or not pods:
            raise _failed(metric)
        groups = _grouped(metric, pods, samples, now, timing)
        if metric.target is TargetType.UTILIZATION:
            return utilization_replicas(current, metric.value, groups, tolerance)
        return average_replicas(current, metric.value, groups, tolerance)

    proposals: list[int | MetricError] = []
    for metric in spec.metrics:
        try:
            proposals.append(replicas(metric))
        except MetricError:
            proposals.append(_failed(metric))
    return highest(current, proposals)


def next_initialized(pods: Sequence[PodState], now: float, timing: Timing) -> float:
    """When the next pod that is not ready outgrows its initialization; inf if none does."""
    period = timing.autoscaler_cpu_initialization_period
    ends = (math.floor(pod.start_time) + period for pod in pods if pod.start_time is not None and not pod.ready)
    return min((end for end in ends if end > now), default=math.inf)


def _failed(metric: Metric) -> MetricError:
    return MetricError(f"FailedGet{metric.source}Metric")


def _tolerance(spec: HorizontalPodAutoscaler, timing: Timing) -> Tolerance:
    default, behavior = timing.autoscaler_tolerance, spec.behavior
    up = behavior.scale_up.tolerance if behavior is not None else None
    down = behavior.scale_down.tolerance if behavior is not None else None
    return Tolerance(default if up is None else up, default if down is None else down)


def _grouped(
    metric: Metric, pods: Sequence[PodState], samples: Mapping[int, Sample], now: float, timing: Timing
) -> PodGroups:
    classes = dict.fromkeys(pod.pod_class for pod in pods)
    requests = {pod_class: requested(pod_class, metric) for pod_class in classes}
    if metric.target is TargetType.UTILIZATION and None in requests.values():
        raise _failed(metric)
    observed = (
        ObservedPod(
            sample=samples.get(pod.uid),
            request=requests[pod.pod_class],
            ready=pod.ready,
            ready_since=pod.ready_since,
            started=pod.start_time,
            pending=pod.phase is Phase.PENDING,
            ignored=pod.deleting or pod.is_over,
        )
        for pod in pods
    )
    cpu = metric.name == "cpu" and metric.source in (MetricSource.RESOURCE, MetricSource.CONTAINER_RESOURCE)
    return group_pods(observed, now, timing, cpu=cpu)


def requested(pod_class: PodClass, metric: Metric) -> int | None:
    """What the pod (or the metric's container) requests, in thousandths; None if a container requests nothing.

    What the pod as a whole requests comes first, unless the metric is that of a container (calculateRequests).
    """
    spec = pod_class.spec
    thousandths = 1 if metric.name == "cpu" else 1000
    if spec.resources.requests and metric.container is None:
        return spec.requests.amount(metric.name) * thousandths or None
    containers = [c for c in (*spec.containers, *spec.sidecars) if metric.container in (None, c.name)]
    if not containers or any(metric.name not in container.declared for container in containers):
        return None
    return sum(container.requests.amount(metric.name) for container in containers) * thousandths

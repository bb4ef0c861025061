"""HorizontalPodAutoscalers: how many replicas, by what is measured."""

from dataclasses import dataclass
from enum import StrEnum


class MetricSource(StrEnum):
    """Where a metric comes from."""

    RESOURCE = "Resource"
    """cpu or memory of the whole pod."""
    CONTAINER_RESOURCE = "ContainerResource"
    PODS = "Pods"
    """Any metric that each pod has of its own."""
    OBJECT = "Object"
    EXTERNAL = "External"


class TargetType(StrEnum):
    """What a metric is compared with."""

    UTILIZATION = "Utilization"
    """Percent of the pods' requests."""
    VALUE = "Value"
    """The metric as it is."""
    AVERAGE_VALUE = "AverageValue"
    """The metric per pod."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric, and the value that it should have."""

    source: MetricSource
    name: str
    """"cpu", "memory", or the name of the metric."""
    target: TargetType
    value: int
    """Percent, or thousandths of the metric's unit (millicores for cpu)."""
    container: str | None = None
    """ContainerResource only."""


CPU_80_PERCENT = Metric(MetricSource.RESOURCE, "cpu", TargetType.UTILIZATION, 80)
"""What the API server fills in where no metric is given (pkg/apis/autoscaling/v2/defaults.go)."""


class PolicyType(StrEnum):
    """What the value of a scaling policy counts."""

    PODS = "Pods"
    PERCENT = "Percent"


@dataclass(frozen=True, slots=True)
class ScalingPolicy:
    """At most `value` pods, or percent, more or fewer within `period` seconds."""

    type: PolicyType
    value: int
    period: float


class SelectPolicy(StrEnum):
    """Which of several policies holds: the one that allows the largest change, the smallest, or no change at all."""

    MAX = "Max"
    MIN = "Min"
    DISABLED = "Disabled"


@dataclass(frozen=True, slots=True)
class ScalingRules:
    """How fast, and after how much hesitation, replicas change in one direction."""

    policies: tuple[ScalingPolicy, ...]
    select: SelectPolicy = SelectPolicy.MAX
    stabilization_window: float | None = None
    """Seconds; None: that of the controller (`Timing.autoscaler_downscale_stabilization`)."""
    tolerance: float | None = None
    """Share; None: that of the controller (`Timing.autoscaler_tolerance`)."""


SCALE_UP = ScalingRules(
    (ScalingPolicy(PolicyType.PODS, 4, 15.0), ScalingPolicy(PolicyType.PERCENT, 100, 15.0)), stabilization_window=0.0
)
SCALE_DOWN = ScalingRules((ScalingPolicy(PolicyType.PERCENT, 100, 15.0),))
"""What the API server fills in for missing parts of a `behavior` that is there."""


@dataclass(frozen=True, slots=True)
class ScalingBehavior:
    """`spec.behavior`."""

    scale_up: ScalingRules = SCALE_UP
    scale_down: ScalingRules = SCALE_DOWN


@dataclass(frozen=True, slots=True)
class HorizontalPodAutoscaler:
    """Keeps the replicas of one workload between `min_replicas` and `max_replicas`, by its metrics."""

    name: str
    target_kind: str
    target_name: str
    max_replicas: int
    min_replicas: int = 1
    metrics: tuple[Metric, ...] = (CPU_80_PERCENT,)
    behavior: ScalingBehavior | None = None
    """None: no rate limit by policies, but at most a doubling (or 4) at a time."""
    namespace: str = "default"

    @property
    def target(self) -> str:
        """The workload that it scales: "Deployment/default/web"."""
        return f"{self.target_kind}/{self.namespace}/{self.target_name}"

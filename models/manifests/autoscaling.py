"""HorizontalPodAutoscalers."""

from dataclasses import replace

from models.autoscaling import (
    CPU_80_PERCENT,
    SCALE_DOWN,
    SCALE_UP,
    HorizontalPodAutoscaler,
    Metric,
    MetricSource,
    PolicyType,
    ScalingBehavior,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
    TargetType,
)
from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.replicas import replicas
from models.units import parse_cpu, parse_quantity


@converts("HorizontalPodAutoscaler")
def horizontal_pod_autoscaler(field: Field, admission: Admission) -> HorizontalPodAutoscaler:
    """A HorizontalPodAutoscaler of autoscaling/v2 or v1 (pkg/apis/autoscaling/{v1,v2}/defaults.go, validation)."""
    spec = field["spec"]
    reference = spec["scaleTargetRef"]
    least = spec["minReplicas"].integer(1, at_least=1)
    most = replicas(spec["maxReplicas"], least, at_least=1)
    if most < least:
        spec["maxReplicas"].problem(f"must be greater than or equal to `minReplicas` ({least})")
    old = field.manifest.api_version == "autoscaling/v1"
    return HorizontalPodAutoscaler(
        name=field.manifest.name,
        namespace=field.manifest.namespace,
        target_kind=reference["kind"].required().text(),
        target_name=reference["name"].required().text(),
        min_replicas=least,
        max_replicas=most,
        metrics=_metrics_v1(spec) if old else _metrics(spec["metrics"]),
        behavior=_behavior(spec["behavior"]) if spec["behavior"].present else None,
    )


# --------------------------------------------------------------------------------------------------------- metrics


def _metrics_v1(spec: Field) -> tuple[Metric, ...]:
    percent = spec["targetCPUUtilizationPercentage"].integer(CPU_80_PERCENT.value, at_least=1)
    return (replace(CPU_80_PERCENT, value=percent),)


def _metrics(field: Field) -> tuple[Metric, ...]:
    metrics = tuple(metric for item in field if (metric := _metric(item)) is not None)
    return metrics if field.value else (CPU_80_PERCENT,)


def _metric(field: Field) -> Metric | None:
    word = field["type"].required().choice("", MetricSource)
    if not word:
        return None
    source = MetricSource(word)
    place = field[source[0].lower() + source[1:]]
    if not place.present:
        place.problem("must populate information for the given metric source")
        return None
    resource = source in (MetricSource.RESOURCE, MetricSource.CONTAINER_RESOURCE)
    named = place if resource else place["metric"]
    allowed = {
        MetricSource.RESOURCE: ("averageUtilization", "averageValue"),
        MetricSource.CONTAINER_RESOURCE: ("averageUtilization", "averageValue"),
        MetricSource.PODS: ("averageValue",),
        MetricSource.OBJECT: ("value", "averageValue"),
        MetricSource.EXTERNAL: ("value", "averageValue"),
    }[source]
    target, value = _target(place["target"], allowed)
    container = place["container"].required().text() if source is MetricSource.CONTAINER_RESOURCE else None
    return Metric(source, named["name"].required().text(), target, value, container)


_TARGETS = {
    "averageUtilization": TargetType.UTILIZATION,
    "averageValue": TargetType.AVERAGE_VALUE,
    "value": TargetType.VALUE,
}


def _target(field: Field, allowed: tuple[str, ...]) -> tuple[TargetType, int]:
    """What counts is the field that is given, not `type`, as in the controller."""
    field.checked["type"].required()
    field.checked["type"].choice("", TargetType)
    given = [key for key in _TARGETS if field[key].present]
    for key in given:
        if key not in allowed:
            field[key].problem(f"may not be set here: expected {' or '.join(allowed)}")
    usable = [key for key in given if key in allowed]
    if len(usable) != 1:
        reason = f"must set {'either ' if len(allowed) > 1 else ''}{' or '.join(allowed)}"
        field.problem(f"{reason}, not both" if usable else reason)
        return TargetType.UTILIZATION, 1
    key = usable[0]
    if key == "averageUtilization":
        return _TARGETS[key], field[key].integer(1, at_least=1)
    return _TARGETS[key], field[key].parsed(_positive_thousandths, 1)


def _positive_thousandths(value: object) -> int:
    if parse_quantity(value) <= 0:
        raise ValueError(f"must be positive (got {value})")
    return parse_cpu(value)


# -------------------------------------------------------------------------------------------------------- behavior


def _behavior(field: Field) -> ScalingBehavior:
    return ScalingBehavior(_rules(field["scaleUp"], SCALE_UP), _rules(field["scaleDown"], SCALE_DOWN))


def _rules(field: Field, default: ScalingRules) -> ScalingRules:
    """What is given replaces the default, field by field."""
    window = field["stabilizationWindowSeconds"]
    policies = tuple(_policy(item) for item in field["policies"])
    if field["policies"].present and not policies:
        field["policies"].problem("must specify at least one Policy")
    select = field["selectPolicy"].choice(default.select, SelectPolicy)
    return ScalingRules(
        policies=policies or default.policies,
        select=SelectPolicy(select),
        stabilization_window=(
            float(window.integer(0, at_most=3600)) if window.present else default.stabilization_window
        ),
        tolerance=field["tolerance"].parsed(_share, None),
    )


def _policy(field: Field) -> ScalingPolicy:
    field["type"].required()
    kind = PolicyType(field["type"].choice(PolicyType.PODS, PolicyType))
    value = field["value"].integer(1, at_least=1)
    return ScalingPolicy(kind, value, float(field["periodSeconds"].integer(1, at_least=1, at_most=1800)))


def _share(value: object) -> float:
    share = float(parse_quantity(value))
    if share < 0:
        raise ValueError(f"must be greater than or equal to 0 (got {value})")
    return share

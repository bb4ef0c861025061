"""HorizontalPodAutoscalers as they are written: defaults and refusals of the API server."""

from typing import Any

import pytest
import yaml

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
from models.input.documents import Document
from models.input.problems import InputError
from models.manifests import ClusterInput, Manifest, build_cluster


def manifest(spec: str = "", version: str = "v2") -> dict[str, Any]:
    """An autoscaler of Deployment/web; `spec` is YAML in flow style."""
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    return {
        "apiVersion": f"autoscaling/{version}",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": reference, "maxReplicas": 10, **yaml.safe_load(f"{{{spec}}}")},
    }


def build(*objects: dict[str, Any]) -> ClusterInput:
    return build_cluster([Manifest(value, Document("f.yaml", value)) for value in objects])


def autoscaler(spec: str = "", version: str = "v2") -> HorizontalPodAutoscaler:
    [made] = build(manifest(spec, version)).cluster.autoscalers
    return made


def problems(spec: str, version: str = "v2") -> list[str]:
    with pytest.raises(InputError) as caught:
        build(manifest(spec, version))
    return [f"{p.path.partition(' ')[2]}: {p.message}" for p in caught.value.problems]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_defaults_are_one_replica_and_80_percent_of_cpu(version: str) -> None:
    expected = HorizontalPodAutoscaler("web", "Deployment", "web", max_replicas=10)
    assert autoscaler("", version) == expected
    assert (expected.min_replicas, expected.metrics, expected.behavior) == (1, (CPU_80_PERCENT,), None)
    assert expected.target == "Deployment/default/web"


def test_version_1_has_one_metric() -> None:
    made = autoscaler("minReplicas: 3, targetCPUUtilizationPercentage: 50", "v1")
    assert made.min_replicas == 3
    assert made.metrics == (Metric(MetricSource.RESOURCE, "cpu", TargetType.UTILIZATION, 50),)


@pytest.mark.parametrize(
    ("written", "metric"),
    [
        (
            "type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Mi}}",
            Metric(MetricSource.RESOURCE, "memory", TargetType.AVERAGE_VALUE, 1000 * 1024**2),
        ),
        (
            "type: ContainerResource, containerResource: "
            "{name: cpu, container: app, target: {type: Utilization, averageUtilization: 60}}",
            Metric(MetricSource.CONTAINER_RESOURCE, "cpu", TargetType.UTILIZATION, 60, "app"),
        ),
        (
            "type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: 1500m}}",
            Metric(MetricSource.PODS, "rps", TargetType.AVERAGE_VALUE, 1500),
        ),
        (
            "type: Object, object: {metric: {name: rps}, describedObject: {kind: Ingress, name: main}, "
            "target: {type: Value, value: 2k}}",
            Metric(MetricSource.OBJECT, "rps", TargetType.VALUE, 2_000_000),
        ),
        (
            "type: External, external: {metric: {name: queue}, target: {type: AverageValue, averageValue: 30}}",
            Metric(MetricSource.EXTERNAL, "queue", TargetType.AVERAGE_VALUE, 30_000),
        ),
    ],
)
def test_metrics_of_every_source_are_read_in_thousandths(written: str, metric: Metric) -> None:
    assert autoscaler(f"metrics: [{{{written}}}]").metrics == (metric,)


def test_a_behavior_is_filled_field_by_field() -> None:
    assert autoscaler("behavior: {}").behavior == ScalingBehavior(SCALE_UP, SCALE_DOWN)
    assert autoscaler("behavior: {scaleDown: {selectPolicy: Disabled}}").behavior == ScalingBehavior(
        SCALE_UP, ScalingRules(SCALE_DOWN.policies, SelectPolicy.DISABLED)
    )
    made = autoscaler(
        "behavior: {scaleUp: {policies: [{type: Percent, value: 50, periodSeconds: 60}], tolerance: 50m}, "
        "scaleDown: {stabilizationWindowSeconds: 0}}"
    )
    up = ScalingRules((ScalingPolicy(PolicyType.PERCENT, 50, 60.0),), stabilization_window=0.0, tolerance=0.05)
    assert made.behavior == ScalingBehavior(up, ScalingRules(SCALE_DOWN.policies, stabilization_window=0.0))


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("minReplicas: 0", "spec.minReplicas: must be greater than or equal to 1 (got 0)"),
        ("minReplicas: 11", "spec.maxReplicas: must be greater than or equal to `minReplicas` (11)"),
        (
            "metrics: [{type: Resource}]",
            "spec.metrics[0].resource: must populate information for the given metric source",
        ),
        (
            "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization}}}]",
            "spec.metrics[0].resource.target: must set either averageUtilization or averageValue",
        ),
        (
            "metrics: [{type: Resource, resource: {name: cpu, target: {type: Value, value: 1}}}]",
            "spec.metrics[0].resource.target.value: may not be set here: expected averageUtilization or averageValue",
        ),
        (
            "metrics: [{type: Resource, resource: {name: cpu, target: "
            "{type: Utilization, averageUtilization: 5, averageValue: 1}}}]",
            "spec.metrics[0].resource.target: must set either averageUtilization or averageValue, not both",
        ),
        (
            "metrics: [{type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: 0}}}]",
            "spec.metrics[0].pods.target.averageValue: must be positive (got 0)",
        ),
        (
            "metrics: [{type: Resorce}]",
            'spec.metrics[0].type: unsupported value: "Resorce": supported values: "Resource", "ContainerResource", '
            '"Pods", "Object", "External"; did you mean \'Resource\'?',
        ),
        (
            "behavior: {scaleUp: {stabilizationWindowSeconds: 3601}}",
            "spec.behavior.scaleUp.stabilizationWindowSeconds: must be less than or equal to 3600 (got 3601)",
        ),
        ("behavior: {scaleUp: {policies: []}}", "spec.behavior.scaleUp.policies: must specify at least one Policy"),
        (
            "behavior: {scaleDown: {policies: [{type: Pods, value: 0, periodSeconds: 1801}]}}",
            "spec.behavior.scaleDown.policies[0].value: must be greater than or equal to 1 (got 0)",
        ),
    ],
)
def test_what_the_api_server_refuses_is_refused(spec: str, found: str) -> None:
    assert found in problems(spec)


def test_a_target_that_is_not_there_is_a_warning() -> None:
    [warning] = build(manifest()).warnings
    assert warning.path == "HorizontalPodAutoscaler/web spec.scaleTargetRef"
    assert warning.message == "Deployment/web is not among the given objects"


def test_two_autoscalers_of_one_workload_are_a_warning() -> None:
    """Kubernetes lets neither act (pkg/controller/podautoscaler/horizontal.go, validateAndParseSelector)."""
    second = manifest()
    second["metadata"]["name"] = "more"
    [warning] = [one for one in build(manifest(), second).warnings if "scaled by" in one.message]
    assert warning.path == "HorizontalPodAutoscaler/more spec.scaleTargetRef"
    assert warning.message == (
        "Deployment/web is scaled by web too: in Kubernetes neither does (AmbiguousSelector); here both do"
    )


def test_annotations_of_version_1_that_are_not_read_are_named() -> None:
    value = manifest(version="v1")
    value["metadata"]["annotations"] = {"autoscaling.alpha.kubernetes.io/metrics": "[]"}
    [named] = build(value).named
    assert named.field == 'HorizontalPodAutoscaler metadata.annotations["autoscaling.alpha.kubernetes.io/metrics"]'

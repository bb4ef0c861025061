"""Deployments and ReplicaSets."""

from models.deployment import Deployment, IntOrPercent, Percent, ReplicaSet, StrategyType
from models.labels import LabelSelector
from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.pod import pod_template
from models.manifests.replicas import replicas
from models.manifests.selector import label_selector
from models.pod import PodTemplate
from models.units import parse_int_or_percent, parse_int_or_share


@converts("Deployment")
def deployment(field: Field, admission: Admission) -> Deployment:
    """A Deployment with the API server's defaults (pkg/apis/apps/v1/defaults.go)."""
    spec = field["spec"]
    template = pod_template(spec["template"], admission)
    strategy, surge, unavailable = _strategy(spec["strategy"])
    min_ready = spec["minReadySeconds"].integer(0)
    deadline = spec["progressDeadlineSeconds"].integer(600)
    if deadline <= min_ready:
        place = spec["progressDeadlineSeconds"] if spec["progressDeadlineSeconds"].present else spec["minReadySeconds"]
        place.problem(f"progressDeadlineSeconds ({deadline}) must be greater than minReadySeconds ({min_ready})")
    return Deployment(
        name=field.manifest.name,
        namespace=field.manifest.namespace,
        labels=field["metadata"].checked["labels"].labels(),
        template=template,
        selector=workload_selector(spec, template),
        replicas=replicas(spec["replicas"]),
        strategy=strategy,
        max_surge=surge,
        max_unavailable=unavailable,
        min_ready_seconds=float(min_ready),
        revision_history_limit=spec["revisionHistoryLimit"].integer(10),
        progress_deadline_seconds=float(deadline),
        paused=spec["paused"].flag(),
    )


def _strategy(field: Field) -> tuple[StrategyType, IntOrPercent, IntOrPercent]:
    rolling = field["rollingUpdate"]
    strategy = StrategyType(field["type"].choice(StrategyType.ROLLING_UPDATE, StrategyType))
    if strategy is StrategyType.RECREATE and rolling.present:
        rolling.problem("may not be specified when strategy `type` is 'Recreate'")
    default: IntOrPercent = Percent(25)
    surge = rolling["maxSurge"].parsed(parse_int_or_percent, default)
    unavailable = rolling["maxUnavailable"].parsed(parse_int_or_share, default)
    if _is_zero(surge) and _is_zero(unavailable):
        rolling["maxUnavailable"].problem("may not be 0 when `maxSurge` is 0")
    return strategy, surge, unavailable


def _is_zero(value: IntOrPercent) -> bool:
    return value in (0, Percent(0))


@converts("ReplicaSet")
def replica_set(field: Field, admission: Admission) -> ReplicaSet:
    """A ReplicaSet of its own."""
    spec = field["spec"]
    template = pod_template(spec["template"], admission)
    return ReplicaSet(
        name=field.manifest.name,
        namespace=field.manifest.namespace,
        template=template,
        selector=workload_selector(spec, template),
        replicas=replicas(spec["replicas"]),
        min_ready_seconds=float(spec["minReadySeconds"].integer(0)),
    )


def workload_selector(spec: Field, template: PodTemplate) -> LabelSelector:
    """spec.selector, which must match the template's labels."""
    field = spec["selector"]
    selector = label_selector(field) or LabelSelector()
    if field.present and not selector.requirements:
        field.problem(f"empty selector is invalid for {field.manifest.kind}")
    if field.present and spec["template"].present and not selector.matches(template.labels):
        labels = spec["template"]["metadata"]["labels"]
        labels.problem(f"`selector` does not match template `labels` ({_joined(template)})")
    return selector


def _joined(template: PodTemplate) -> str:
    return ", ".join(f"{k}={v}" for k, v in sorted(template.labels.items())) or "it has none"

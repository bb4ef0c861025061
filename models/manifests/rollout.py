"""Rollouts and AnalysisTemplates of Argo Rollouts."""

from models.deployment import Deployment, IntOrPercent, Percent
from models.manifests.conversion import Admission, converts
from models.manifests.deployment import workload_selector
from models.manifests.manifest import Field
from models.manifests.pod import pod_template
from models.manifests.replicas import replicas
from models.rollout import (
    FOR_EVER,
    Analysis,
    AnalysisTemplate,
    BlueGreen,
    Canary,
    Metric,
    Pause,
    Progression,
    SetWeight,
    Step,
)
from models.units import parse_duration, parse_int_or_percent, parse_int_or_share

_SURGE: IntOrPercent = Percent(25)
"""maxSurge and maxUnavailable, if they are not given (argoproj/argo-rollouts, utils/defaults)."""


@converts("Rollout")
def rollout(field: Field, admission: Admission) -> Deployment:
    """A Rollout, as a Deployment with a progression, with the controller's defaults."""
    spec = field["spec"]
    if spec.checked["workloadRef"].present:
        spec.checked["workloadRef"].problem("what it refers to is not read: write its pods in `template`")
    template = pod_template(spec["template"], admission)
    strategy = spec["strategy"]
    canary, blue_green = strategy["canary"], strategy["blueGreen"]
    if canary.present is blue_green.present:
        strategy.problem("expected one of `canary` and `blueGreen`")
    progressions: list[Progression] = [
        *([_canary(canary, admission)] if canary.present else []),
        *([_blue_green(blue_green, admission)] if blue_green.present else []),
    ]
    return Deployment(
        name=field.manifest.name,
        namespace=field.manifest.namespace,
        labels=field["metadata"].checked["labels"].labels(),
        template=template,
        selector=workload_selector(spec, template),
        replicas=replicas(spec["replicas"]),
        max_surge=canary["maxSurge"].parsed(parse_int_or_percent, _SURGE),
        max_unavailable=canary["maxUnavailable"].parsed(parse_int_or_share, _SURGE),
        min_ready_seconds=float(spec["minReadySeconds"].integer(0)),
        revision_history_limit=spec["revisionHistoryLimit"].integer(10),
        progress_deadline_seconds=float(spec["progressDeadlineSeconds"].integer(600)),
        paused=spec["paused"].flag(),
        kind="Rollout",
        progression=progressions[0] if progressions else Canary(),
        aborts_at_deadline=spec["progressDeadlineAbort"].flag(),
    )


def _canary(field: Field, admission: Admission) -> Canary:
    steps = [step for each in field["steps"] for step in _step(each, admission)]
    analysis = field["analysis"]
    return Canary(
        tuple(steps),
        _analysis(analysis, admission) if analysis.present else None,
        analysis["startingStep"].integer(0),
        keeps_stable=field["trafficRouting"].checked.present,
    )


def _step(field: Field, admission: Admission) -> list[Step]:
    """What a step says; of the kinds that are not read there is none."""
    weight, pause, analysis = field["setWeight"], field["pause"], field["analysis"]
    found: list[Step] = [
        *([SetWeight(weight.integer(0, at_most=100))] if weight.present else []),
        *([Pause(pause["duration"].parsed(_duration, FOR_EVER))] if pause.present else []),
        *([_analysis(analysis, admission)] if analysis.present else []),
    ]
    if Pause() in found:
        pause.warn("without a duration it waits to be promoted by somebody, which nothing here does")
    return found


def _blue_green(field: Field, admission: Admission) -> BlueGreen:
    before, after = field["prePromotionAnalysis"], field["postPromotionAnalysis"]
    promotes = field["autoPromotionEnabled"].flag(True)
    seconds = field["autoPromotionSeconds"].integer(0)
    if not promotes and not seconds:
        field["autoPromotionEnabled"].warn("it waits to be promoted by somebody, which nothing here does")
    preview = field["previewReplicaCount"]
    return BlueGreen(
        promotes,
        float(seconds),
        float(field["scaleDownDelaySeconds"].integer(30)),
        float(field["abortScaleDownDelaySeconds"].integer(30)),
        preview.integer(1) if preview.present else None,
        _analysis(before, admission) if before.present else None,
        _analysis(after, admission) if after.present else None,
    )


def _analysis(field: Field, admission: Admission) -> Analysis:
    """The metrics of all templates; of one that is not given, a single measurement at once."""
    metrics: list[Metric] = []
    for reference in field["templates"]:
        name = reference["templateName"].text()
        namespace = "" if reference["clusterScope"].flag() else field.manifest.namespace
        template = admission.analyses.get((namespace, name))
        if template is None:
            reference.warn(f"there is no AnalysisTemplate {name!r}: it is taken to measure once, at once")
        metrics += (Metric(),) if template is None else template.metrics
    return Analysis(tuple(metrics) or (Metric(),))


@converts("AnalysisTemplate", "ClusterAnalysisTemplate")
def analysis_template(field: Field, admission: Admission) -> AnalysisTemplate:
    """When it measures; what it measures is taken to be whether the new version fails requests."""
    metrics = tuple(_metric(each) for each in field["spec"]["metrics"])
    namespace = "" if field.manifest.kind == "ClusterAnalysisTemplate" else field.manifest.namespace
    return AnalysisTemplate(field.manifest.name, namespace, metrics or (Metric(),))


def _metric(field: Field) -> Metric:
    count = field["count"].integer(0)
    return Metric(
        field["initialDelay"].parsed(_duration, 0.0),
        field["interval"].parsed(_duration, FOR_EVER),
        count or None,
        field["failureLimit"].integer(0),
    )


def _duration(value: object) -> float:
    """Seconds as a number, or a duration with its unit."""
    if isinstance(value, int | float):
        return float(value)
    text = str(value)
    return float(text) if text.isdecimal() else parse_duration(text)

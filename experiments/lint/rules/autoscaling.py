"""HorizontalPodAutoscalers: those that cannot scale, and those that are contradicted.

Source: pkg/controller/podautoscaler.
"""

from collections.abc import Iterator
from dataclasses import replace

from experiments.lint.application import Application, Place, Workload
from experiments.lint.finding import Severity
from experiments.lint.rule import Smell, rule
from experiments.lint.trial import Trial
from models.autoscaling import Metric, MetricSource, TargetType
from models.cluster import Cluster
from models.units import counted

_ROOM = "more nodes, smaller requests, or a lower maxReplicas"


@rule(
    "autoscaler-and-replicas",
    Severity.WARNING,
    effect="each time that the manifest is applied, the number of replicas falls or rises to the one that is "
    "written, under whatever load",
)
def autoscaler_and_replicas(app: Application) -> Iterator[Smell]:
    """A workload has spec.replicas, and an autoscaler that decides the same.

    No patch: to leave out what was applied before sets it to 1 once (`kubectl apply edit-last-applied` avoids that).

    Source: the documentation of Kubernetes (migrating Deployments and StatefulSets to horizontal autoscaling).
    """
    for workload in app.workloads:
        if workload.autoscaler is not None and workload.written("spec", "replicas") is not None:
            message = f"replicas: {workload.replicas} is written, and {workload.autoscaler.name} scales it"
            mend = "leave out spec.replicas, having taken it out of the last applied configuration first"
            yield Smell(workload.manifest, ("spec", "replicas"), message, mend)


@rule(
    "autoscaler-without-requests",
    Severity.ERROR,
    effect="the autoscaler cannot tell the utilization, so it never scales up by it: load beyond the present "
    "replicas is lost",
)
def autoscaler_without_requests(app: Application) -> Iterator[Smell]:
    """An autoscaler goes by the utilization of a resource for which a container has no request.

    The sum over the containers of a pod is compared with the sum of their requests, so one without is enough:
    "missing request for cpu".

    Source: pkg/controller/podautoscaler/replica_calculator.go (calculatePodRequests).
    """
    for manifest, autoscaler, workload in app.autoscalers():
        for i, metric in enumerate(autoscaler.metrics if workload else ()):
            assert workload is not None
            lacking = [place.means.name for place in workload.containers if _is_missing(metric, place, workload)]
            if metric.target is TargetType.UTILIZATION and lacking:
                path = ("spec", "metrics", i)
                message = f"it goes by the utilization of {metric.name}, which {', '.join(lacking)} requests none of"
                mend = f"a request for {metric.name} of each container of {workload.title}"
                yield Smell(manifest, path, message, mend)


@rule(
    "autoscaler-without-target",
    Severity.WARNING,
    effect="the autoscaler scales nothing: load beyond the replicas that there are is lost",
)
def autoscaler_without_target(app: Application) -> Iterator[Smell]:
    """An autoscaler is for a workload that is not among the objects."""
    given = {(one.kind, one.namespace, one.name) for one in app.objects}
    for manifest, autoscaler, _ in app.autoscalers():
        if (autoscaler.target_kind, autoscaler.namespace, autoscaler.target_name) not in given:
            message = f"there is no {autoscaler.target_kind} {autoscaler.target_name} among the given objects"
            mend = "name a workload that there is; if another set of manifests has it, lint both together"
            yield Smell(manifest, ("spec", "scaleTargetRef"), message, mend)


@rule("several-autoscalers", Severity.ERROR, effect="none of them scales: AmbiguousSelector")
def several_autoscalers(app: Application) -> Iterator[Smell]:
    """More than one autoscaler is for the same workload. Found at each but the first."""
    first: dict[str, str] = {}
    for manifest, autoscaler, _ in app.autoscalers():
        if (other := first.setdefault(autoscaler.target, autoscaler.name)) != autoscaler.name:
            message = f"{autoscaler.target_kind} {autoscaler.target_name} is scaled by {other} as well"
            yield Smell(manifest, ("spec", "scaleTargetRef"), message, "leave one autoscaler for each workload")


@rule(
    "autoscaler-without-room",
    Severity.INFO,
    effect="load beyond the present replicas is lost: there are never more",
)
def autoscaler_without_room(app: Application) -> Iterator[Smell]:
    """An autoscaler may make no more replicas than it must."""
    for manifest, autoscaler, _ in app.autoscalers():
        if autoscaler.max_replicas <= autoscaler.min_replicas:
            message = f"minReplicas and maxReplicas are both {autoscaler.max_replicas}"
            yield Smell(manifest, ("spec", "maxReplicas"), message, "a higher maxReplicas, or no autoscaler")


@rule(
    "autoscaler-beyond-cluster",
    Severity.WARNING,
    effect="under load, or when all autoscalers act at once, the further replicas stay Pending and what they were "
    "for is lost",
    needs_cluster=True,
)
def autoscaler_beyond_cluster(app: Application) -> Iterator[Smell]:
    """The nodes have no room for an autoscaler's maxReplicas: the start is simulated, all autoscalers at their most.

    With a node autoscaler, the nodes are those that the pools may have at the start.
    """
    scaled = [workload for workload in app.workloads if workload.autoscaler is not None]
    if not scaled or not any(workload.most > workload.replicas for workload in scaled):
        return
    full = Trial(_at_most(app.cluster, scaled), app.trial.settings)
    for workload in scaled:
        assert workload.autoscaler is not None
        before, after = app.trial.pending_of(workload.maker), full.pending_of(workload.maker)
        manifest = app.manifest_of("HorizontalPodAutoscaler", workload.maker.namespace, workload.autoscaler.name)
        if len(after) > len(before) and manifest is not None:
            reason = next(iter(after.values()))
            message = f"{counted(len(after), 'pod')} of {workload.most} find no place: {reason}"
            yield Smell(manifest, ("spec", "maxReplicas"), message, _ROOM)


def _is_missing(metric: Metric, place: Place, workload: Workload) -> bool:
    """Whether the metric asks for a request that the container lacks."""
    if metric.source is MetricSource.RESOURCE:
        by_pod = metric.name in workload.spec.resources.requests
        return metric.name not in place.means.declared and not by_pod
    is_meant = metric.source is MetricSource.CONTAINER_RESOURCE and metric.container == place.means.name
    return is_meant and metric.name not in place.means.declared


def _at_most(cluster: Cluster, scaled: list[Workload]) -> Cluster:
    """The cluster with as many replicas as its autoscalers may make, and without the autoscalers."""
    most = {id(one.maker): one.most for one in scaled}
    return replace(
        cluster,
        deployments=tuple(replace(one, replicas=most.get(id(one), one.replicas)) for one in cluster.deployments),
        stateful_sets=tuple(replace(one, replicas=most.get(id(one), one.replicas)) for one in cluster.stateful_sets),
        autoscalers=(),
    )

"""Manifests without what no control plane beside Kubernetes has: of the workloads, those that run on and on.

What gets lost on the way is named: models/schemas/counterparts.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from models.cluster import Cluster
from models.daemonset import DaemonSet
from models.deployment import Deployment
from models.labels import LabelSelector
from models.pod import PodTemplate
from models.statefulset import StatefulSet

KUBERNETES_DEFAULT = 30.0
"""terminationGracePeriodSeconds of a manifest that does not say it, and of one that says what holds anyway."""
_NOBODY = LabelSelector()
"""What the service of one Pod selects: what runs belongs to its service, whatever its labels."""

Read = Callable[[PodTemplate], PodTemplate]
"""How a control plane reads a template."""


def as_services(cluster: Cluster, read: Read) -> Cluster:
    """The cluster with workloads alone; ReplicaSets and Pods are as Deployments are."""
    alone = [
        Deployment(each.name, read(each.template), each.selector, each.namespace, each.replicas, kind=each.kind)
        for each in cluster.replica_sets
    ]
    pods = [single(each.name, each.namespace, read(each.template)) for each in cluster.pods]
    numbered = [
        replace(each, template=read(each.template), on_delete=False, partition=0, volume_claim_templates=())
        for each in cluster.stateful_sets
    ]
    return with_workloads_alone(cluster, [*deployments(cluster, read), *alone, *pods], numbered, read)


def with_workloads_alone(
    cluster: Cluster, services: Sequence[Deployment], stateful_sets: Sequence[StatefulSet], read: Read
) -> Cluster:
    """The cluster with these and its DaemonSets, and without all that needs Kubernetes' other loops."""
    return replace(
        cluster,
        storage_classes=(),
        volumes=(),
        claims=(),
        quotas=(),
        budgets=(),
        daemon_sets=tuple(_everywhere(each, read) for each in cluster.daemon_sets),
        deployments=tuple(services),
        replica_sets=(),
        stateful_sets=tuple(stateful_sets),
        pods=(),
        jobs=(),
        cron_jobs=(),
        autoscalers=(),
    )


def deployments(cluster: Cluster, read: Read) -> list[Deployment]:
    """Its Deployments, updated at once and not step by step."""
    return [replace(each, template=read(each.template), progression=None) for each in cluster.deployments]


def single(name: str, namespace: str, template: PodTemplate) -> Deployment:
    """The service of one Pod."""
    return Deployment(name, template, _NOBODY, namespace, 1, kind="Pod")


def _everywhere(daemon_set: DaemonSet, read: Read) -> DaemonSet:
    return replace(daemon_set, template=read(daemon_set.template), on_delete=False)


def bare(template: PodTemplate, **spec: Any) -> PodTemplate:
    """The template without what Kubernetes alone looks at; `spec`: further fields of its Pods."""
    return replace(
        template,
        deletion_cost=0,
        spec=replace(
            template.spec,
            scheduling_gates=(),
            readiness_gates=(),
            claims=(),
            ephemeral_claims=(),
            priority_class_name=None,
            priority=0,
            active_deadline=None,
            **spec,
        ),
    )


def grace_period(template: PodTemplate, default: float, said: float | None = None) -> float:
    """Seconds from the stop signal to SIGKILL: what is said of all, else the manifest's, if it is not `default`'s turn.

    `default` is the control plane's own: it holds where the manifest says what it need not say in Kubernetes.
    """
    grace = template.spec.termination_grace_period
    return said if said is not None else default if grace == KUBERNETES_DEFAULT else grace

"""Manifests as Docker Swarm would have them: services of tasks, one healthcheck, no hooks, claims or init containers.

What gets lost on the way is named: models/schemas/counterparts/swarm.yaml.
"""

from dataclasses import replace

from models.cluster import Cluster
from models.daemonset import DaemonSet
from models.deployment import Deployment
from models.labels import LabelSelector
from models.pod import Container, PodTemplate, Probe
from models.statefulset import StatefulSet

STOP_GRACE_PERIOD = 10.0
"""Seconds from the stop signal to SIGKILL by default."""
KUBERNETES_DEFAULT = 30.0
"""terminationGracePeriodSeconds of a manifest that does not say it, and of one that says what holds anyway."""

_NOBODY = LabelSelector()
"""What a service of one Pod selects: tasks belong to their service, whatever their labels."""


def as_services(cluster: Cluster, start_period: float, stop_grace_period: float | None) -> Cluster:
    """The cluster without what Swarm has no counterpart for; ReplicaSets and Pods are services, as Deployments are."""

    def read(template: PodTemplate) -> PodTemplate:
        return _task(template, start_period, stop_grace_period)

    alone = [
        Deployment(each.name, read(each.template), each.selector, each.namespace, each.replicas, kind=each.kind)
        for each in cluster.replica_sets
    ]
    pods = [Deployment(each.name, read(each.template), _NOBODY, each.namespace, 1, kind="Pod") for each in cluster.pods]
    deployments = [replace(each, template=read(each.template), progression=None) for each in cluster.deployments]
    return replace(
        cluster,
        storage_classes=(),
        volumes=(),
        claims=(),
        quotas=(),
        budgets=(),
        daemon_sets=tuple(_global(each, read(each.template)) for each in cluster.daemon_sets),
        deployments=(*deployments, *alone, *pods),
        replica_sets=(),
        stateful_sets=tuple(_replicated(each, read(each.template)) for each in cluster.stateful_sets),
        pods=(),
        jobs=(),
        cron_jobs=(),
        autoscalers=(),
    )


def _global(daemon_set: DaemonSet, template: PodTemplate) -> DaemonSet:
    return replace(daemon_set, template=template, on_delete=False)


def _replicated(stateful_set: StatefulSet, template: PodTemplate) -> StatefulSet:
    return replace(stateful_set, template=template, on_delete=False, partition=0, volume_claim_templates=())


def _task(template: PodTemplate, start_period: float, stop_grace_period: float | None) -> PodTemplate:
    spec = template.spec
    grace = spec.termination_grace_period
    if stop_grace_period is not None:
        grace = stop_grace_period
    elif grace == KUBERNETES_DEFAULT:
        grace = STOP_GRACE_PERIOD
    return replace(
        template,
        deletion_cost=0,
        spec=replace(
            spec,
            containers=tuple(_container(each, start_period) for each in spec.containers),
            init_containers=(),
            scheduling_gates=(),
            readiness_gates=(),
            claims=(),
            ephemeral_claims=(),
            priority_class_name=None,
            priority=0,
            termination_grace_period=grace,
            active_deadline=None,
            restart_policy="Always",
        ),
    )


def _container(container: Container, start_period: float) -> Container:
    """Its healthcheck stands where its liveness probe stood."""
    return replace(
        container,
        liveness=_healthcheck(container, start_period),
        readiness=None,
        startup=None,
        pre_stop=0.0,
        post_start=0.0,
        restart_policy=None,
    )


def _healthcheck(container: Container, least: float) -> Probe | None:
    """The liveness probe, or else the readiness probe; the start-up probe, or its delay, gives the start period."""
    probe = container.liveness or container.readiness or container.startup
    if probe is None:
        return None
    startup = container.startup
    start_period = max(least, probe.initial_delay)
    if startup is not None:
        start_period = max(start_period, startup.initial_delay + startup.failure_threshold * startup.period)
    return replace(probe, initial_delay=start_period, success_threshold=1, grace_period=None)

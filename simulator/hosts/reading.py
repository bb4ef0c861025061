"""Manifests as people with plain hosts would have them: a unit on each host of a list, and a server line for it.

What gets lost on the way is named: models/schemas/counterparts/plainHosts.yaml.
"""

from dataclasses import replace

from models.cluster import Cluster
from models.daemonset import DaemonSet
from models.deployment import Deployment
from models.labels import LabelSelector
from models.pod import Container, PodTemplate, Probe
from models.statefulset import StatefulSet
from simulator.hosts.options import Checks

TIMEOUT_STOP = 90.0
"""TimeoutStopSec: seconds from SIGTERM to SIGKILL by default."""
KUBERNETES_DEFAULT = 30.0
"""terminationGracePeriodSeconds of a manifest that does not say it, and of one that says what holds anyway."""
AT_ONCE = 0.001
"""Seconds from when checks would fail, or pass, to the load balancers' counting them from then on."""
_NOBODY = LabelSelector()
"""What the unit of one Pod selects: units belong to their list, whatever their labels."""


def as_units(cluster: Cluster, checks: Checks) -> Cluster:
    """The cluster without what plain hosts have no counterpart for; ReplicaSets and Pods are as Deployments are."""

    def read(template: PodTemplate) -> PodTemplate:
        return _unit(template, checks)

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
        daemon_sets=tuple(_everywhere(each, read(each.template)) for each in cluster.daemon_sets),
        deployments=(*deployments, *alone, *pods),
        replica_sets=(),
        stateful_sets=tuple(_numbered(each, read(each.template)) for each in cluster.stateful_sets),
        pods=(),
        jobs=(),
        cron_jobs=(),
        autoscalers=(),
    )


def _everywhere(daemon_set: DaemonSet, template: PodTemplate) -> DaemonSet:
    return replace(daemon_set, template=template, on_delete=False)


def _numbered(stateful_set: StatefulSet, template: PodTemplate) -> StatefulSet:
    return replace(stateful_set, template=template, on_delete=False, partition=0, volume_claim_templates=())


def _unit(template: PodTemplate, checks: Checks) -> PodTemplate:
    spec = template.spec
    grace = spec.termination_grace_period
    return replace(
        template,
        deletion_cost=0,
        spec=replace(
            spec,
            containers=tuple(_process(each, checks) for each in spec.containers),
            init_containers=(),
            scheduling_gates=(),
            readiness_gates=(),
            claims=(),
            ephemeral_claims=(),
            priority_class_name=None,
            priority=0,
            termination_grace_period=TIMEOUT_STOP if grace == KUBERNETES_DEFAULT else grace,
            active_deadline=None,
            restart_policy="OnFailure" if spec.restart_policy == "Never" else spec.restart_policy,
        ),
    )


def _process(container: Container, checks: Checks) -> Container:
    """HAProxy asks in place of its readiness probe, by its own numbers; a liveness probe is left to say WatchdogSec.

    A busy process goes on to ping its watchdog, whatever its users wait for: no time-out of that probe is kept.
    """
    liveness, readiness = container.liveness, container.readiness
    return replace(
        container,
        liveness=None if liveness is None else replace(liveness, timeout=0.0, grace_period=None),
        readiness=None if readiness is None else _check(readiness, checks),
        startup=None,
        pre_stop=0.0,
        post_start=0.0,
        restart_policy=None,
    )


def _check(probe: Probe, checks: Checks) -> Probe:
    """A single attempt: it is the load balancers that count them."""
    return replace(
        probe,
        initial_delay=0.0,
        period=AT_ONCE,
        timeout=checks.timeout,
        failure_threshold=1,
        success_threshold=1,
    )

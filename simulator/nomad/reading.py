"""Manifests as Nomad would have them: service and system jobs of one group each, checks in place of probes.

Init containers are prestart tasks, sidecars prestart tasks that run on, preStop sleeps are shutdown_delay. What gets
lost on the way is named: models/schemas/counterparts/nomad.yaml.
"""

from dataclasses import replace

from models.cluster import Cluster
from models.deployment import Deployment, ReplicaSet
from models.pod import Container, PodTemplate, Probe
from models.statefulset import StatefulSet
from simulator.orchestrators.reading import bare, deployments, grace_period, single, with_workloads_alone

KILL_TIMEOUT = 5.0
"""Seconds from the kill signal to SIGKILL by default."""
LONGEST_KILL_TIMEOUT = 30.0
"""What clients allow at most (max_kill_timeout)."""
SHORTEST_INTERVAL = 1.0
"""Seconds between two runs of a check at least."""
CHECK_RESTART_GRACE = 1.0
"""Seconds after the start of a task in which check_restart ignores its checks, by default."""


def as_jobs(cluster: Cluster, kill_timeout: float | None) -> Cluster:
    """The cluster with service jobs, as Deployments, and system jobs, as DaemonSets, and no other workloads."""

    def read(template: PodTemplate) -> PodTemplate:
        return _group(template, kill_timeout)

    services = deployments(cluster, read)
    alone: list[ReplicaSet | StatefulSet] = [*cluster.replica_sets, *cluster.stateful_sets]
    services += [
        Deployment(
            each.name,
            read(each.template),
            each.selector,
            each.namespace,
            each.replicas,
            min_ready_seconds=each.min_ready_seconds,
            kind=each.kind if isinstance(each, ReplicaSet) else "StatefulSet",
        )
        for each in alone
    ]
    pods = [each for each in cluster.pods if not each.template.is_static]
    services += [single(each.name, each.namespace, read(each.template)) for each in pods]
    return with_workloads_alone(cluster, services, (), read)


def _group(template: PodTemplate, kill_timeout: float | None) -> PodTemplate:
    spec = template.spec
    return bare(
        template,
        containers=tuple(map(_task, spec.containers)),
        init_containers=tuple(map(_task, spec.init_containers)),
        termination_grace_period=min(grace_period(template, KILL_TIMEOUT, kill_timeout), LONGEST_KILL_TIMEOUT),
        restart_policy="Always",
    )


def _task(container: Container) -> Container:
    """Its check stands where its readiness probe stood, and the limit of check_restart where its liveness probe did."""
    return replace(
        container,
        readiness=None if container.readiness is None else _check(container.readiness),
        liveness=_check_restart(container),
        startup=None,
        post_start=0.0,
    )


def _check(probe: Probe) -> Probe:
    return replace(
        probe, initial_delay=0.0, period=max(SHORTEST_INTERVAL, probe.period), success_threshold=1, failure_threshold=1
    )


def _check_restart(container: Container) -> Probe | None:
    """The liveness probe, with a grace period as long as the start-up probe allows."""
    if container.liveness is None:
        return None
    startup = container.startup
    grace = max(CHECK_RESTART_GRACE, container.liveness.initial_delay)
    if startup is not None:
        grace = max(grace, startup.initial_delay + startup.failure_threshold * startup.period)
    return replace(
        container.liveness,
        initial_delay=grace,
        period=max(SHORTEST_INTERVAL, container.liveness.period),
        success_threshold=1,
        grace_period=None,
    )

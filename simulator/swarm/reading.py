"""Manifests as Docker Swarm would have them: services of tasks, one healthcheck, no hooks, claims or init containers.

What gets lost on the way is named: models/schemas/counterparts/swarm.yaml.
"""

from dataclasses import replace

from models.cluster import Cluster
from models.pod import Container, PodTemplate, Probe
from simulator.orchestrators.reading import as_services, bare, grace_period

STOP_GRACE_PERIOD = 10.0
"""Seconds from the stop signal to SIGKILL by default."""


def as_tasks(cluster: Cluster, start_period: float, stop_grace_period: float | None) -> Cluster:
    """The cluster without what Swarm has no counterpart for; ReplicaSets and Pods are services, as Deployments are."""
    return as_services(cluster, lambda template: _task(template, start_period, stop_grace_period))


def _task(template: PodTemplate, start_period: float, stop_grace_period: float | None) -> PodTemplate:
    return bare(
        template,
        containers=tuple(_container(each, start_period) for each in template.spec.containers),
        init_containers=(),
        termination_grace_period=grace_period(template, STOP_GRACE_PERIOD, stop_grace_period),
        restart_policy="Always",
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

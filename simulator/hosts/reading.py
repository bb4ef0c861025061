"""Manifests as people with plain hosts would have them: a unit on each host of a list, and a server line for it.

What gets lost on the way is named: models/schemas/counterparts/plainHosts.yaml.
"""

from dataclasses import replace

from models.cluster import Cluster
from models.pod import Container, PodTemplate, Probe
from simulator.hosts.options import Checks
from simulator.orchestrators.reading import as_services, bare, grace_period

TIMEOUT_STOP = 90.0
"""TimeoutStopSec: seconds from SIGTERM to SIGKILL by default."""
AT_ONCE = 0.001
"""Seconds from when checks would fail, or pass, to the load balancers' counting them from then on."""


def as_units(cluster: Cluster, checks: Checks) -> Cluster:
    """The cluster without what plain hosts have no counterpart for; ReplicaSets and Pods are as Deployments are."""
    return as_services(cluster, lambda template: _unit(template, checks))


def _unit(template: PodTemplate, checks: Checks) -> PodTemplate:
    spec = template.spec
    return bare(
        template,
        containers=tuple(_process(each, checks) for each in spec.containers),
        init_containers=(),
        termination_grace_period=grace_period(template, TIMEOUT_STOP),
        restart_policy="OnFailure" if spec.restart_policy == "Never" else spec.restart_policy,
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

"""Checks of a task's service: what makes it routable, and what check_restart makes of one that stays bad.

Source: client/serviceregistration (checks; watcher for check_restart), command/agent/consul. A check runs every
interval, from a random moment in the first one on. Its service is in the catalogue from the start, and given to clients
once the check passes; without a check, at once. With check_restart a task is restarted when its check has been bad for
interval x (limit - 1), from the end of the grace period on, as seen by a look every second.
"""

import math

from models.pod import Container
from simulator.kubelet.probes import ProbeTimeline
from simulator.nomad.latencies import CHECK_POLL


def timeline(container: Container, startup: float, phase: float) -> ProbeTimeline:
    """What checks do to a task whose application is up `startup` seconds after its start.

    `phase` in [0, 1) is where in the first interval they run for the first time.
    """
    ready = 0.0
    if container.readiness is not None:
        ready = first_pass(container.readiness.period, startup, phase)
    restart = container.liveness
    if restart is not None:
        passes = first_pass(restart.period, startup, phase)
        seen_bad = (phase + math.ceil(max(0.0, restart.initial_delay / CHECK_POLL - phase))) * CHECK_POLL
        killed = seen_bad + math.ceil(restart.period * (restart.failure_threshold - 1) / CHECK_POLL) * CHECK_POLL
        if killed < passes:
            return ProbeTimeline(None, ready if ready < killed else None, killed)
    return ProbeTimeline(0.0, ready, None)


def first_pass(interval: float, startup: float, phase: float) -> float:
    """The first run of a check at which the application is up."""
    return (phase + math.ceil(max(0.0, startup / interval - phase))) * interval

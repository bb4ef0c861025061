"""When probes find out: from the start of a container to its readiness, or to its being killed.

Source: pkg/kubelet/prober. The start-up and liveness workers tick every period, in a phase of their own; a container
that is started but not ready is asked for readiness at once and then every period. An attempt fails while the
application is not up; attempts before initialDelaySeconds are skipped.
"""

import math
from typing import NamedTuple

from models.pod import Container, Probe


class ProbeTimeline(NamedTuple):
    """Seconds after the start of the container; the one that cannot happen is None."""

    started_after: float | None
    ready_after: float | None
    killed_after: float | None


def timeline(container: Container, startup: float, phase: float, begin: float = 0.0) -> ProbeTimeline:
    """What probes do to a container whose application is up `startup` seconds after its start.

    `phase` in [0, 1) is where in their period the start-up and liveness workers are when the container starts. Nobody
    asks before `begin`, when the postStart hook has returned; with a hook that never does (`sleep infinity`), what the
    probes would find out is infinitely far away.
    """
    if begin == math.inf:
        return ProbeTimeline(begin, begin, None)
    started = begin
    if container.startup is not None:
        killed = _given_up(container.startup, startup, phase, begin)
        if killed is not None:
            return ProbeTimeline(None, None, killed)
        started = _first_tick(container.startup, max(startup, container.startup.initial_delay, begin), phase)
    elif container.liveness is not None:
        killed = _given_up(container.liveness, startup, phase, begin)
        if killed is not None:
            # Without a readiness probe it counts as ready all the while.
            return ProbeTimeline(begin, begin if container.readiness is None else None, killed)
    readiness = container.readiness
    if readiness is None:
        return ProbeTimeline(started, started, None)
    due = max(startup, readiness.initial_delay) - started
    attempts = max(0, math.ceil(due / readiness.period)) + readiness.success_threshold - 1
    return ProbeTimeline(started, started + attempts * readiness.period, None)


def _first_tick(probe: Probe, not_before: float, phase: float) -> float:
    offset = phase * probe.period
    return offset + max(0, math.ceil((not_before - offset) / probe.period)) * probe.period


def _given_up(probe: Probe, startup: float, phase: float, begin: float) -> float | None:
    """When the failureThreshold-th attempt fails, if the application is not up by then."""
    last = _first_tick(probe, max(probe.initial_delay, begin), phase) + (probe.failure_threshold - 1) * probe.period
    return last if last < startup else None

"""The healthcheck of a task: one command that says whether it is ready and whether it is to live.

Source: moby daemon/health.go. The first result comes an interval after the start, the others an interval after the one
before; within the start period, if there is one, every 5 s, and failures do not count. A task runs, and is routable,
after its first good result, at once without a healthcheck; after `failure_threshold` bad ones in a row it is killed.
"""

import math

from models.pod import Probe
from simulator.kubelet.probes import ProbeTimeline

START_INTERVAL = 5.0
"""Seconds from one result to the next in the start period (start_interval)."""


def timeline(check: Probe | None, startup: float) -> ProbeTimeline:
    """What the healthcheck does to a task whose application is up `startup` seconds after its start."""
    if check is None:
        return ProbeTimeline(0.0, 0.0, None)
    begin = check.initial_delay
    if begin > 0 and (early := _first(START_INTERVAL, startup)) <= begin:
        return ProbeTimeline(early, early, None)
    if startup > begin + check.failure_threshold * check.period:
        return ProbeTimeline(None, None, begin + check.failure_threshold * check.period)
    healthy = begin + _first(check.period, startup - begin)
    return ProbeTimeline(healthy, healthy, None)


def _first(interval: float, startup: float) -> float:
    """The first result at which the application is up."""
    return interval * max(1, math.ceil(startup / interval))

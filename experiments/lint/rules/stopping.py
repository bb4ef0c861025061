"""How pods stop: what is lost between SIGTERM and the last client's knowing of it.

Source: pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer); pkg/proxy.
"""

import math
from collections.abc import Iterator

from experiments.lint.application import Application, Workload
from experiments.lint.finding import Severity
from experiments.lint.patch import Patch
from experiments.lint.rule import Smell, rule
from models.input.problems import Path
from models.traffic import ENDPOINT_LAG
from models.units import format_duration

_LATE = 0.95
"""The share of the changes that clients are to know of before a pod stops."""
TO_FINISH = 30
"""Seconds that are left for requests that are under way: the grace period that pods have by default."""
_SLEEP = 5
"""Seconds that clients get where nothing says how late they are: twice and a half the default lag's 95 % quantile."""


@rule(
    "grace-shorter-than-pre-stop",
    Severity.ERROR,
    effect="the preStop hook uses up the grace period: the process gets 2 s after SIGTERM, then SIGKILL, and "
    "requests that are under way are cut, at each drain, rollout and scaling down",
)
def grace_shorter_than_pre_stop(app: Application) -> Iterator[Smell]:
    """The preStop hook takes as long as terminationGracePeriodSeconds, which counts from before it, or longer."""
    for workload in app.workloads:
        grace = workload.spec.termination_grace_period
        slowest = max(workload.containers, key=lambda place: place.means.pre_stop or 0.0, default=None)
        if slowest is None or not slowest.means.pre_stop or slowest.means.pre_stop < grace:
            continue
        path = (*workload.pod, "terminationGracePeriodSeconds")
        hook = slowest.means.pre_stop
        message = f"the preStop hook of container {slowest.means.name} takes {_seconds(hook)} of {grace:g} s of grace"
        if hook == math.inf:
            mend, patch = "a hook that ends", None
        else:
            enough = math.ceil(hook) + TO_FINISH
            mend, patch = f"terminationGracePeriodSeconds: {enough}", Patch.of(workload.manifest, path, enough)
        yield Smell(workload.manifest, path, message, mend, patch)


@rule(
    "pre-stop-shorter-than-endpoint-lag",
    Severity.WARNING,
    effect="for a moment at each drain, rollout and scaling down requests go to a pod that has stopped, and fail",
)
def pre_stop_shorter_than_endpoint_lag(app: Application) -> Iterator[Smell]:
    """A pod behind a Service stops before its clients know of it, for want of a preStop sleep that is long enough.

    Clients are late by what the experiment says of the traffic to the Service (endpointLag), else by 2 s in one of 20
    changes. Without any hook it is only an info: the process may itself go on to answer after SIGTERM, which
    `behaviour.answersWhileStopping` of an experiment says. One container that waits is not enough: each that answers
    has to. Hooks of which nobody can tell how long they take are not judged, nor is the only pod of a StatefulSet: its
    clients have nobody else to go to, and its replacement waits for its end.
    """
    for workload in app.workloads:
        is_alone = workload.manifest.kind == "StatefulSet" and workload.most < 2
        if not workload.serves or not workload.proxied or is_alone:
            continue
        if app.behaviour_of(workload).answers_while_stopping:
            continue
        lag = endpoint_lag(app, workload)
        for place in workload.containers:
            hook, ports = place.means.pre_stop, place.written.get("ports")
            if hook is None or hook >= lag or not ports or place.path[-2] != "containers":
                continue
            said = f"1 of 20 changes of the endpoints takes {lag:.2g} s or more to reach the clients"
            path = (*place.path, "lifecycle", "preStop")
            does = f"waits {_seconds(hook)}" if hook else "has no preStop hook"
            message = f"container {place.means.name} {does}, and {said}"
            sleep = max(_SLEEP, math.ceil(lag))
            mend, patch = _longer(workload, path, sleep)
            severity = Severity.WARNING if hook else Severity.INFO
            yield Smell(workload.manifest, path, message, mend, patch, severity)


@rule(
    "no-grace",
    Severity.WARNING,
    effect="requests that are under way are cut at each drain, rollout and scaling down; of a StatefulSet two pods "
    "of one name may run at once",
)
def no_grace(app: Application) -> Iterator[Smell]:
    """Pods behind a Service, or of a StatefulSet, are killed at once when they are deleted."""
    for workload in app.workloads:
        if workload.spec.termination_grace_period == 0 and (workload.serves or workload.manifest.kind == "StatefulSet"):
            path = (*workload.pod, "terminationGracePeriodSeconds")
            patch = Patch.of(workload.manifest, path, TO_FINISH)
            yield Smell(workload.manifest, path, "it has no grace period", f"{path[-1]}: {TO_FINISH}", patch)


def _longer(workload: Workload, path: Path, sleep: int) -> tuple[str, Patch | None]:
    """What has a container wait so long, and the change; a grace period that would be too short comes first."""
    mend = f"preStop: {{sleep: {{seconds: {sleep}}}}}"
    if workload.spec.termination_grace_period <= sleep:
        enough = sleep + TO_FINISH
        grace = Patch.of(workload.manifest, (*workload.pod, "terminationGracePeriodSeconds"), enough)
        return f"{mend}, and terminationGracePeriodSeconds: {enough}", grace
    hook = workload.written(*path)
    if not hook:
        return mend, Patch.of(workload.manifest, path, {"sleep": {"seconds": sleep}})
    return mend, Patch.of(workload.manifest, (*path, "sleep", "seconds"), sleep) if "sleep" in hook else None


def endpoint_lag(app: Application, workload: Workload) -> float:
    """How late clients hear of a change in one of 20 cases, by the latest of its Services with a proxy."""
    lags = (app.lag_by_service.get((one.namespace, one.name), ENDPOINT_LAG) for one in workload.proxied)
    return max(lag.age_at(-math.log(1 - _LATE)) for lag in lags)


def _seconds(time: float) -> str:
    return "for ever" if time == math.inf else format_duration(time)

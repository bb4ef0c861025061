"""Probes: when a pod gets requests, and when it is killed."""

import math
from collections.abc import Iterator

from experiments.lint.application import Application
from experiments.lint.finding import Severity
from experiments.lint.patch import Patch
from experiments.lint.rule import Smell, rule
from models.behaviour import PodBehaviour

_HANDLERS = ("httpGet", "tcpSocket", "grpc", "exec")
_TOO_SOON, _LONG_ENOUGH = 2, 3
"""How many times as long as it takes to find a container unready it is left alone: less than so much is found, and
mended to so much. Both are our choice."""


@rule(
    "no-readiness-probe",
    Severity.WARNING,
    effect="pods get requests before they can answer, at each start and in each rollout, and a rollout of a release "
    "that does not work goes through to the last pod",
)
def no_readiness_probe(app: Application) -> Iterator[Smell]:
    """No container of a workload behind a Service says when it is ready.

    One probe in the pod is enough, and so is a readiness gate. Pods of DaemonSets and Jobs are not judged, nor are
    those whose Services publish them before they are ready.
    """
    for workload in app.workloads:
        asking = [service for service in workload.services if not service.publish_not_ready_addresses]
        places = list(workload.containers)
        if not workload.serves or not asking or workload.spec.readiness_gates or not places:
            continue
        if not any(place.means.readiness for place in places):
            message = f"no container has a readinessProbe, and Service {asking[0].name} sends requests"
            mend = "a readinessProbe that asks for what a request needs"
            yield Smell(workload.manifest, places[0].path, message, mend)


@rule(
    "liveness-is-readiness",
    Severity.WARNING,
    effect="under overload pods are restarted rather than relieved: the others get their share, and fall in turn",
)
def liveness_is_readiness(app: Application) -> Iterator[Smell]:
    """The liveness probe asks the same as the readiness probe, and kills soon after that takes out of the Service.

    To ask the same is well where the liveness probe waits at least twice as long (periodSeconds x failureThreshold).

    Source: the documentation of Kubernetes on probes; docs of kube-score (README_PROBES).
    """
    for workload in app.workloads:
        if not workload.serves:
            continue
        for place in workload.containers:
            liveness, readiness = place.means.liveness, place.means.readiness
            if liveness is None or readiness is None:
                continue
            asked = [{key: place.written[probe].get(key) for key in _HANDLERS} for probe in _PROBES]
            unready = readiness.period * readiness.failure_threshold
            killed = liveness.period * liveness.failure_threshold
            if asked[0] != asked[1] or killed >= _TOO_SOON * unready:
                continue
            threshold = math.ceil(_LONG_ENOUGH * unready / liveness.period)
            path = (*place.path, "livenessProbe")
            message = (
                f"container {place.means.name} is killed {killed:g} s after it ceases to answer, for what takes it out "
                f"of the Service after {unready:g} s"
            )
            mend = f"failureThreshold: {threshold}, a question that overload does not fail, or no liveness probe"
            patch = Patch.of(workload.manifest, (*path, "failureThreshold"), threshold)
            yield Smell(workload.manifest, path, message, mend, patch)


_PROBES = ("livenessProbe", "readinessProbe")


@rule(
    "killed-while-starting",
    Severity.WARNING,
    effect="a start that takes long is cut off and begun anew, later each time: the pod may never come up",
    needs_cluster=True,
)
def killed_while_starting(app: Application) -> Iterator[Smell]:
    """The liveness probe, or start-up probe, gives up before starts are over that are as long as one in 20 is.

    How long they are is what the experiment says (behaviour.startup); where it says nothing, nothing is judged. A
    start-up probe holds the liveness probe back.
    """
    for workload, place in app.running():
        startup, probe = app.behaviour_of(workload).startup, place.means.startup or place.means.liveness
        if probe is None or startup == PodBehaviour().startup:
            continue
        longest = startup.age_at(-math.log(0.05))
        patience = probe.initial_delay + probe.period * probe.failure_threshold
        if patience < longest:
            name = "startupProbe" if place.means.startup is not None else "livenessProbe"
            path = (*place.path, name)
            message = (
                f"container {place.means.name} is killed after about {patience:g} s, and one start in 20 takes "
                f"{longest:.3g} s or more"
            )
            threshold = math.ceil((longest - probe.initial_delay) / probe.period)
            mend = f"a startupProbe that waits longer, as with failureThreshold: {threshold}"
            patch = Patch.of(workload.manifest, (*path, "failureThreshold"), threshold)
            yield Smell(workload.manifest, path, message, mend, patch if name == "startupProbe" else None)

"""Readiness probes: when a pod gets requests, and when a rollout or a drain may take the next."""

from collections.abc import Iterator
from typing import Any

from experiments.advice.candidate import Candidate, mend
from experiments.advice.change import Change
from experiments.advice.situation import Situation
from experiments.attribution.stages import Stage
from experiments.lint.application import Place, Workload, written

PERIOD = 2
"""Seconds between two looks of a probe that is added, or made faster."""


@mend("readiness-probe")
def readiness_probe(situation: Situation) -> Iterator[Candidate]:
    """A readiness probe: of pods without one whose start costs downtime, or requests.

    It asks for a connection; a probe that asks for what a request needs knows more.
    """
    for workload in situation.workloads():
        because = situation.evidence(workload, Stage.START, Stage.RESTART, Stage.BAD_RELEASE, Stage.BAD_CONFIGURATION)
        if not because and situation.traffic_of(workload):
            because = "requests may reach pods that do not answer yet"
        places = [place for place in workload.containers if place.path[-2] == "containers"]
        if not because or not workload.serves or any(place.means.readiness for place in workload.containers):
            continue
        for place in places:
            port = _port(situation, workload, place)
            if port is not None:
                probe = {"tcpSocket": {"port": port}, "periodSeconds": PERIOD}
                change = Change.of_container(workload, place, {"readinessProbe": probe})
                words = f"a readinessProbe of container {place.means.name} every {PERIOD} s"
                yield Candidate("readiness-probe", (workload.title,), words, because, (change,))
                break


@mend("readiness-period")
def readiness_period(situation: Situation) -> Iterator[Candidate]:
    """A readiness probe every 2 s: of pods whose slower one is what downtime waits for."""
    for workload in situation.workloads():
        because = situation.evidence(workload, Stage.NOT_READY)
        for place in workload.containers if because and workload.serves else ():
            probe = place.means.readiness
            if probe is not None and (probe.period > PERIOD or probe.initial_delay > PERIOD):
                patience = max(probe.failure_threshold, round(probe.failure_threshold * probe.period / PERIOD))
                faster = {"periodSeconds": PERIOD, "initialDelaySeconds": 0, "failureThreshold": patience}
                change = Change.of_container(workload, place, {"readinessProbe": faster})
                words = f"the readinessProbe of container {place.means.name} every {PERIOD} s"
                was = f"{probe.period:g} s" + (f" after {probe.initial_delay:g} s" if probe.initial_delay else "")
                yield Candidate("readiness-period", (workload.title,), f"{words} instead of {was}", because, (change,))
                break


def _port(situation: Situation, workload: Workload, place: Place) -> Any:
    """A port to knock at: the container's first, or the one that its Service sends to; None if nobody says one."""
    for port in place.written.get("ports") or ():
        if port.get("protocol", "TCP") == "TCP" and "containerPort" in port:
            return port["containerPort"]
    for service in workload.services:
        manifest = situation.application.manifest_of("Service", service.namespace, service.name)
        for port in (manifest and written(manifest, "spec", "ports")) or ():
            target = port.get("targetPort", port.get("port"))
            if isinstance(target, int) and port.get("protocol", "TCP") == "TCP":
                return target
    return None

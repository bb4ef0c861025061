"""Requests and limits: who goes first when a node runs short.

Source: pkg/apis/core/v1/defaults.go, pkg/kubelet/eviction, pkg/kubelet/qos/policy.go (OOM scores).
"""

from collections.abc import Iterator
from typing import Any

from experiments.lint.application import Application, Place
from experiments.lint.finding import Severity
from experiments.lint.patch import Patch
from experiments.lint.rule import Smell, rule


@rule(
    "no-requests",
    Severity.WARNING,
    effect="the scheduler takes the container to need nothing: nodes are filled beyond what they have, and where one"
    " runs short, its pods are the first to be evicted or OOM-killed (memory), or starve (CPU)",
)
def no_requests(app: Application) -> Iterator[Smell]:
    """A container has no request for memory or for CPU, be it its own, of its limit, its pod or a LimitRange.

    CPU alone is an info: it can be had again as soon as others leave it. Containers of Jobs are not judged.
    """
    for workload, place in app.running():
        missing = [
            name
            for name in ("memory", "cpu")
            if name not in place.means.declared and name not in workload.spec.resources.requests
        ]
        if missing:
            asked = " and ".join(missing)
            message = f"container {place.means.name} requests no {asked.replace(' and ', ' and no ')}"
            severity = Severity.WARNING if "memory" in missing else Severity.INFO
            mend = f"requests for {asked}, at what it uses when it is busy"
            yield Smell(workload.manifest, (*place.path, "resources"), message, mend, None, severity)


@rule(
    "memory-limit-without-request",
    Severity.INFO,
    effect="the whole limit is reserved on the node, used or not: replicas may not be placed where there is room for"
    " them",
)
def memory_limit_without_request(app: Application) -> Iterator[Smell]:
    """A container has a limit for memory and no request of its own: the API server makes the limit the request.

    That is the safest there is, if it is meant: the mend says so in the manifest and changes nothing.
    """
    for workload, place in app.running():
        limit, request = _amount(place, "limits"), _amount(place, "requests")
        if limit is not None and request is None and not workload.spec.resources.requests:
            path = (*place.path, "resources", "requests", "memory")
            message = f"the request for memory of container {place.means.name} becomes its limit, {limit}"
            mend = f"requests: {{memory: {limit}}}, or less if it needs less"
            yield Smell(workload.manifest, path, message, mend, Patch.of(workload.manifest, path, limit))


@rule(
    "memory-without-limit",
    Severity.INFO,
    effect="a leak takes the memory of the whole node, and others there are evicted or OOM-killed for it",
)
def memory_without_limit(app: Application) -> Iterator[Smell]:
    """A container requests memory and has no limit for it."""
    for workload, place in app.running():
        asked = "memory" in place.means.declared
        if asked and "memory" not in place.means.limited and "memory" not in workload.spec.resources.limits:
            message = f"container {place.means.name} may use any amount of memory"
            yield Smell(workload.manifest, (*place.path, "resources"), message, "a limit for memory")


def _amount(place: Place, part: str) -> Any:
    """The amount of memory as it is written; None if none is."""
    amounts = (place.written.get("resources") or {}).get(part) or {}
    return amounts.get("memory")

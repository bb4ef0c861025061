"""The quality of service that a pod gets: who is thrown out first where a node runs short."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from models.pod import Container, PodSpec

_RESOURCES = ("cpu", "memory")
"""Other resources play no part."""


class QosClass(StrEnum):
    """status.qosClass."""

    GUARANTEED = "Guaranteed"
    BURSTABLE = "Burstable"
    BEST_EFFORT = "BestEffort"


def qos_class(spec: PodSpec) -> QosClass:
    """The class of the pods of a spec; what the pod as a whole requests is all that counts, if it requests anything.

    Source: pkg/apis/core/v1/helper/qos (ComputePodQOS).
    """
    requests, limits, limited = _of_the_pod(spec) if _is_set(spec) else _of_containers(spec)
    if not requests and not limits:
        return QosClass.BEST_EFFORT
    return QosClass.GUARANTEED if limited and requests == limits else QosClass.BURSTABLE


Sums = tuple[dict[str, int], dict[str, int], bool]
"""Requests and limits by resource, without zeros; and whether everything has limits of all resources."""


def _is_set(spec: PodSpec) -> bool:
    return bool(spec.resources.requests or spec.resources.limits)


def _of_the_pod(spec: PodSpec) -> Sums:
    requests, limits = (
        {name: amount for name in _RESOURCES if (amount := amounts.get(name, 0))}
        for amounts in (spec.resources.requests, spec.resources.limits)
    )
    return requests, limits, len(limits) == len(_RESOURCES)


def _of_containers(spec: PodSpec) -> Sums:
    containers: Iterable[Container] = (*spec.containers, *spec.init_containers)
    requests: Counter[str] = Counter()
    limits: Counter[str] = Counter()
    limited = True
    for container in containers:
        for name in _RESOURCES:
            requests[name] += container.requests.amount(name)
            limits[name] += container.limits.amount(name)
            limited = limited and container.limits.amount(name) > 0
    return dict(+requests), dict(+limits), limited

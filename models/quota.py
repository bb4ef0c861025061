"""ResourceQuotas: what the pods of a namespace may ask for together."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.labels import Operator
from models.pod import Container, PodAffinityTerm, PodSpec
from models.qos import QosClass, qos_class


class Scope(StrEnum):
    """Pods that a quota may be about."""

    TERMINATING = "Terminating"
    """Those with activeDeadlineSeconds."""
    NOT_TERMINATING = "NotTerminating"
    BEST_EFFORT = "BestEffort"
    NOT_BEST_EFFORT = "NotBestEffort"
    PRIORITY_CLASS = "PriorityClass"
    CROSS_NAMESPACE_POD_AFFINITY = "CrossNamespacePodAffinity"


@dataclass(frozen=True, slots=True)
class ScopeRequirement:
    """Picks the pods of a scope; by `operator` and `values` those of some priority classes, for that scope only."""

    scope: Scope
    operator: Operator = Operator.EXISTS
    values: tuple[str, ...] = ()

    def matches(self, spec: PodSpec) -> bool:
        """Whether pods of this spec are meant (pkg/quota/v1/evaluator/core/pods.go, podMatchesScopeFunc)."""
        match self.scope:
            case Scope.TERMINATING | Scope.NOT_TERMINATING:
                return (spec.active_deadline is not None) is (self.scope is Scope.TERMINATING)
            case Scope.BEST_EFFORT | Scope.NOT_BEST_EFFORT:
                return (qos_class(spec) is QosClass.BEST_EFFORT) is (self.scope is Scope.BEST_EFFORT)
            case Scope.CROSS_NAMESPACE_POD_AFFINITY:
                return any(term.namespaces or term.namespace_selector is not None for term in _affinity_terms(spec))
        name = spec.priority_class_name
        match self.operator:
            case Operator.EXISTS:
                return name is not None
            case Operator.DOES_NOT_EXIST:
                return name is None
            case Operator.IN:
                return name in self.values
        return name not in self.values


@dataclass(frozen=True, slots=True)
class ResourceQuota:
    """A limit on the sum over the pods of a namespace that are of all its scopes."""

    name: str
    hard: Mapping[str, int]
    """By resource ("pods", "requests.cpu", ...), in the units of `usage`."""
    namespace: str = "default"
    scopes: tuple[ScopeRequirement, ...] = ()

    def covers(self, spec: PodSpec) -> bool:
        """Whether pods of this spec count."""
        return all(scope.matches(spec) for scope in self.scopes)


OBJECTS = "count/pods"
"""The resource of which every pod has one as long as its object exists; all others end with its containers."""
_SHORT = ("cpu", "memory", "ephemeral-storage")
_MUST_BE_SET = {
    *("cpu", "memory", "requests.cpu", "requests.memory"),
    *("limits.cpu", "limits.memory"),
}


def is_of_pods(resource: str) -> bool:
    """Whether pods are charged for this resource of a quota."""
    base = resource.removeprefix("requests.")
    extended = base != resource and "/" in base and "storageclass.storage.k8s.io" not in base
    return (
        resource in ("pods", OBJECTS, *_SHORT)
        or resource.removeprefix("limits.") in _SHORT
        or base in _SHORT
        or base.startswith("hugepages-")
        or extended
    )


def usage(spec: PodSpec) -> dict[str, int]:
    """What a pod of this spec is charged, by resource: CPU in millicores, bytes, or pieces.

    Source: pkg/quota/v1/evaluator/core/pods.go (PodUsageFunc).
    """
    found = {OBJECTS: 1, "pods": 1}
    for name in sorted({*_SHORT, *spec.requests.other}):
        amount = spec.requests.amount(name)
        if amount or name in _requested(spec):
            found[f"requests.{name}"] = amount
            if name in _SHORT or name.startswith("hugepages-"):
                found[name] = amount
    for name in _SHORT:
        if name in spec.resources.limits or any(name in container.limited for container in _all(spec)):
            found[f"limits.{name}"] = spec.limit(name)
    return found


def missing(spec: PodSpec, resources: Mapping[str, int]) -> dict[str, list[str]]:
    """The CPU and memory of these resources that containers must set and do not -> their names (Constraints)."""
    found: dict[str, list[str]] = {}
    for container in _all(spec):
        for resource in sorted(_MUST_BE_SET & resources.keys()):
            kind, _, name = resource.rpartition(".")
            if name not in (container.limited if kind == "limits" else container.declared):
                found.setdefault(resource, []).append(container.name)
    return {resource: sorted(set(names)) for resource, names in sorted(found.items())}


def _all(spec: PodSpec) -> tuple[Container, ...]:
    return (*spec.containers, *spec.init_containers)


def _requested(spec: PodSpec) -> set[str]:
    declared = {name for container in _all(spec) for name in (*container.declared, *container.requests.other)}
    return declared | set(spec.resources.requests)


def _affinity_terms(spec: PodSpec) -> tuple[PodAffinityTerm, ...]:
    affinity = spec.affinity
    preferred = (*affinity.pod_preferred, *affinity.pod_anti_preferred)
    return (*affinity.pod_required, *affinity.pod_anti_required, *(each.term for each in preferred))

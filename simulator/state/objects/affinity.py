"""Pod affinity terms as the scheduler reads them: namespaces and matchLabelKeys worked out.

Source: pkg/scheduler/framework/types.go (AffinityTerm); matchLabelKeys are merged into the selector by the API server.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.labels import LabelSelector, Operator, Requirement
from models.pod import Affinity, PodAffinityTerm

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""The label that every namespace has; others are not modelled."""


@dataclass(frozen=True, slots=True)
class AffinityTerm:
    """Which pods are meant, in which namespaces, by which topology key. Without a selector: none."""

    selector: LabelSelector | None
    topology_key: str
    namespaces: frozenset[str]
    namespace_selector: LabelSelector | None = None

    @classmethod
    def of(cls, term: PodAffinityTerm, namespace: str, labels: Mapping[str, str]) -> "AffinityTerm":
        """The term of a pod with these labels in this namespace."""
        selector = term.selector
        if selector is not None:
            merged = [
                Requirement(key, operator, (labels[key],))
                for keys, operator in (
                    (term.match_label_keys, Operator.IN),
                    (term.mismatch_label_keys, Operator.NOT_IN),
                )
                for key in keys
                if key in labels
            ]
            selector = LabelSelector((*selector.requirements, *merged))
        own = not term.namespaces and term.namespace_selector is None
        namespaces = frozenset((namespace,)) if own else frozenset(term.namespaces)
        return cls(selector, term.topology_key, namespaces, term.namespace_selector)

    def matches(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Whether a pod with these labels in this namespace is meant."""
        if self.selector is None:
            return False
        known = namespace in self.namespaces or (
            self.namespace_selector is not None and self.namespace_selector.matches({NAMESPACE_LABEL: namespace})
        )
        return known and self.selector.matches(labels)


@dataclass(frozen=True, slots=True)
class PodAffinity:
    """All terms of one template; preferred ones with their weights, those of anti-affinity negative."""

    required: tuple[AffinityTerm, ...] = ()
    anti_required: tuple[AffinityTerm, ...] = ()
    preferred: tuple[tuple[int, AffinityTerm], ...] = ()

    @classmethod
    def of(cls, affinity: Affinity, namespace: str, labels: Mapping[str, str]) -> "PodAffinity":
        """The terms of pods with these labels in this namespace."""

        def resolved(term: PodAffinityTerm) -> AffinityTerm:
            return AffinityTerm.of(term, namespace, labels)

        return cls(
            tuple(map(resolved, affinity.pod_required)),
            tuple(map(resolved, affinity.pod_anti_required)),
            tuple((p.weight, resolved(p.term)) for p in affinity.pod_preferred)
            + tuple((-p.weight, resolved(p.term)) for p in affinity.pod_anti_preferred),
        )

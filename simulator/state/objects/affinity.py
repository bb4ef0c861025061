"""Pod affinity terms as the scheduler reads them: namespaces and matchLabelKeys worked out.

Source: pkg/scheduler/framework/types.go (AffinityTerm); matchLabelKeys are merged into the selector by the API server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.labels import LabelSelector, Operator, Requirement
from models.namespace import NAME_LABEL
from models.pod import Affinity, PodAffinityTerm

Namespaces = Mapping[str, Mapping[str, str]]
"""The labels of each namespace that is declared, by its name."""


@dataclass(frozen=True, slots=True)
class AffinityTerm:
    """Which pods are meant, in which namespaces, by which topology key. Without a selector: none."""

    selector: LabelSelector | None
    topology_key: str
    namespaces: frozenset[str]
    namespace_selector: LabelSelector | None = None
    declared: Namespaces = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(
        cls, term: PodAffinityTerm, namespace: str, labels: Mapping[str, str], declared: Namespaces
    ) -> "AffinityTerm":
        """The term of a pod with these labels in this namespace; `declared` are the namespaces of the cluster."""
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
        return cls(selector, term.topology_key, namespaces, term.namespace_selector, declared)

    def matches(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Whether a pod with these labels in this namespace is meant."""
        if self.selector is None:
            return False
        known = namespace in self.namespaces or (
            self.namespace_selector is not None
            and self.namespace_selector.matches(self.declared.get(namespace) or {NAME_LABEL: namespace})
        )
        return known and self.selector.matches(labels)


@dataclass(frozen=True, slots=True)
class PodAffinity:
    """All terms of one template; preferred ones with their weights, those of anti-affinity negative."""

    required: tuple[AffinityTerm, ...] = ()
    anti_required: tuple[AffinityTerm, ...] = ()
    preferred: tuple[tuple[int, AffinityTerm], ...] = ()

    @classmethod
    def of(cls, affinity: Affinity, namespace: str, labels: Mapping[str, str], declared: Namespaces) -> "PodAffinity":
        """The terms of pods with these labels in this namespace; `declared` are the namespaces of the cluster."""

        def resolved(term: PodAffinityTerm) -> AffinityTerm:
            return AffinityTerm.of(term, namespace, labels, declared)

        return cls(
            tuple(map(resolved, affinity.pod_required)),
            tuple(map(resolved, affinity.pod_anti_required)),
            tuple((p.weight, resolved(p.term)) for p in affinity.pod_preferred)
            + tuple((-p.weight, resolved(p.term)) for p in affinity.pod_anti_preferred),
        )

"""Where a pod wants to be: affinity, tolerations, topology spread."""

from dataclasses import replace

from models.labels import Operator, is_canonical_integer
from models.manifests.manifest import Field
from models.manifests.selector import check_label_key, check_label_value, label_selector, node_selector_term
from models.node import NOT_READY, UNREACHABLE, TaintEffect
from models.pod import (
    Affinity,
    PodAffinityTerm,
    PreferredNode,
    PreferredPodAffinity,
    Toleration,
    TopologySpreadConstraint,
    WhenUnsatisfiable,
)
from models.timing import Timing

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def node_affinity(field: Field) -> Affinity:
    """spec.affinity.nodeAffinity alone."""
    required = None
    if field[_REQUIRED].present:
        terms = field[_REQUIRED]["nodeSelectorTerms"].required()
        required = tuple(node_selector_term(term) for term in terms)
    preferred = tuple(
        PreferredNode(_weight(item), node_selector_term(item["preference"])) for item in field[_PREFERRED]
    )
    return Affinity(node_required=required, node_preferred=preferred)


def affinity(field: Field) -> Affinity:
    """spec.affinity."""
    return replace(
        node_affinity(field["nodeAffinity"]),
        pod_required=_terms(field["podAffinity"]),
        pod_preferred=_preferred(field["podAffinity"]),
        pod_anti_required=_terms(field["podAntiAffinity"]),
        pod_anti_preferred=_preferred(field["podAntiAffinity"]),
    )


def _weight(field: Field) -> int:
    weight = field["weight"].integer(0, at_least=-(2**31))
    if not 1 <= weight <= 100:
        field["weight"].problem(f"must be in the range 1-100 (got {weight})")
    return weight


def _terms(field: Field) -> tuple[PodAffinityTerm, ...]:
    return tuple(_term(item) for item in field[_REQUIRED])


def _preferred(field: Field) -> tuple[PreferredPodAffinity, ...]:
    return tuple(PreferredPodAffinity(_weight(item), _term(item["podAffinityTerm"])) for item in field[_PREFERRED])


def _term(field: Field) -> PodAffinityTerm:
    return PodAffinityTerm(
        selector=label_selector(field["labelSelector"]),
        topology_key=field["topologyKey"].required().text(),
        namespaces=field["namespaces"].texts(),
        namespace_selector=label_selector(field["namespaceSelector"]),
        match_label_keys=_label_keys(field, "matchLabelKeys"),
        mismatch_label_keys=_label_keys(field, "mismatchLabelKeys"),
    )


def _label_keys(field: Field, name: str) -> tuple[str, ...]:
    keys = field[name].texts()
    if keys and not field["labelSelector"].present:
        field[name].problem("must not be specified when labelSelector is not set")
    return keys


def topology_spread(field: Field) -> tuple[TopologySpreadConstraint, ...]:
    """spec.topologySpreadConstraints."""
    constraints = []
    seen: set[tuple[str, str]] = set()
    for item in field:
        when = item["whenUnsatisfiable"].choice("DoNotSchedule", WhenUnsatisfiable)
        key = item["topologyKey"].required().text()
        if item["maxSkew"].integer(1, at_least=-(2**31)) < 1:
            item["maxSkew"].problem("must be greater than zero")
        if item["minDomains"].present:
            if item["minDomains"].integer(1, at_least=-(2**31)) < 1:
                item["minDomains"].problem("must be greater than zero")
            if when != WhenUnsatisfiable.DO_NOT_SCHEDULE:
                item["minDomains"].problem(f"can only be used if whenUnsatisfiable is DoNotSchedule, not {when}")
        if (key, when) in seen:
            item.problem(f'duplicate value: "{{{key}, {when}}}"')
        seen.add((key, when))
        constraints.append(
            TopologySpreadConstraint(
                max_skew=item["maxSkew"].integer(1, at_least=-(2**31)),
                topology_key=key,
                when_unsatisfiable=WhenUnsatisfiable(when),
                selector=label_selector(item["labelSelector"]),
                min_domains=item["minDomains"].integer(1, at_least=-(2**31)),
                honor_node_affinity=item["nodeAffinityPolicy"].choice("Honor", ("Honor", "Ignore")) == "Honor",
                honor_node_taints=item["nodeTaintsPolicy"].choice("Ignore", ("Honor", "Ignore")) == "Honor",
                match_label_keys=_label_keys(item, "matchLabelKeys"),
            )
        )
    return tuple(constraints)


def tolerations(field: Field, timing: Timing) -> tuple[Toleration, ...]:
    """spec.tolerations, and the two that admission adds (plugin/pkg/admission/defaulttolerationseconds)."""
    own = list(own_tolerations(field))
    for key, seconds in (
        (NOT_READY, timing.not_ready_toleration_seconds),
        (UNREACHABLE, timing.unreachable_toleration_seconds),
    ):
        if not any(t.key in ("", key) and t.effect in (None, TaintEffect.NO_EXECUTE) for t in own):
            own.append(Toleration(key, None, TaintEffect.NO_EXECUTE, seconds))
    return tuple(own)


def own_tolerations(field: Field) -> tuple[Toleration, ...]:
    """The tolerations as they are written."""
    return tuple(_toleration(item) for item in field)


def _toleration(field: Field) -> Toleration:
    key, value = field["key"].text(), field["value"].text()
    operator = field["operator"].choice("Equal", ("Equal", "Exists", "Gt", "Lt"))
    effect = field["effect"].choice("", TaintEffect) if field["effect"].text() else ""
    seconds = field["tolerationSeconds"]
    if not key and operator != "Exists":
        field["operator"].problem(
            'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        )
    if operator == "Exists" and value:
        field["value"].problem("value must be empty when `operator` is 'Exists'")
    if operator in ("Gt", "Lt"):
        field["operator"].warn(f"{operator} acts only where the feature gate TaintTolerationComparisonOperators is on")
        if not is_canonical_integer(value):
            field["value"].problem(f"must be a 64-bit integer without leading zeros when `operator` is '{operator}'")
    elif operator == "Equal":
        check_label_value(field["value"])
    if key:
        check_label_key(field["key"], key)
    if seconds.present and effect != TaintEffect.NO_EXECUTE:
        field["effect"].problem("effect must be 'NoExecute' when `tolerationSeconds` is set")
    return Toleration(
        key=key,
        value=None if operator == "Exists" else value,
        effect=TaintEffect(effect) if effect else None,
        seconds=float(max(0, seconds.integer(0, at_least=-(2**63)))) if seconds.present else None,
        operator=Operator(operator) if operator in ("Gt", "Lt") else None,
    )

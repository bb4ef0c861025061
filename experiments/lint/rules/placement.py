"""Where pods can be, on the nodes of a cluster."""

import math
from collections import Counter
from collections.abc import Iterator

from experiments.lint.application import Application, Workload
from experiments.lint.finding import Severity
from experiments.lint.patch import Patch
from experiments.lint.rule import Smell, rule
from models.daemonset import DaemonSet
from models.input.problems import Path
from models.labels import Operator
from models.node import HOSTNAME_LABEL, REGION_LABEL, ZONE_LABEL, Node, TaintEffect
from models.pod import Pod, PodAffinityTerm, WhenUnsatisfiable
from models.units import counted

_SOFT = "ScheduleAnyway"
_NEVER = "the pods that find no place never run, and none is made in place of one that is lost"


@rule("not-placed", Severity.ERROR, effect=_NEVER, needs_cluster=True)
def not_placed(app: Application) -> Iterator[Smell]:
    """Pods do not start on this cluster though nothing is broken: its start is simulated.

    The reason is in Kubernetes' words, and may be about room, labels, taints, volumes, quotas or what pods refer to.
    Workloads whose anti-affinity or spread cannot be met are found by the rules about these.
    """
    smells = (*anti_affinity_cannot_be_met(app), *spread_cannot_be_met(app))
    explained = {id(smell.manifest) for smell in smells if smell.severity is not Severity.WARNING}
    for workload in (one for one in app.workloads if id(one.manifest) not in explained):
        held_up = app.trial.pending_of(workload.maker)
        for reason, count in Counter(held_up.values()).items():
            message = f"{counted(count, 'pod')} of {workload.most} cannot run: {reason}"
            mend = "more or larger nodes, smaller requests, or softer rules of placement"
            yield Smell(workload.manifest, (), message, mend)


@rule("anti-affinity-cannot-be-met", Severity.ERROR, effect=_NEVER, needs_cluster=True)
def anti_affinity_cannot_be_met(app: Application) -> Iterator[Smell]:
    """Required anti-affinity keeps the pods of a workload apart, and there are fewer domains than replicas.

    Domains are counted over the nodes that the pods may be on by their selectors, node affinity and tolerations; where
    such a node lacks the label, or nodes may be added, there is no limit. A warning if only an autoscaler's further
    replicas lack one.
    """
    for workload in app.workloads:
        for number, term in keeping_apart(workload):
            there = places(app, workload, term.topology_key)
            if there < workload.most:
                few = there < workload.fewest
                wanted = workload.fewest if few else workload.most
                path = (*workload.pod, *_ANTI_AFFINITY, number)
                message = f"{wanted} replicas, and {counted(int(there), 'place')} for them by {term.topology_key}"
                mend = "a preferred rule, or topologySpreadConstraints with whenUnsatisfiable: ScheduleAnyway"
                severity = Severity.ERROR if few else Severity.WARNING
                yield Smell(workload.manifest, path, message, mend, None, severity)


@rule("spread-cannot-be-met", Severity.ERROR, effect=_NEVER, needs_cluster=True)
def spread_cannot_be_met(app: Application) -> Iterator[Smell]:
    """A spread constraint with DoNotSchedule asks for domains that this cluster does not have.

    No node that the pods may be on has the label, or there are fewer domains than minDomains, so that each takes only
    maxSkew pods.

    Source: pkg/scheduler/framework/plugins/podtopologyspread/filtering.go.
    """
    for workload in app.workloads:
        for i, constraint in enumerate(workload.spec.topology_spread_constraints):
            if constraint.when_unsatisfiable is not WhenUnsatisfiable.DO_NOT_SCHEDULE or not workload.is_replicated:
                continue
            value: str | int
            there, key = len(domains(app, workload, constraint.topology_key)), constraint.topology_key
            path = (*workload.pod, "topologySpreadConstraints", i)
            if there == 0:
                message, field, value = f"no node for its pods has the label {key}", "whenUnsatisfiable", _SOFT
            elif there < constraint.min_domains and there * constraint.max_skew < workload.most:
                message = (
                    f"there are {there} of minDomains {constraint.min_domains} by {key}: "
                    f"{there * constraint.max_skew} of {workload.most} pods find a place"
                )
                field, value = "minDomains", there
            else:
                continue
            patch = Patch.of(workload.manifest, (*path, field), value)
            yield Smell(workload.manifest, path, message, f"{field}: {value}", patch)


@rule(
    "replicas-share-a-domain",
    Severity.WARNING,
    effect="one node, or one zone, takes the whole Service down with it",
    needs_cluster=True,
)
def replicas_share_a_domain(app: Application) -> Iterator[Smell]:
    """All pods of a Service, two or more, are on one node or in one zone, though others would do.

    The scheduler of the simulation places them. Without rules of its own a workload is spread softly by default, which
    other aims (room, images) can outweigh: so a rule that is missing is no smell by itself, and one that is there is
    no proof.
    """
    for manifest, service in app.services():
        homes = app.trial.endpoints.get((service.namespace, service.name), ())
        behind = [one for one in app.workloads if service in one.services]
        if len(homes) < 2 or not behind or isinstance(behind[0].maker, DaemonSet):
            continue
        for key, named in ((HOSTNAME_LABEL, "node"), (ZONE_LABEL, "zone")):
            there = domains(app, behind[0], key)
            found = {node.labels.get(key, "") for node in homes}
            if len(found) > 1 or len(there) < 2:
                continue
            message = f"all {len(homes)} pods are on {named} {found.pop()}, of {len(there)} that would do"
            mend = f"topologySpreadConstraints over {key}"
            if len(behind) == 1 and not behind[0].spec.topology_spread_constraints and behind[0].is_replicated:
                path = (*behind[0].pod, "topologySpreadConstraints")
                patch = Patch.of(behind[0].manifest, path, [_spread(behind[0], key)])
                yield Smell(behind[0].manifest, path, f"Service {service.name}: {message}", mend, patch)
            else:
                yield Smell(manifest, ("spec", "selector"), message, mend)
            break


@rule(
    "keeps-nothing-apart",
    Severity.WARNING,
    effect="the rule does nothing: replicas may all be on one node, or in one zone, which takes them all",
    needs_cluster=True,
)
def keeps_nothing_apart(app: Application) -> Iterator[Smell]:
    """Anti-affinity, or a soft spread, goes by a label that none of the nodes has.

    As by failure-domain.beta.kubernetes.io/zone, the old name of topology.kubernetes.io/zone. A hard spread by such a
    label is found by spread-cannot-be-met.
    """
    for workload in app.workloads:
        for path, key in _keys(workload):
            if any(key in node.labels for node in app.nodes):
                continue
            new = _RENAMED.get(key)
            mend = f"topologyKey: {new}" if new else "a topologyKey that nodes have"
            patch = Patch.of(workload.manifest, path, new) if new else None
            yield Smell(workload.manifest, path, f"no node has the label {key}", mend, patch)


@rule(
    "pinned-to-one-node",
    Severity.WARNING,
    effect="the node takes all replicas with it, and nothing replaces them anywhere else",
)
def pinned_to_one_node(app: Application) -> Iterator[Smell]:
    """Pods behind a Service name the one node that they may be on: by nodeName, nodeSelector or node affinity."""
    for workload in app.workloads:
        if not workload.serves or (isinstance(workload.maker, Pod) and workload.maker.template.is_static):
            continue
        spec = workload.spec
        if spec.node_name is not None:
            path, node = (*workload.pod, "nodeName"), spec.node_name
        elif HOSTNAME_LABEL in spec.node_selector:
            path, node = (*workload.pod, "nodeSelector", HOSTNAME_LABEL), spec.node_selector[HOSTNAME_LABEL]
        elif named := _only_node(workload):
            path, node = (*workload.pod, "affinity", "nodeAffinity"), named
        else:
            continue
        yield Smell(workload.manifest, path, f"its pods may be on node {node} alone", "select nodes by what they have")


_RENAMED = {
    "failure-domain.beta.kubernetes.io/zone": ZONE_LABEL,
    "failure-domain.beta.kubernetes.io/region": REGION_LABEL,
    "beta.kubernetes.io/hostname": HOSTNAME_LABEL,
}
_ANTI_AFFINITY = ("affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")


def _keys(workload: Workload) -> Iterator[tuple[Path, str]]:
    """The labels by which replicas are to be kept apart, but those of hard spreads, with their places."""
    affinity, path = workload.spec.affinity, (*workload.pod, "affinity", "podAntiAffinity")
    for i, term in enumerate(affinity.pod_anti_required):
        yield (*path, _ANTI_AFFINITY[-1], i, "topologyKey"), term.topology_key
    for i, preferred in enumerate(affinity.pod_anti_preferred):
        soft = "preferredDuringSchedulingIgnoredDuringExecution"
        yield (*path, soft, i, "podAffinityTerm", "topologyKey"), preferred.term.topology_key
    for i, constraint in enumerate(workload.spec.topology_spread_constraints):
        if constraint.when_unsatisfiable is WhenUnsatisfiable.SCHEDULE_ANYWAY:
            yield (*workload.pod, "topologySpreadConstraints", i, "topologyKey"), constraint.topology_key


def keeping_apart(workload: Workload) -> Iterator[tuple[int, PodAffinityTerm]]:
    """The terms of required anti-affinity by which replicas keep each other away, with their numbers."""
    for number, term in enumerate(workload.spec.affinity.pod_anti_required):
        own = not term.namespaces or workload.maker.namespace in term.namespaces
        is_own = own and term.selector is not None and term.selector.matches(workload.maker.template.labels)
        if workload.is_replicated and is_own:
            yield number, term


def places(app: Application, workload: Workload, key: str) -> float:
    """How many pods of a workload find a place that exclude each other from domains by this label; inf: no limit.

    A node without the label is in no domain, so nobody is excluded from it (interpodaffinity/filtering.go).
    """
    nodes = [node for node in app.nodes if may_be_on(workload, node)]
    if any(pool.autoscaled for pool in app.cluster.pools) or any(key not in node.labels for node in nodes):
        return math.inf
    return len(domains(app, workload, key))


def domains(app: Application, workload: Workload, key: str) -> list[str]:
    """The values of a label over the nodes that the pods of a workload may be on."""
    return sorted({node.labels[key] for node in app.nodes if key in node.labels and may_be_on(workload, node)})


def may_be_on(workload: Workload, node: Node) -> bool:
    """Whether the node has what the pods ask for, and no taint that they do not tolerate."""
    spec = workload.spec
    kept_off = [taint for taint in node.taints if taint.effect is not TaintEffect.PREFER_NO_SCHEDULE]
    return spec.allows_node(node.labels, node.name) and all(
        any(toleration.tolerates(taint) for toleration in spec.tolerations) for taint in kept_off
    )


def _only_node(workload: Workload) -> str:
    """The only node that required node affinity allows by its name; "" if there is none."""
    terms = workload.spec.affinity.node_required or ()
    for one in terms[0].expressions + terms[0].fields if len(terms) == 1 else ():
        if one.key in (HOSTNAME_LABEL, "metadata.name") and one.operator is Operator.IN and len(one.values) == 1:
            return one.values[0]
    return ""


def _spread(workload: Workload, key: str) -> dict[str, object]:
    """A soft spread of its pods over the values of a label."""
    selector = workload.written("spec", "selector") or {}
    is_whole = "matchLabels" in selector or "matchExpressions" in selector  # a ReplicationController's is labels alone
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": _SOFT,
        "labelSelector": selector if is_whole else {"matchLabels": dict(workload.maker.template.labels)},
    }

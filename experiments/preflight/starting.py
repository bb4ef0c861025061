"""What would not start: a cluster is started once, with nothing that breaks it, and what is still pending is told."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from experiments.design.scenario import Scenario
from experiments.report.remarks import held_up
from experiments.runner.replication import arguments
from models.cluster import Cluster, title
from models.daemonset import DaemonSet
from models.labels import Operator, Requirement
from models.people import People
from models.pod import PodSpec
from simulator.run import simulate

MOST_PODS = 5
"""Pods that are named of those that are pending alike."""


def pending(cluster: Cluster, **settings: Any) -> dict[str, str]:
    """Pods that are refused, have no node or cannot start in a cluster that was left alone for a day, and why.

    In Kubernetes' words. `simulate` starts a cluster a day before it measures; `settings` are its other arguments.
    """
    return dict(simulate(cluster, duration=1.0, **settings).pending)


def sentences(scenarios: Sequence[Scenario]) -> list[str]:
    """A sentence for all that is pending alike, and on every selector that no node matches, with the policies."""
    starts: dict[str, dict[str, str]] = {}
    held, unsuited = defaultdict[tuple[str, str], list[str]](list), defaultdict[str, list[str]](list)
    for scenario in scenarios:
        start = unbroken(scenario)
        if start.id not in starts:
            starts[start.id] = pending(**arguments(start))
        for alike in _alike(starts[start.id]):
            held[alike].append(scenario.policy)
        for sentence in unmatched(scenario.cluster):
            unsuited[sentence].append(scenario.policy)

    def under(policies: list[str]) -> str:
        every = len(policies) == len(scenarios) > 1
        return f"under {'every policy' if every else ', '.join(policies)}"

    return [
        *(f"{held_up(reason)} {under(policies)}: {pods}: {reason}" for (reason, pods), policies in held.items()),
        *(f"{under(policies)}: {sentence}" for sentence, policies in unsuited.items()),
    ]


def unbroken(scenario: Scenario) -> Scenario:
    """The scenario with nothing that breaks it, under no policy: equal for policies that start alike."""
    return replace(
        scenario, policy="", failures=(), operations=(), services=(), people=People(), duration=1.0, warmup=0.0
    )


def told(pending: Mapping[str, str]) -> list[str]:
    """A sentence for each reason: "not placed: web-1, web-2: 0/6 nodes are available: 6 Insufficient cpu."."""
    return [f"{held_up(reason)}: {pods}: {reason}" for reason, pods in _alike(pending)]


def _alike(pending: Mapping[str, str]) -> list[tuple[str, str]]:
    """Every reason, and the pods that it keeps from starting."""
    reasons = dict.fromkeys(pending.values())
    return [(reason, _listed([pod for pod, why in pending.items() if why == reason])) for reason in reasons]


def unmatched(cluster: Cluster) -> list[str]:
    """A sentence on every workload that no node suits by its labels: what it asks for, and which label would mend it.

    By nodeSelector and required node affinity. Not on DaemonSets: `models.daemonset.without_nodes` tells of them.
    """
    nodes = cluster.possible_nodes()
    makers = [maker for maker in cluster.pod_makers() if not isinstance(maker, DaemonSet)] if nodes else []
    return [
        f"{title(maker)}: {_unmatched(maker.template.spec, cluster)}"
        for maker in makers
        if not any(maker.template.spec.allows_node(node.labels, node.name) for node in nodes)
    ]


def _unmatched(spec: PodSpec, cluster: Cluster) -> str:
    asked = [Requirement(key, Operator.IN, (value,)) for key, value in spec.node_selector.items()]
    terms = [list(term.expressions) for term in spec.affinity.node_required or ()]
    if len(terms) == 1:
        asked += terms[0]
    absent = [one for one in asked if not any(one.matches(node.labels) for node in cluster.possible_nodes())] or asked
    if not absent:
        return f"no node matches its node affinity: {' or '.join(map(_in_words, terms)) or 'it has none that can'}"
    labels = {one.key: (*one.values, "")[0] for one in absent if one.operator in (Operator.IN, Operator.EXISTS)}
    told = ", ".join(f'{key}: "{value}"' for key, value in labels.items())
    return f"no node has {_in_words(absent)}" + (f"; a pool has it by labels: {{{told}}}" if labels else "")


def _in_words(term: Iterable[Requirement]) -> str:
    return " and ".join(map(_one_in_words, term))


def _one_in_words(of: Requirement) -> str:
    if of.operator is Operator.EXISTS:
        return f"a label {of.key}"
    if of.operator is Operator.IN:
        return f"{of.key}={' or '.join(of.values)}"
    return " ".join([of.key, of.operator.value, *of.values])


def _listed(pods: Sequence[str]) -> str:
    more = len(pods) - MOST_PODS
    return ", ".join(pods[:MOST_PODS]) + (f" and {more} more" if more > 0 else "")

"""Spread over zones and nodes."""

from collections.abc import Iterator

from experiments.advice.candidate import Candidate, mend
from experiments.advice.change import Change
from experiments.advice.situation import Situation
from experiments.lint.application import Workload
from experiments.lint.rules.placement import domains, keeping_apart
from models.node import HOSTNAME_LABEL, ZONE_LABEL
from models.pod import WhenUnsatisfiable


@mend("spread-zone")
def spread_zone(situation: Situation) -> Iterator[Candidate]:
    """Replicas spread evenly over zones: of workloads with two or more that no hard rule spreads over them yet."""
    yield from _spread(situation, "zone", ZONE_LABEL)


@mend("spread-node")
def spread_node(situation: Situation) -> Iterator[Candidate]:
    """Replicas spread evenly over nodes: of workloads with two or more that no hard rule spreads over them yet."""
    yield from _spread(situation, "node", HOSTNAME_LABEL)


def _spread(situation: Situation, domain: str, key: str) -> Iterator[Candidate]:
    for workload in situation.workloads():
        because = situation.evidence(workload)
        if not because or not workload.is_replicated or workload.most < 2 or _is_spread(workload, key):
            continue
        if len(domains(situation.application, workload, key)) < 2:
            continue
        selector = workload.written("spec", "selector") or {}
        is_whole = "matchLabels" in selector or "matchExpressions" in selector  # a ReplicationController's is not
        labels = selector if is_whole else {"matchLabels": dict(workload.maker.template.labels)}
        hard = WhenUnsatisfiable.DO_NOT_SCHEDULE.value
        constraint = {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": hard, "labelSelector": labels}
        yield Candidate(
            f"spread-{domain}",
            (workload.title,),
            f"spread evenly over {domain}s",
            because,
            (Change.of_pods(workload, {"topologySpreadConstraints": [constraint]}),),
        )


def _is_spread(workload: Workload, key: str) -> bool:
    """Whether a hard rule keeps its pods apart by a label, or spreads them over its values."""
    hard = (
        one.topology_key
        for one in workload.spec.topology_spread_constraints
        if one.when_unsatisfiable is WhenUnsatisfiable.DO_NOT_SCHEDULE
    )
    return key in {*hard, *(term.topology_key for _, term in keeping_apart(workload))}

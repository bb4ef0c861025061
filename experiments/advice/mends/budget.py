"""Disruption budgets: what holds drains back."""

from collections.abc import Iterator

from experiments.advice.candidate import Candidate, mend
from experiments.advice.situation import Situation
from simulator.operations.drain import Drain
from simulator.operations.node_upgrade import NodeUpgrade
from simulator.operations.remove_node import RemoveNode


@mend("budget")
def budget(situation: Situation) -> Iterator[Candidate]:
    """A PodDisruptionBudget that lets one pod go at a time: of two replicas or more without any, where drains cost."""
    drains = situation.operations(Drain, NodeUpgrade, RemoveNode)
    for workload in situation.workloads():
        because = situation.evidence(workload, causes=drains) if drains else ""
        if not because or not workload.is_replicated or workload.fewest < 2 or workload.budgets:
            continue
        namespace = workload.maker.namespace
        made = {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": workload.maker.name, **({"namespace": namespace} if namespace != "default" else {})},
            "spec": {"maxUnavailable": 1, "selector": workload.written("spec", "selector")},
        }
        yield Candidate(
            "budget", (workload.title,), "a PodDisruptionBudget with maxUnavailable: 1", because, added=(made,)
        )

"""One more node."""

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.advice.candidate import Candidate, mend
from experiments.advice.situation import Situation
from experiments.attribution.stages import Stage
from experiments.file.objects import node_pool
from experiments.lint.rules.placement import may_be_on
from models.node import Node
from models.node_pool import NodePool

_WAITS = (Stage.WAITING, Stage.QUEUED, Stage.NO_ROOM)
"""Pods are not evicted at full speed either where too few nodes are left that are well."""


@mend("node")
def node(situation: Situation) -> Iterator[Candidate]:
    """One node more in a pool of a fixed size: where pods wait for room, and may be on its nodes."""
    file = situation.experiment.source.file
    assert file is not None
    for pool in map(node_pool, file.spec.cluster.pools):
        waiting = {
            workload.title: because
            for workload in situation.workloads()
            if may_be_on(workload, pool.template) and (because := situation.evidence(workload, *_WAITS))
        }
        if not waiting or pool.autoscaled:
            continue
        further = pool.node(pool.count + 1, pool.zone_of(pool.count + 1))
        yield Candidate(
            "node",
            (f"pool/{pool.name}",),
            f"{pool.count + 1} nodes in pool {pool.name} instead of {pool.count}",
            next(iter(waiting.values())),
            added=(_written(pool, further),),
            elsewhere=f"in the node pool (experiment: spec.cluster.pools[{pool.name}].count: {pool.count + 1})",
        )


def _written(pool: NodePool, node: Node) -> Mapping[str, Any]:
    """The node as an object."""
    size = node.allocatable
    amounts = {"cpu": f"{size.cpu}m", "memory": size.memory, "pods": node.pods}
    amounts |= dict(size.other)
    taints = [{"key": of.key, "value": of.value, "effect": of.effect.value} for of in node.taints]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": dict(node.labels)},
        **({"spec": {"taints": taints}} if taints else {}),
        "status": {"allocatable": {name: str(amount) for name, amount in amounts.items()}},
    }

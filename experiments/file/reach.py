"""Services of which more endpoints are asked for than there can be: they are never available, whatever is simulated."""

from experiments.design.goal import ReadyEndpoints
from experiments.design.scenario import Scenario
from models.cluster import Cluster, services_by_name
from models.deployment import Deployment, ReplicaSet
from models.pod import Pod
from models.service import Service
from models.statefulset import StatefulSet
from models.units import counted
from simulator.operations.scale import Scale


def out_of_reach(scenario: Scenario) -> list[str]:
    """A sentence on every such Service under a policy. None where an operation sets numbers of replicas."""
    if any(isinstance(operation, Scale) for operation in scenario.operations):
        return []
    services, notes = services_by_name(scenario.cluster), []
    for goal in scenario.services:
        service, wanted = services.get(goal.name), goal.predicate
        if service is None or not isinstance(wanted, ReadyEndpoints) or wanted.at_least == 1:
            continue
        most = _most_endpoints(scenario.cluster, service)
        if most is not None and most < wanted.at_least:
            notes.append(
                f"Service {goal.name} is never available under {scenario.policy}: available.atLeast asks for "
                f"{wanted.at_least} endpoints, and its workloads for {counted(most, 'pod')} at most"
            )
    return notes


def _most_endpoints(cluster: Cluster, service: Service) -> int | None:
    """Pods that its workloads ask for, autoscalers' most included; None if that depends on the run.

    A rollout has more for a moment, which is not counted on.
    """
    scaled = {autoscaler.target: autoscaler.max_replicas for autoscaler in cluster.autoscalers}
    most = 0
    for maker in cluster.pod_makers():
        labels = maker.pod_labels(maker.ordinals[0]) if isinstance(maker, StatefulSet) and maker.ordinals else None
        if not service.selects(maker.namespace, maker.template.labels if labels is None else labels):
            continue
        match maker:
            case Deployment() | ReplicaSet() | StatefulSet():
                kind = maker.kind if isinstance(maker, ReplicaSet) else type(maker).__name__
                most += max(maker.replicas, scaled.get(f"{kind}/{maker.namespace}/{maker.name}", 0))
            case Pod():
                most += 1
            case _:
                return None
    return most

"""A cluster that is started and drained: what it is asked for."""

from experiments.lint.trial import Trial
from models.cluster import Cluster
from models.deployment import Deployment
from models.disruption import PodDisruptionBudget
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL, Node, Resources
from models.pod import Container, PodSpec, PodTemplate
from models.service import Service

NODES = tuple(Node(name, Resources(4000, 1 << 34), labels={HOSTNAME_LABEL: name}) for name in ("a", "b"))


def deployment(name: str, cpu: int = 100, namespace: str = "default", replicas: int = 2) -> Deployment:
    labels = {"app": name}
    template = PodTemplate(PodSpec((Container("c", image="i", requests=Resources(cpu)),)), labels)
    return Deployment(name, template, LabelSelector.of(labels), namespace=namespace, replicas=replicas)


def test_pods_that_cannot_run_are_those_of_their_own_workload() -> None:
    cluster = Cluster(NODES, deployments=(deployment("web"), deployment("web-1", cpu=9000), deployment("we")))
    trial = Trial(cluster, {})
    held_up = [len(trial.pending_of(one)) for one in cluster.deployments]
    assert held_up == [0, 2, 0]


def test_endpoints_of_services_in_several_namespaces_are_told_apart() -> None:
    services = tuple(Service("web", namespace, {"app": "web"}) for namespace in ("one", "two"))
    deployments = (deployment("web", namespace="one", replicas=3), deployment("web", namespace="two", replicas=4))
    trial = Trial(Cluster(NODES, services, deployments=deployments), {})
    assert {service: len(nodes) for service, nodes in trial.endpoints.items()} == {("one", "web"): 3, ("two", "web"): 4}
    assert {node.name for nodes in trial.endpoints.values() for node in nodes} == {"a", "b"}


def test_a_drain_that_a_budget_never_allows_is_stuck_and_others_are_not() -> None:
    strict = PodDisruptionBudget("strict", LabelSelector.of({"app": "web"}), min_available=1)
    cluster = Cluster(NODES, budgets=(strict,), deployments=(deployment("web", replicas=1), deployment("api")))
    [attempt] = Trial(cluster, {}).stuck_drains
    assert "The disruption budget strict needs 1 healthy pods and has 1 currently." in attempt.last_refusal
    assert Trial(Cluster(NODES, deployments=cluster.deployments), {}).stuck_drains == ()

"""Whose a pod is follows from its labels (pkg/controller/controller_ref_manager.go)."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from models.cluster import Cluster
from models.deployment import ReplicaSet
from models.disruption import PodDisruptionBudget
from models.labels import LabelSelector
from models.pod import Pod
from models.service import Service
from simulator.controllers.disruption import Verdict
from simulator.log import Kind
from simulator.state.objects import PodState, ReplicaSetState
from simulator.state.objects.disruption import BudgetState
from tests.simulator.clusters import Lab, deployment, nodes, template

WEB = LabelSelector.of({"app": "web"})


def bare(name: str, cost: int = 0, **labels: str) -> Pod:
    made = template("web")
    return Pod(name, replace(made, labels={**made.labels, **labels}, deletion_cost=cost))


def web(replicas: int, **other: object) -> ReplicaSet:
    return ReplicaSet("web", template("web"), WEB, replicas=replicas, **other)  # type: ignore[arg-type]


def lab_of(*pods: Pod, **more: tuple[object, ...]) -> Lab:
    service = Service("web", selector={"app": "web"})
    return Lab(Cluster(nodes=nodes(4), pods=pods, services=(service,), **more))  # type: ignore[arg-type]


def named(lab: Lab) -> list[str]:
    return sorted(pod.name for pod in lab.pods())


def replica_set(lab: Lab) -> ReplicaSetState:
    [found] = lab.state.workloads.replica_sets
    return found


def relabel(lab: Lab, pod: PodState, labels: Mapping[str, str], at: float) -> None:
    lab.at(at, lambda: lab.simulation.api.label(pod, labels))


def test_a_replica_set_adopts_the_pods_that_it_selects_and_nobody_owns() -> None:
    lab = lab_of(bare("a"), bare("b"), bare("c", app="other"))
    lab.apply(web(3), 10.0)
    lab.run(60.0)
    assert named(lab) == ["a", "b", "c", "web-0"]
    assert (replica_set(lab).ready, replica_set(lab).available, len(replica_set(lab).pods)) == (3, 3, 3)


def test_adopted_pods_do_not_start_anew_and_are_available_by_their_age() -> None:
    lab = lab_of(bare("a"))
    lab.apply(web(1, min_ready_seconds=30.0), 100.0)
    lab.run(101.0)
    assert replica_set(lab).available == 1
    assert lab.log(Kind.POD_READY, 0.0) == []


def test_a_replica_set_that_is_there_adopts_a_pod_that_comes_and_has_one_too_many() -> None:
    lab = lab_of(replica_sets=(web(2),))
    lab.apply(bare("late"), 10.0)
    lab.run(60.0)
    assert named(lab) == ["web-0", "web-1"]


def test_a_pod_whose_labels_are_changed_is_let_go_and_replaced() -> None:
    lab = lab_of(replica_sets=(web(2),))
    [first, _] = lab.pods()
    relabel(lab, first, {"app": "aside"}, 10.0)
    lab.run(60.0)
    assert named(lab) == ["web-0", "web-1", "web-2"]
    assert first.owner is None
    assert not first.deleting
    assert (replica_set(lab).ready, replica_set(lab).available, len(replica_set(lab).pods)) == (2, 2, 2)


def test_a_pod_of_a_deployment_is_let_go_when_its_template_hash_is_taken_away() -> None:
    lab = lab_of(deployments=(deployment(replicas=2),))
    [first, _] = lab.pods()
    relabel(lab, first, {"app": "web"}, 10.0)
    lab.run(60.0)
    assert first.owner is None
    assert len(lab.pods()) == 3
    assert lab.counts() == ((2, 2, 2),)


def test_a_pod_that_is_let_go_is_taken_back_with_its_labels() -> None:
    lab = lab_of(replica_sets=(web(2),))
    [first, _] = lab.pods()
    relabel(lab, first, {"app": "aside"}, 10.0)
    relabel(lab, first, {"app": "web"}, 20.0)
    lab.run(60.0)
    assert first.owner is replica_set(lab)
    assert named(lab) == ["web-0", "web-1"], "the youngest was one too many"


def test_nothing_is_adopted_while_it_is_being_deleted() -> None:
    lab = lab_of(bare("a"))
    [pod] = lab.pods()
    lab.delete(pod, 10.0)
    lab.apply(web(1), 10.5)
    lab.run(60.0)
    assert named(lab) == ["web-0"]


def test_of_two_replica_sets_the_first_to_look_adopts() -> None:
    lab = lab_of(bare("a"))
    lab.apply(web(1), 10.0)
    lab.apply(replace(web(1), name="other"), 10.0)
    lab.run(60.0)
    assert named(lab) == ["a", "other-0"]


def test_services_follow_the_labels_of_a_pod() -> None:
    lab = lab_of(replica_sets=(web(2),))
    [first, second] = lab.pods()
    relabel(lab, first, {"app": "aside"}, 10.0)
    lab.run(10.5)
    [service] = lab.state.services
    assert set(service.endpoints) == {second.uid}
    assert service.answering == 1


def test_a_service_wants_as_many_as_the_owner_does_of_adopted_pods() -> None:
    lab = lab_of(bare("a"), bare("b"), replica_sets=(web(3),))
    [service] = lab.state.services
    assert service.desired == 3


@pytest.mark.parametrize(("budget", "allowed"), [({"min_available": 1}, 1), ({"max_unavailable": 1}, 1)])
def test_budgets_follow_labels_and_owners(budget: dict[str, int], allowed: int) -> None:
    guard = PodDisruptionBudget("web", selector=WEB, **budget)  # type: ignore[arg-type]
    lab = lab_of(bare("a"), replica_sets=(web(2),), budgets=(guard,))
    [record] = lab.state.workloads.of(BudgetState)
    assert (record.expected, record.allowed) == (2, allowed)
    [first, _] = sorted(lab.pods(), key=lambda pod: pod.name)
    relabel(lab, first, {"app": "aside"}, 10.0)
    lab.run(60.0)
    assert (record.expected, record.healthy) == (2, 2)
    assert lab.simulation.control_plane.disruption.evict(first, 0) == Verdict(201)


def test_of_the_pods_adopted_the_cheapest_goes_first() -> None:
    lab = lab_of(bare("a", cost=10), bare("b", cost=-10), bare("c"))
    lab.apply(web(2), 10.0)
    lab.run(60.0)
    assert named(lab) == ["a", "c"]


def test_a_change_of_a_pods_manifest_does_not_start_it_anew() -> None:
    lab = lab_of(bare("a"))
    lab.apply(bare("a", cost=5, app="other"), 10.0)
    lab.run(60.0)
    [pod] = lab.pods()
    assert (pod.uid, pod.deletion_cost, pod.ready) == (0, 5, True)
    assert lab.log(Kind.POD_PHASE, 0.0) == []
